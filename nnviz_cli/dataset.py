"""Labelled points by name: what a network learns from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from nnviz_cli.limit import POINTS, AtMost

Array = NDArray[np.float32]
FARTHEST, NEAREST = 1e9, 1e-4  # of the ends of a domain, in float32 and in a picture
MARGIN = 1.1  # bounds of a plane, per extent of its data
LEAST_MARGIN = 1.02  # the same, where noise takes some points further than the others
FLOAT32 = float(np.finfo(np.float32).max)
LARGEST, SMALLEST = 1e30, 1e-30  # of a length, in float32 with room for what is computed of it
CLASSES = ("arms", "blobs")  # options on which the number of outputs depends
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


Classes = Annotated[int, Field(ge=2, le=MOST_CLASSES, strict=True)]
Points = Annotated[int, Field(ge=1, strict=True), AtMost(POINTS)]
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
    points: Annotated[Points, Field(description="points a ring, at even angles")] = 20_000,
    radii: Annotated[
        tuple[Radius, Radius],
        Field(description="of the ring labelled 1 and of the ring labelled 0"),
    ] = (1.0, 0.5),
    noise: Spread = 0.005,
) -> Dataset:
    """Two concentric rings: the outer labelled 1, the inner 0."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (points, 2)
    x = np.concatenate([radius * circle for radius in radii])
    x = (x + rng.normal(0, noise, size=x.shape)).astype(np.float32)
    y = np.repeat(np.array([[1], [0]], np.float32), points, axis=0)
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
    points: Annotated[Points, Field(description="points a moon, at even angles")] = 1000,
    noise: Spread = 0.08,
) -> Dataset:
    """Two half circles, each reaching into the other."""
    angle = np.linspace(0, np.pi, points)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    x = np.concatenate([upper, -upper])
    return _labelled(x + rng.normal(0, noise, x.shape), (1, 0), ("lower", "upper"))


def xor(
    rng: np.random.Generator,
    *,
    points: Annotated[Points, Field(description="points a class")] = 1000,
    gap: Annotated[float, Field(ge=0, lt=1, description="around the axes, without points")] = 0.1,
    noise: Spread = 0.0,
) -> Dataset:
    """Four squares, of one class if they touch at a corner only: the sign of x₁·x₂."""
    x = rng.uniform(gap, 1, (2 * points, 2))
    left = rng.choice((-1.0, 1.0), 2 * points)
    across = np.repeat((1.0, -1.0), points)  # the sign of the product: class 1, class 0
    x *= np.stack([left, left * across], axis=1)
    return _labelled(x + rng.normal(0, noise, x.shape), (1, 0), ("unlike signs", "like signs"))


def spiral(
    rng: np.random.Generator,
    *,
    points: Annotated[Points, Field(description="points an arm, evenly along its radius")] = 500,
    arms: Annotated[Classes, Field(description="each a class of its own")] = 2,
    turns: Annotated[float, Field(gt=0, le=4, description="of an arm, from centre to end")] = 1.0,
    noise: Spread = 0.02,
) -> Dataset:
    """Arms that wind around each other, out of one centre."""
    radius = np.tile(np.linspace(0.06, 1, points), arms)
    arm = np.repeat(np.arange(arms), points)
    angle = 2 * np.pi * (turns * radius + arm / arms)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    names = tuple(f"arm {i + 1}" for i in range(arms))
    return _labelled(x + rng.normal(0, noise, x.shape), range(arms), names)


def gaussians(
    rng: np.random.Generator,
    *,
    points: Annotated[Points, Field(description="points a blob")] = 500,
    blobs: Annotated[Classes, Field(description="each a class of its own")] = 3,
    noise: Spread = 0.22,
) -> Dataset:
    """Round clouds, at even angles on a circle of radius 1."""
    angle = 2 * np.pi * np.repeat(np.arange(blobs), points) / blobs
    centre = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    names = tuple(f"blob {i + 1}" for i in range(blobs))
    return _labelled(centre + rng.normal(0, noise, centre.shape), range(blobs), names)


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


def _labelled(x: NDArray[Any], labels: Sequence[int], classes: tuple[str, ...]) -> Dataset:
    """As many points in the plane for each label, one label after the other, with a margin."""
    x = x.astype(np.float32)
    y = np.repeat(np.array(labels, np.float32)[:, None], len(x) // len(labels), axis=0)
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


def kind(name: str, options: Mapping[str, Any]) -> Kind:
    """Look at the smallest dataset with these options; its kind does not depend on its size."""
    with np.errstate(over="ignore", invalid="ignore"):  # see `misfit`
        tiny = DATASETS[name](np.random.default_rng(0), **{**options, "points": 2})
    outputs = len(tiny.classes) if tiny.task == "multiclass" else tiny.y.shape[1]
    return Kind(tiny.task, tiny.x.shape[1], outputs)


def misfit(name: str, options: Mapping[str, Any]) -> tuple[str, str]:
    """The option that is invalid together with the others, and why; ("", "") if there is none."""
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
