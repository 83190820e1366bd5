"""Labelled points by name: what a network learns from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Discriminator, Field, Tag

from nnviz_cli.limits import FLOAT32, POINTS, AtMost

Array = NDArray[np.float32]
FARTHEST, NEAREST = 1e9, 1e-4  # of the ends of a domain, in float32 and in a picture
MARGIN = 1.1  # bounds of a plane, per extent of its data
LEAST_MARGIN = 1.02  # the same, where noise takes some points further than the others
LARGEST, SMALLEST = 1e30, 1e-30  # of a length, in float32 with room for what is computed of it
CLASSES = ("arms", "blobs")  # options on which the number of outputs depends
FORMS = ("<one>", "<each>")  # of points per class; pydantic puts them into the place of an error
EACH = "a list gives each class its own number, label 0 first"
MOST_CLASSES = 8  # as many as there are colours that can be told apart
Task = Literal["regression", "binary", "multiclass"]


@dataclass(frozen=True)
class Dataset:
    """Points to train on, and the points at which the network is watched."""

    task: Task
    x: Array  # (samples, inputs), trained on
    y: Array  # (samples, outputs) of a regression, else labels (samples, 1)
    watched_x: Array  # (watched, inputs), where the film looks; often x itself
    watched_y: Array  # (watched, outputs) or (watched, 1)
    bounds: Array  # (inputs, 2), where the points are, with a margin
    classes: tuple[str, ...] = ()  # name of each label, from 0; none for regression


def _rising(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] >= interval[1]:
        raise ValueError("the first number must be less than the second")
    low, high = interval
    if max(abs(low), abs(high)) > FARTHEST or high - low < NEAREST * max(1, abs(low), abs(high)):
        text = f"the numbers must be within ±{FARTHEST:g}, and apart by {NEAREST:g} of the greater"
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
    Field(ge=2, strict=True, description="even points at which the fit is watched"),
    AtMost(POINTS),
]
Noise = Annotated[float, Field(ge=0, le=100), AfterValidator(abs)]  # NumPy refuses -0.0
Spread = Annotated[Noise, Field(description="standard deviation of each coordinate")]
Interval = Annotated[tuple[float, float], AfterValidator(_rising)]
Radius = Annotated[float, Field(ge=SMALLEST, le=LARGEST)]


def polynomial(
    rng: np.random.Generator,
    *,
    points: Annotated[Points, Field(description="training points, x uniform in the domain")] = 4000,
    watched: Watched = 400,
    coefficients: Annotated[
        tuple[float, ...],
        Field(min_length=1, max_length=16, description="of the powers of x, the highest first"),
    ] = (1.0, 0.0, -3.0, 1.0, 1.0),
    domain: Annotated[Interval, Field(description="the range of x")] = (-2.0, 2.0),
    noise: Annotated[Noise, Field(description="standard deviation added to y in training")] = 0.0,
) -> Dataset:
    """A curve to fit: y = x⁴ − 3x² + x + 1."""
    return _curve(rng, lambda x: np.polyval(coefficients, x), domain, points, watched, noise)


def sine(
    rng: np.random.Generator,
    *,
    points: Annotated[Points, Field(description="training points, x uniform in the domain")] = 2000,
    watched: Watched = 400,
    periods: Annotated[float, Field(gt=0, le=20, description="of the wave, in the domain")] = 1.5,
    domain: Annotated[Interval, Field(description="the range of x")] = (-1.0, 1.0),
    noise: Annotated[Noise, Field(description="standard deviation added to y in training")] = 0.1,
) -> Dataset:
    """A wave to fit, from noisy points: y = sin(ωx)."""
    omega = 2 * np.pi * periods / (domain[1] - domain[0])
    return _curve(rng, lambda x: np.sin(omega * x), domain, points, watched, noise)


def rings(
    rng: np.random.Generator,
    *,
    points: Annotated[
        PerClass, Field(description=f"points per class, at even angles; {EACH}")
    ] = 20_000,
    radii: Annotated[
        tuple[Radius, Radius],
        Field(description="of the ring labelled 1 and of the ring labelled 0"),
    ] = (1.0, 0.5),
    noise: Spread = 0.005,
) -> Dataset:
    """Two concentric rings: the outer labelled 1, the inner 0."""
    counts = _per_class(points, 2)
    angles = [np.linspace(0, 2 * np.pi, counts[label], endpoint=False) for label in (1, 0)]
    x = np.concatenate([r * _circle(angle) for r, angle in zip(radii, angles, strict=True)])
    x = (x + rng.normal(0, noise, size=x.shape)).astype(np.float32)
    y = _labels((1, 0), counts)
    edge = max(MARGIN * max(radii), LEAST_MARGIN * float(np.abs(x).max()))
    names = ("inner", "outer") if radii[0] >= radii[1] else ("outer", "inner")
    return Dataset(
        task="binary",
        x=x,
        y=y,
        watched_x=x,
        watched_y=y,
        bounds=np.array([[-edge, edge], [-edge, edge]], np.float32),
        classes=names,
    )


def moons(
    rng: np.random.Generator,
    *,
    points: Annotated[
        PerClass, Field(description=f"points per class, at even angles; {EACH}")
    ] = 1000,
    noise: Spread = 0.08,
) -> Dataset:
    """Two half circles, each reaching into the other."""
    counts = _per_class(points, 2)
    lower, upper = (_circle(np.linspace(0, np.pi, count)) - (0.5, 0.25) for count in counts)
    x = np.concatenate([upper, -lower])
    return _labelled(x + rng.normal(0, noise, x.shape), (1, 0), counts, ("lower", "upper"))


def xor(
    rng: np.random.Generator,
    *,
    points: Annotated[
        PerClass,
        Field(description=f"points per class, half of them in each of its squares; {EACH}"),
    ] = 1000,
    gap: Annotated[
        float, Field(ge=0, le=1, description="around the axes, without points; 1 leaves ±1")
    ] = 0.1,
    noise: Spread = 0.0,
) -> Dataset:
    """Four squares, of one class if they touch at a corner only: the sign of x₁·x₂."""
    counts = _per_class(points, 2)
    across = 2 * _labels((1, 0), counts)[:, 0] - 1  # the sign of the product: class 1, class 0
    left = np.concatenate([np.resize((1.0, -1.0), counts[label]) for label in (1, 0)])
    x = rng.uniform(gap, 1, (len(left), 2)) * np.stack([left, left * across], axis=1)
    names = ("unlike signs", "like signs")
    return _labelled(x + rng.normal(0, noise, x.shape), (1, 0), counts, names)


def spiral(
    rng: np.random.Generator,
    *,
    points: Annotated[
        PerClass, Field(description=f"points per class, evenly along its radius; {EACH}")
    ] = 500,
    arms: Annotated[Classes, Field(description="each a class of its own")] = 2,
    turns: Annotated[float, Field(gt=0, le=4, description="of an arm, from centre to end")] = 1.0,
    noise: Spread = 0.02,
) -> Dataset:
    """Arms that wind around each other, out of one centre."""
    counts = _per_class(points, arms)
    radius = np.concatenate([np.linspace(0.06, 1, count) for count in counts])
    arm = np.repeat(np.arange(arms), counts)
    x = radius[:, None] * _circle(2 * np.pi * (turns * radius + arm / arms))
    names = tuple(f"arm {i + 1}" for i in range(arms))
    return _labelled(x + rng.normal(0, noise, x.shape), range(arms), counts, names)


def gaussians(
    rng: np.random.Generator,
    *,
    points: Annotated[PerClass, Field(description=f"points per class; {EACH}")] = 500,
    blobs: Annotated[Classes, Field(description="each a class of its own")] = 3,
    noise: Spread = 0.22,
) -> Dataset:
    """Round clouds, at even angles on a circle of radius 1."""
    counts = _per_class(points, blobs)
    centre = _circle(2 * np.pi * np.repeat(np.arange(blobs), counts) / blobs)
    names = tuple(f"blob {i + 1}" for i in range(blobs))
    return _labelled(centre + rng.normal(0, noise, centre.shape), range(blobs), counts, names)


def _curve(
    rng: np.random.Generator,
    answer: Callable[[Any], Any],
    domain: tuple[float, float],
    points: int,
    watched: int,
    noise: float,
) -> Dataset:
    """A function of one number, with noise where it is trained on and without where watched."""
    x = rng.uniform(*domain, size=(points, 1))
    y = answer(x) + rng.normal(0, noise, size=(points, 1))
    watched_x = np.linspace(*domain, watched)[:, None]
    return Dataset(
        task="regression",
        x=x.astype(np.float32),
        y=y.astype(np.float32),
        watched_x=watched_x.astype(np.float32),
        watched_y=answer(watched_x).astype(np.float32),
        bounds=np.array([domain], np.float32),
    )


def _per_class(points: int | tuple[int, ...], classes: int) -> tuple[int, ...]:
    """How many points each class has, label 0 first. Raises ValueError for another number."""
    counts = (points,) * classes if isinstance(points, int) else tuple(points)
    if len(counts) != classes:
        raise ValueError(f"{len(counts)} numbers of points for {classes} classes")
    return counts


def _circle(angle: NDArray[Any]) -> NDArray[Any]:
    """Places (points, 2) on the unit circle."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _labels(order: Sequence[int], counts: Sequence[int]) -> Array:
    """Labels (points, 1), one after the other in an order; `counts` are by label."""
    labels: Array = np.repeat(np.array(order, np.float32), [counts[label] for label in order])
    return labels[:, None]


