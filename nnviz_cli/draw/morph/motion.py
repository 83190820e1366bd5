"""The motions of one layer: where each puts what goes into it, and what it says of itself."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.draw.morph.path import path
from nnviz_cli.recording.recording import Recording

Array = NDArray[Any]
STILL = 1e-6  # a matrix that is nearer to the identity moves nothing
UNIT = "×"  # before a factor
TOGETHER = ("softmax", "log_softmax", "sparsemax")  # activations in which units see each other


class Where(NamedTuple):
    """Where rows x are seen: (1 - share) (x @ matrix + offset) + share a @ view.

    `x` go into a layer, and `a` are its activations, as they were recorded.
    """

    layer: int
    matrix: Array  # (inputs of the layer, 3)
    offset: Array  # (3,)
    share: float = 0.0
    view: Array | None = None  # (units of the layer, 3)


@dataclass(frozen=True)
class Stage:
    """One motion, and the frames it takes."""

    name: str  # 'rotate'
    words: str  # what is seen, with its numbers
    layer: int  # index into units of the layer at work; 0: the inputs
    where: Callable[[float], Where]
    deep: bool  # what is seen needs three dimensions
    line: bool = False  # …one
    true: bool = True  # the axes are the units themselves, not directions among many
    note: str = ""  # what must be known to read the picture
    pause: float = 0.0  # seconds that it stays at its end
    moves: bool = True
    start: int = 0
    motion: int = 0  # frames
    frames: int = 0  # motion and pause


@dataclass(frozen=True)
class View:
    """Three directions in which a layer's space is seen."""

    axes: Array  # (units, 3)
    note: str = ""

    @property
    def true(self) -> bool:
        """Whether they are the units themselves."""
        return not self.note


class Motions:
    """The motions of a layer: matrices in a space that holds its inputs and its units."""

    def __init__(self, recording: Recording, frame: int, layer: int, views: Sequence[View]) -> None:
        """`views` are those of all layers."""
        self.layer = layer
        self.kernel = np.asarray(recording.kernels[layer][frame], float)
        self.bias = np.asarray(recording.biases[layer][frame], float)
        self.activation = recording.facts.activations[layer - 1]
        self.path = path(self.kernel)
        self.n, self.m = self.kernel.shape
        room = max(len(self.path.rotation.basis), 3)
        self.room = room
        self.came = padded(views[layer - 1].axes, room)
        self.view = views[layer].axes
        self.goes = padded(self.view, room)
        self.arrived = Where(layer, self.came[: self.n], np.zeros(3))
        self.final = self.activation if self.activation != "linear" else "shift"

    def stages(self) -> Iterator[Stage]:
        """Those that move something."""
        rotation, mirror, stretch = self.path.rotation, self.path.mirror, self.path.stretch
        first = np.eye(self.room)
        if self.m > self.n and self.m > 2 and self.n < 3:
            what = "line" if self.n == 1 else "plane"
            yield self._stage(
                "lift", f"the {what} in the space of {self.m} units", lambda _: self.arrived
            )
        if mirror:
            first = self._wide(mirror.at(1.0))
            yield self._stage(
                "mirror",
                "reflected, by half a turn",
                lambda t: self._linear(self._wide(mirror.at(t)), self.came),
            )
        if rotation.widest > np.degrees(STILL) or np.abs(self.came - self.goes).max() > STILL:
            yield self._stage(
                "rotate",
                f"rotated by {rotation.widest:.0f}°",
                lambda t: self._linear(
                    first @ self._wide(rotation.at(t)), between(self.came, self.goes, t)
                ),
            )
        whole = first @ self._wide(rotation.at(1.0))
        if self.m < min(self.n, 3):
            onto = {1: "line", 2: "plane"}[self.m]
            yield self._stage(
                "project",
                f"projected onto a {onto}",
                lambda t: self._linear(whole * self._kept(1 - t), self.goes),
            )
        kept = whole * self._kept(0.0)
        yield self._stage(
            "stretch",
            f"stretched {_factors(stretch.factors)}",
            lambda t: self._linear(kept @ self._wide(stretch.at(t)), self.goes),
        )
        if np.abs(self.bias).max() > STILL:
            yield self._stage(
                "shift",
                f"shifted by {_numbers(self.bias)}",
                lambda t: Where(self.layer, self.kernel @ self.view, t * self.bias @ self.view),
            )
        if self.activation != "linear":
            yield self._stage(self.activation, _through(self.activation, self.m), self._bent)

    def _stage(self, name: str, words: str, where: Callable[[float], Where]) -> Stage:
        return Stage(name, words, self.layer, where, deep=False)

    def _bent(self, t: float) -> Where:
        return Where(self.layer, self.kernel @ self.view, self.bias @ self.view, t, self.view)

    def _linear(self, matrix: Array, view: Array) -> Where:
        return Where(self.layer, (matrix @ view)[: self.n], np.zeros(3))

    def _wide(self, matrix: Array) -> Array:
        """A matrix in a space of more dimensions, which it leaves alone."""
        wide = np.eye(self.room)
        wide[: len(matrix), : len(matrix)] = matrix
        return wide

    def _kept(self, share: float) -> Array:
        """Factors of the dimensions: what is not a unit of the layer keeps a share."""
        return np.where(np.arange(self.room) < self.m, 1.0, share)


def between(one: Array, other: Array, t: float) -> Array:
    """Directions (k, 3) at right angles on the way from some to others."""
    left, _, right = np.linalg.svd((1 - t) * one + t * other, full_matrices=False)
    found: Array = left @ right
    return found if 0 < t < 1 else (one if t == 0 else other)


def facing(axes: Array, turned: Array, before: Array) -> Array:
    """The same directions (units, 3), turned among themselves.

    Points that a layer has `turned` (points, units) are then seen as near as can be to where they
    were seen `before` (points, 3): orthogonal Procrustes (Schönemann, 1966).
    """
    left, _, right = np.linalg.svd((turned @ axes).T @ before)
    found: Array = axes @ (left @ right)
    return found


def padded(axes: Array, room: int) -> Array:
    """Directions in a space of more dimensions; the units themselves stay themselves."""
    if len(axes) <= 3:
        return np.eye(room, 3)
    padded = np.zeros((room, 3))
    padded[: len(axes)] = axes
    return padded


def _factors(factors: Array) -> str:
    if len(factors) > 3:
        return f"{UNIT}{factors.min():.2g} to {UNIT}{factors.max():.2g}"
    return _joined([f"{UNIT}{factor:.2g}" for factor in factors])


def _numbers(values: Array) -> str:
    if len(values) > 3:
        return "the bias"
    return f"({', '.join(f'{value:.2f}' for value in values)})".replace("-", "−")


def _through(activation: str, units: int) -> str:
    """How an activation acts, in words."""
    if activation in TOGETHER:
        return f"{activation} over all units"
    return f"{'the' if units == 1 else 'each'} unit through {activation}"


def _joined(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
