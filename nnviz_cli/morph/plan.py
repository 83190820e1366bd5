"""The stages of a morph: which motion is shown when, and where it puts what the network gets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.errors import Problem, SpecError
from nnviz_cli.morph.path import path
from nnviz_cli.morph.tempo import Tempo
from nnviz_cli.panel.space import widest
from nnviz_cli.recording import Recording

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


@dataclass(frozen=True)
class Plan:
    """All stages of a morph of one frame of a recording."""

    recording: Recording
    frame: int
    fps: Fraction
    tempo: Tempo = field(default_factory=Tempo)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """In order, with their frames."""
        units = self.recording.facts.units
        found = [self._inputs()]
        for layer in range(1, len(units)):
            found += self._layer(layer)
        found.append(self._end(found[-1]))
        timed, start = [], 0
        for stage in found:
            motion = round(self.tempo.motion * self.fps) if stage.moves else 0
            frames = motion + max(1, round(stage.pause * self.fps))
            timed.append(replace(stage, start=start, motion=motion, frames=frames))
            start += frames
        return tuple(timed)

    @property
    def frames(self) -> int:
        """How many the film has."""
        return self.stages[-1].start + self.stages[-1].frames

    def at(self, frame: int) -> tuple[Stage, float]:
        """The stage at a frame of the film, and how far it is, 0 to 1; slow at both ends."""
        starts = [stage.start for stage in self.stages]
        stage = self.stages[int(np.searchsorted(starts, frame, side="right")) - 1]
        t = min(1.0, (frame - stage.start + 1) / stage.motion) if stage.motion else 1.0
        return stage, t * t * t * (t * (6 * t - 15) + 10)

    def places(self, where: Where, before: Array, after: Array | None) -> Array:
        """Where rows (…, inputs), whose activations are (…, units), are seen: (…, 3)."""
        seen: Array = before @ where.matrix.astype(before.dtype) + where.offset.astype(before.dtype)
        if where.share and after is not None and where.view is not None:
            view = where.view.astype(after.dtype)
            seen = (1 - where.share) * seen + where.share * (after @ view)
        return seen

    def points(self, layer: int) -> Array:
        """What a layer makes of the points (watched, units); layer 0 are the inputs."""
        if layer == 0:
            return self.recording.x
        return np.asarray(self.recording.looks[layer].activation[self.frame])

    def lattice(self, layer: int) -> Array:
        """What a layer makes of the grid (lines, points, units), or of the line of one input."""
        if layer == 0 and len(self.recording.grid):
            return self.recording.grid
        if len(self.recording.grid):
            return np.asarray(self.recording.looks[layer].grid_activation[self.frame])
        if self.recording.x.shape[1] == 1:
            return self.points(layer)[np.argsort(self.recording.x[:, 0], kind="stable")][None]
        return np.zeros((0, 1, self.recording.facts.units[layer]), np.float32)

    @cached_property
    def views(self) -> tuple[View, ...]:
        """Of each layer, the inputs first; each begins where the one before ends."""
        found: list[View] = []
        for layer, units in enumerate(self.recording.facts.units):
            if units <= 3:
                found.append(View(np.eye(units, 3)))
                continue
            _, axes, share = widest(self.points(layer)[None], count=3)
            if found:
                axes = _facing(axes, _padded(found[-1].axes, units + 3))
            note = f"{units} units, seen in the 3 directions of most spread: {100 * share:.0f} %"
            found.append(View(axes, f"{note} of the variance"))
        return tuple(found)

    def _inputs(self) -> Stage:
        inputs, view = self.recording.facts.units[0], self.views[0]
        words = {1: "the inputs, a line", 2: "the plane of the inputs"}.get(inputs, "the inputs")
        where = Where(1, view.axes, np.zeros(3))
        first = self.tempo.first
        return Stage(
            "inputs",
            words,
            0,
            lambda _: where,
            inputs > 2,
            False,
            view.true,
            view.note,
            first,
            False,
        )

    def _layer(self, layer: int) -> Iterator[Stage]:
        """The motions of one layer."""
        facts, tempo = self.recording.facts, self.tempo
        n, m = facts.units[layer - 1 : layer + 1]
        last = layer == len(facts.units) - 1
        came, goes = self.views[layer - 1], self.views[layer]
        maker = _Motions(self, layer)
        if last and facts.divides(layer - 1) and n <= 3:
            flat = {1: "points part", 2: "straight lines part", 3: "planes part"}
            one = {1: "a point parts", 2: "a straight line parts", 3: "a plane parts"}
            words = (one if facts.task == "binary" else flat)[n]
            yield Stage(
                "boundary",
                f"here {words} the classes",
                layer - 1,
                lambda _: maker.arrived,
                deep=n > 2,
                line=n == 1 and layer > 1,
                pause=2 * tempo.hold,
            )
        for stage in maker.stages():
            deep = n > 2 or m > 2 if stage.name in ("lift", "mirror", "rotate") else m > 2
            deep = deep or (stage.name == "project" and n > 2)
            deep = deep or (stage.name == "mirror" and n == 2)
            line = m == 1 and (n == 1 or stage.name not in ("mirror", "rotate"))
            early = stage.name in ("lift", "mirror")
            view = came if early and not came.true else goes
            pause = tempo.hold if stage.name != maker.final else tempo.hold + tempo.rest
            yield replace(stage, deep=deep, line=line, true=view.true, note=view.note, pause=pause)

    def _end(self, before: Stage) -> Stage:
        facts = self.recording.facts
        words = "the answer"
        if facts.task == "binary":
            left, right = facts.classes
            words = f"the answer: '{left}' to the left, '{right}' to the right"
        elif facts.task == "regression" and facts.units[-1] == 1:
            words = "the answers: right where the colours are in order"
        elif facts.task == "multiclass":
            words = "the answer: the greatest unit wins"
        where = before.where(1.0)
        return replace(
            before,
            name="answer",
            words=words,
            where=lambda _: where,
            pause=self.tempo.last,
            moves=False,
        )


class _Motions:
    """The motions of a layer: matrices in a space that holds its inputs and its units."""

    def __init__(self, plan: Plan, layer: int) -> None:
        recording = plan.recording
        self.layer = layer
        self.kernel = np.asarray(recording.kernels[layer][plan.frame], float)
        self.bias = np.asarray(recording.biases[layer][plan.frame], float)
        self.activation = recording.facts.activations[layer - 1]
        self.path = path(self.kernel)
        self.n, self.m = self.kernel.shape
        room = max(len(self.path.rotation.basis), 3)
        self.room = room
        self.came = _padded(plan.views[layer - 1].axes, room)
        self.view = plan.views[layer].axes
        self.goes = _padded(self.view, room)
        self.arrived = Where(layer, self.came[: self.n], np.zeros(3))
        self.final = self.activation if self.activation != "linear" else "shift"

    def stages(self) -> Iterator[Stage]:
        """Those that move something."""
        rotation, mirror, stretch = self.path.rotation, self.path.mirror, self.path.stretch
        first = np.eye(self.room)
        if self.m > self.n and self.m > 2 and self.n < 3:
            what = "line" if self.n == 1 else "plane"
            yield self._stage(
                "lift", f"the {what} lies in a space of {self.m} units", lambda _: self.arrived
            )
        if mirror:
            first = self._wide(mirror.at(1.0))
            yield self._stage(
                "mirror",
                "turned over: the weights mirror",
                lambda t: self._linear(self._wide(mirror.at(t)), self.came),
            )
        if rotation.widest > np.degrees(STILL) or np.abs(self.came - self.goes).max() > STILL:
            yield self._stage(
                "rotate",
                f"turned by {rotation.widest:.0f}°",
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
                f"moved by {_numbers(self.bias)}",
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


def _facing(axes: Array, came: Array) -> Array:
    """The same directions (m, 3), turned among themselves to be as near as can be to others."""
    left, _, right = np.linalg.svd(axes.T @ came[: len(axes)])
    turned: Array = axes @ (left @ right)
    return turned


def _padded(axes: Array, room: int) -> Array:
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


def check_morph(recording: Recording, source: str, frame: int) -> None:
    """Refuse a recording that does not hold all layers, or no numbers at a frame."""
    layers = range(1, len(recording.facts.units))
    if missing := [n for n in layers if n not in recording.kernels or n not in recording.looks]:
        text = f"{source}: this recording does not hold layer {missing[0]}"
        raise SpecError([Problem(text, hint="make one with `nnviz render SPEC -o run.h5`")])
    for layer in layers:
        look = recording.looks[layer]
        held = [each[layer] for each in (recording.kernels, recording.biases)]
        for array in (*held, look.activation, look.grid_activation):
            if not np.isfinite(array[frame]).all():
                text = f"{source}: at frame {frame} layer {layer} holds values that are no numbers"
                raise SpecError([Problem(text, hint="give an earlier --frame")])