def _labelled(
    x: NDArray[Any], order: Sequence[int], counts: Sequence[int], classes: tuple[str, ...]
) -> Dataset:
    """Points in the plane, one label after the other in an order, with a margin."""
    x, y = x.astype(np.float32), _labels(order, counts)
    middle, half = (x.min(axis=0) + x.max(axis=0)) / 2, np.ptp(x, axis=0).max() / 2
    bounds = np.stack([middle - MARGIN * half, middle + MARGIN * half], axis=1).astype(np.float32)
    task: Task = "binary" if len(classes) == 2 else "multiclass"
    return Dataset(task, x, y, x, y, bounds, classes)


@dataclass(frozen=True)
class Kind:
    """What a spec can know of a dataset before a point of it is made."""

    task: Task
    inputs: int
    outputs: int
    classes: int  # 0 for a regression


def kind(name: str, options: Mapping[str, Any]) -> Kind:
    """Look at the smallest dataset with these options; its kind does not depend on its size."""
    make = DATASETS[name]
    few = {"points": 2} if "points" in signature(make).parameters else {}
    with np.errstate(over="ignore", invalid="ignore"):  # see `misfit`
        tiny = make(np.random.default_rng(0), **{**options, **few})
    outputs = len(tiny.classes) if tiny.task == "multiclass" else tiny.y.shape[1]
    return Kind(tiny.task, tiny.x.shape[1], outputs, len(tiny.classes))


