"""The type of a dataset, its entry in the table, and what makers of datasets share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Discriminator, Field, Tag

from nnviz_cli.limits import POINTS, AtMost

Array = NDArray[np.float32]
FARTHEST, NEAREST = 1e9, 1e-4  # of the ends of a domain, in float32 and in a picture
MARGIN = 1.1  # bounds of a plane, per extent of its data
LARGEST, SMALLEST = 1e30, 1e-30  # of a length, in float32 with room for what is computed of it
FORMS = ("<one>", "<each>")  # of points per class; pydantic puts them into the place of an error
EACH = "a list gives the number of each class, label 0 first"
MOST_CLASSES = 8  # the number of distinguishable colours in a theme
Task = Literal["regression", "binary", "multiclass"]


@dataclass(frozen=True)
class Dataset:
    """Points to train on, and points at which the network is evaluated."""

    task: Task
    x: Array  # (samples, inputs), trained on
    y: Array  # (samples, outputs) of a regression, else labels (samples, 1)
    watched_x: Array  # (watched, inputs), where the film evaluates; often x itself
    watched_y: Array  # (watched, outputs) or (watched, 1)
    bounds: Array  # (inputs, 2), where the points are, with a margin
    classes: tuple[str, ...] = ()  # name of each label, from 0; none for regression


@dataclass(frozen=True)
class Kind:
    """What is known of a dataset with its options before a point of it is made."""

    task: Task
    inputs: int
    outputs: int
    classes: int  # 0 for a regression
    nested: bool = False  # one class surrounds another


Names = tuple[str, ...]
Check = Callable[[Kind, Mapping[str, Any]], tuple[str, str]]


def no_problem(kind: Kind, options: Mapping[str, Any]) -> tuple[str, str]:  # noqa: ARG001
    """The check of a dataset whose options are independent of each other."""
    return "", ""


def points_problem(kind: Kind, options: Mapping[str, Any]) -> tuple[str, str]:
    """A list of points per class whose length is not the number of classes."""
    points = options["points"]
    if not isinstance(points, tuple) or len(points) == kind.classes:
        return "", ""
    text = f"expected one number, or a list of {kind.classes} (one per class), got {len(points)}"
    return "points", text


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A dataset in the table: its maker, and what is known without calling it."""

    make: Callable[..., Dataset]  # its keyword-only arguments are the options
    inputs: int
    outputs: int = 1  # of a regression; else they follow from the classes
    classes: Names | Callable[[Mapping[str, Any]], Names] = ()  # of the options; () for regression
    class_options: Names = ()  # options that change the number of classes
    nested: bool = False  # one class surrounds another
    check: Check = no_problem  # the option that is invalid together with the others, and why
    aliases: Names = ()
    similar: Mapping[str, str] = field(default_factory=dict)  # unknown name -> what to suggest

    def complete(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options with the defaults of those that are not given."""
        return {**(self.make.__kwdefaults__ or {}), **options}

    def kind(self, options: Mapping[str, Any]) -> Kind:
        """Task, inputs, outputs and classes for these options."""
        names = self.classes
        count = len(names if isinstance(names, tuple) else names(self.complete(options)))
        task = task_of(count)
        outputs = {"regression": self.outputs, "binary": 1, "multiclass": count}[task]
        return Kind(task, self.inputs, outputs, count, self.nested)

    def problem(self, options: Mapping[str, Any]) -> tuple[str, str]:
        """The option that is invalid together with the others, and why; ("", "") if none is."""
        return self.check(self.kind(options), self.complete(options))


def task_of(classes: int) -> Task:
    """The task that so many classes make."""
    if not classes:
        return "regression"
    return "binary" if classes == 2 else "multiclass"


def _rising(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] >= interval[1]:
        raise ValueError("the first number must be less than the second")
    low, high = interval
    if max(abs(low), abs(high)) > FARTHEST or high - low < NEAREST * max(1, abs(low), abs(high)):
        text = (
            f"must be within ±{FARTHEST:g}, with a difference of at least {NEAREST:g} of the larger"
        )
        raise ValueError(text)
    return interval


def _form(value: Any) -> str:
    return FORMS[isinstance(value, list | tuple)]


Classes = Annotated[int, Field(ge=2, le=MOST_CLASSES, strict=True)]
Points = Annotated[int, Field(ge=1, strict=True), AtMost(POINTS)]
PerClass = Annotated[
    Annotated[Points, Tag(FORMS[0])]
    | Annotated[tuple[Points, ...], Field(max_length=MOST_CLASSES), Tag(FORMS[1])],
    Discriminator(_form),
]
Watched = Annotated[
    int,
    Field(
        ge=2,
        strict=True,
        description="number of evenly spaced points at which the network is evaluated",
    ),
    AtMost(POINTS),
]
Noise = Annotated[float, Field(ge=0, le=100), AfterValidator(abs)]  # NumPy refuses -0.0
Spread = Annotated[Noise, Field(description="standard deviation of each coordinate")]
Interval = Annotated[tuple[float, float], AfterValidator(_rising)]
Radius = Annotated[float, Field(ge=SMALLEST, le=LARGEST)]


def per_class(points: int | tuple[int, ...], classes: int) -> tuple[int, ...]:
    """How many points each class has, label 0 first. Raises ValueError for another number."""
    counts = (points,) * classes if isinstance(points, int) else tuple(points)
    if len(counts) != classes:
        raise ValueError(f"{len(counts)} numbers of points for {classes} classes")
    return counts


def circle(angle: NDArray[Any]) -> NDArray[Any]:
    """Places (points, 2) on the unit circle."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def labels_of(order: Sequence[int], counts: Sequence[int]) -> Array:
    """Labels (points, 1), one after the other in an order; `counts` are by label."""
    labels: Array = np.repeat(np.array(order, np.float32), [counts[label] for label in order])
    return labels[:, None]


def labelled(
    x: NDArray[Any], order: Sequence[int], counts: Sequence[int], classes: tuple[str, ...]
) -> Dataset:
    """Points in the plane, one label after the other in an order, with a margin."""
    x, y = x.astype(np.float32), labels_of(order, counts)
    middle, half = (x.min(axis=0) + x.max(axis=0)) / 2, np.ptp(x, axis=0).max() / 2
    bounds = np.stack([middle - MARGIN * half, middle + MARGIN * half], axis=1).astype(np.float32)
    return Dataset(task_of(len(classes)), x, y, x, y, bounds, classes)
