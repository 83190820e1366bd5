"""The datasets that come with nnviz: curves, and points of two or more classes in the plane."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from nnviz_cli.data.dataset import (
    EACH,
    MARGIN,
    Classes,
    Dataset,
    Entry,
    Interval,
    Kind,
    Noise,
    PerClass,
    Points,
    Radius,
    Spread,
    Watched,
    circle,
    labelled,
    labels_of,
    per_class,
    points_problem,
)
from nnviz_cli.limits import FLOAT32

LEAST_MARGIN = 1.02  # bounds per extent, where noise takes some points further than the others
HALVES = ("lower", "upper")
SIGNS = ("opposite signs", "equal signs")


def ring_names(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The class names of rings: the ring labelled 0 first."""
    outer, inner = options["radii"]
    return ("inner", "outer") if outer >= inner else ("outer", "inner")


def arm_names(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The class names of a spiral."""
    return tuple(f"arm {i + 1}" for i in range(options["arms"]))


def blob_names(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The class names of gaussians."""
    return tuple(f"blob {i + 1}" for i in range(options["blobs"]))


def range_problem(kind: Kind, options: Mapping[str, Any]) -> tuple[str, str]:  # noqa: ARG001
    """Coefficients with which y is not finite in float32."""
    powers, farthest = np.abs(options["coefficients"]), np.abs(options["domain"]).max()
    with np.errstate(over="ignore", invalid="ignore"):
        reach = np.polyval(powers, farthest)  # bounds |y| over the domain
    if reach <= FLOAT32:
        return "", ""
    return "coefficients", f"y exceeds the range of float32, ±{FLOAT32:.2g}, in the domain"


def polynomial(
    rng: np.random.Generator,
    *,
    points: Annotated[
        Points, Field(description="number of training points, with x uniform in the domain")
    ] = 4000,
    watched: Watched = 400,
    coefficients: Annotated[
        tuple[float, ...],
        Field(
            min_length=1,
            max_length=16,
            description="coefficients of the powers of x, highest first",
        ),
    ] = (1.0, 0.0, -3.0, 1.0, 1.0),
    domain: Annotated[Interval, Field(description="range of x")] = (-2.0, 2.0),
    noise: Annotated[Noise, Field(description="standard deviation added to y in training")] = 0.0,
) -> Dataset:
    """A curve to fit: y = x⁴ − 3x² + x + 1."""
    return _curve(rng, lambda x: np.polyval(coefficients, x), domain, points, watched, noise)


def sine(
    rng: np.random.Generator,
    *,
    points: Annotated[
        Points, Field(description="number of training points, with x uniform in the domain")
    ] = 2000,
    watched: Watched = 400,
    periods: Annotated[
        float, Field(gt=0, le=20, description="periods of the wave in the domain")
    ] = 1.5,
    domain: Annotated[Interval, Field(description="range of x")] = (-1.0, 1.0),
    noise: Annotated[Noise, Field(description="standard deviation added to y in training")] = 0.1,
) -> Dataset:
    """A wave to fit, from noisy points: y = sin(ωx)."""
    omega = 2 * np.pi * periods / (domain[1] - domain[0])
    return _curve(rng, lambda x: np.sin(omega * x), domain, points, watched, noise)


def rings(
    rng: np.random.Generator,
    *,
    points: Annotated[
        PerClass, Field(description=f"points per class, evenly spaced along the ring; {EACH}")
    ] = 20_000,
    radii: Annotated[
        tuple[Radius, Radius],
        Field(description="radius of the ring labelled 1, and of the ring labelled 0"),
    ] = (1.0, 0.5),
    noise: Spread = 0.005,
) -> Dataset:
    """Two concentric rings: the outer labelled 1, the inner 0."""
    counts = per_class(points, 2)
    angles = [np.linspace(0, 2 * np.pi, counts[label], endpoint=False) for label in (1, 0)]
    x = np.concatenate([r * circle(angle) for r, angle in zip(radii, angles, strict=True)])
    x = (x + rng.normal(0, noise, size=x.shape)).astype(np.float32)
    y = labels_of((1, 0), counts)
    edge = max(MARGIN * max(radii), LEAST_MARGIN * float(np.abs(x).max()))
    return Dataset(
        task="binary",
        x=x,
        y=y,
        watched_x=x,
        watched_y=y,
        bounds=np.array([[-edge, edge], [-edge, edge]], np.float32),
        classes=ring_names({"radii": radii}),
    )


def moons(
    rng: np.random.Generator,
    *,
    points: Annotated[
        PerClass, Field(description=f"points per class, evenly spaced along the arc; {EACH}")
    ] = 1000,
    noise: Spread = 0.08,
) -> Dataset:
    """Two interleaving half circles."""
    counts = per_class(points, 2)
    lower, upper = (circle(np.linspace(0, np.pi, count)) - (0.5, 0.25) for count in counts)
    x = np.concatenate([upper, -lower])
    return labelled(x + rng.normal(0, noise, x.shape), (1, 0), counts, HALVES)


def xor(
    rng: np.random.Generator,
    *,
    points: Annotated[
        PerClass,
        Field(description=f"points per class, half of them in each of its two squares; {EACH}"),
    ] = 1000,
    gap: Annotated[
        float, Field(ge=0, le=1, description="smallest distance of a point from either axis")
    ] = 0.1,
    noise: Spread = 0.0,
) -> Dataset:
    """Four squares, labelled by the sign of x₁·x₂."""
    counts = per_class(points, 2)
    across = 2 * labels_of((1, 0), counts)[:, 0] - 1  # the sign of the product: class 1, class 0
    left = np.concatenate([np.resize((1.0, -1.0), counts[label]) for label in (1, 0)])
    x = rng.uniform(gap, 1, (len(left), 2)) * np.stack([left, left * across], axis=1)
    return labelled(x + rng.normal(0, noise, x.shape), (1, 0), counts, SIGNS)


def spiral(
    rng: np.random.Generator,
    *,
    points: Annotated[
        PerClass, Field(description=f"points per class, evenly spaced along the arm; {EACH}")
    ] = 500,
    arms: Annotated[Classes, Field(description="number of arms; each is a class")] = 2,
    turns: Annotated[
        float, Field(gt=0, le=4, description="turns of an arm, from the centre to its end")
    ] = 1.0,
    noise: Spread = 0.02,
) -> Dataset:
    """Arms that wind around a common centre."""
    counts = per_class(points, arms)
    radius = np.concatenate([np.linspace(0.06, 1, count) for count in counts])
    arm = np.repeat(np.arange(arms), counts)
    names = arm_names({"arms": arms})
    x = radius[:, None] * circle(2 * np.pi * (turns * radius + arm / arms))
    return labelled(x + rng.normal(0, noise, x.shape), range(arms), counts, names)


def gaussians(
    rng: np.random.Generator,
    *,
    points: Annotated[PerClass, Field(description=f"points per class; {EACH}")] = 500,
    blobs: Annotated[Classes, Field(description="number of blobs; each is a class")] = 3,
    noise: Spread = 0.22,
) -> Dataset:
    """Gaussian blobs, evenly spaced on a circle of radius 1."""
    counts = per_class(points, blobs)
    names = blob_names({"blobs": blobs})
    centre = circle(2 * np.pi * np.repeat(np.arange(blobs), counts) / blobs)
    return labelled(centre + rng.normal(0, noise, centre.shape), range(blobs), counts, names)


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


# aliases are scikit-learn's names, and those of the TensorFlow Playground
POLYNOMIAL = Entry(make=polynomial, inputs=1, check=range_problem)
SINE = Entry(make=sine, inputs=1)
RINGS = Entry(
    make=rings,
    inputs=2,
    classes=ring_names,
    nested=True,
    check=points_problem,
    aliases=("circles", "make_circles"),
    similar={"circle": "'rings'"},
)
MOONS = Entry(make=moons, inputs=2, classes=HALVES, check=points_problem, aliases=("make_moons",))
XOR = Entry(make=xor, inputs=2, classes=SIGNS, check=points_problem, aliases=("exclusive_or",))
SPIRAL = Entry(
    make=spiral,
    inputs=2,
    classes=arm_names,
    class_options=("arms",),
    check=points_problem,
    aliases=("spirals",),
)
GAUSSIANS = Entry(
    make=gaussians,
    inputs=2,
    classes=blob_names,
    class_options=("blobs",),
    check=points_problem,
    aliases=("blobs", "make_blobs"),
    similar=dict.fromkeys(("gauss", "gaussian"), "{name: gaussians, blobs: 2}"),
)