def sample(name: str, options: Mapping[str, Any]) -> Dataset:
    """Points as many as there will be and like them, of another seed."""
    return DATASETS[name](np.random.default_rng(0), **options)


def misfit(name: str, options: Mapping[str, Any]) -> tuple[str, str]:
    """The option that is invalid together with the others, and why; ("", "") if there is none."""
    classes, points = kind(name, options).classes, options.get("points")
    if isinstance(points, tuple) and len(points) != classes:
        text = f"needs one number, or a list with one per class ({classes}), got {len(points)}"
        return "points", text
    if name != "polynomial":
        return "", ""
    powers, farthest = np.abs(options["coefficients"]), np.abs(options["domain"]).max()
    with np.errstate(over="ignore", invalid="ignore"):
        reach = np.polyval(powers, farthest)  # bounds |y| over the domain
    if reach <= FLOAT32:
        return "", ""
    return "coefficients", f"y leaves the range of float32, ±{FLOAT32:.2g}, in the domain"


DATASETS: dict[str, Callable[..., Dataset]] = {
    make.__name__: make for make in (polynomial, sine, rings, moons, xor, spiral, gaussians)
}
# other names of the same data: scikit-learn's, and those of the TensorFlow Playground
ALIASES = {
    "rings": ("circles", "make_circles"),
    "moons": ("make_moons",),
    "gaussians": ("blobs", "make_blobs"),
    "xor": ("exclusive_or",),
    "spiral": ("spirals",),
}
# names, written together, of data that are not quite the same, and what comes near them
SIMILAR = {
    "circle": "'rings'",
    **dict.fromkeys(("gauss", "gaussian"), "{name: gaussians, blobs: 2}"),
}
