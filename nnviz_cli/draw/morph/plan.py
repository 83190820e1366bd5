"""The stages of a morph: which motion is shown when, and where it puts what the network gets."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.draw.geometry import widest
from nnviz_cli.draw.morph.motion import Motions, Stage, View, Where, facing
from nnviz_cli.draw.morph.path import path
from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.errors import Problem, SpecError
from nnviz_cli.recording.recording import Recording

Array = NDArray[Any]


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
                came = self.points(layer - 1).astype(float)
                turned = path(self.recording.kernels[layer][self.frame]).rigid[: came.shape[1]]
                axes = facing(axes, came @ turned[:, :units], came @ found[-1].axes)
            note = f"{units} units, in the 3 directions of most variance: {100 * share:.0f} %"
            found.append(View(axes, f"{note} of the variance"))
        return tuple(found)

    def _inputs(self) -> Stage:
        inputs, view = self.recording.facts.units[0], self.views[0]
        words = {1: "the inputs, a line", 2: "the plane of the inputs"}.get(inputs, "the inputs")
        where = Where(1, view.axes, np.zeros(3))
        first = self.tempo.first
        return Stage(
            name="inputs",
            words=words,
            layer=0,
            where=lambda _: where,
            deep=inputs > 2,
            true=view.true,
            note=view.note,
            pause=first,
            moves=False,
        )

    def _layer(self, layer: int) -> Iterator[Stage]:
        """The motions of one layer."""
        facts, tempo = self.recording.facts, self.tempo
        n, m = facts.units[layer - 1 : layer + 1]
        last = layer == len(facts.units) - 1
        came, goes = self.views[layer - 1], self.views[layer]
        maker = Motions(self.recording, self.frame, layer, self.views)
        if last and facts.divides(layer - 1) and n <= 3:
            several = {1: "points", 2: "straight lines", 3: "planes"}
            one = {1: "a point", 2: "a straight line", 3: "a plane"}
            words = (one if facts.task == "binary" else several)[n]
            yield Stage(
                "boundary",
                f"here the decision boundary is {words}",
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
        words = "the output"
        if facts.task == "binary":
            left, right = facts.classes
            words = f"the output: '{left}' to the left, '{right}' to the right"
        elif facts.task == "regression" and facts.units[-1] == 1:
            words = "the output: correct where the colours are in order"
        elif facts.task == "multiclass":
            words = "the output: the unit with the largest value is the class"
        where = before.where(1.0)
        return replace(
            before,
            name="answer",
            words=words,
            where=lambda _: where,
            pause=self.tempo.last,
            moves=False,
        )


def check_morph(recording: Recording, source: str, frame: int) -> None:
    """Refuse a recording whose numbers are not finite at a frame."""
    for layer, look in recording.looks.items():
        weights = [array[frame] for array in recording.weights.get(layer, {}).values()]
        for array in (*weights, look.activation[frame], look.grid_activation[frame]):
            if not np.isfinite(array).all():
                text = f"{source}: at frame {frame}, layer {layer} has values that are not finite"
                raise SpecError([Problem(text, hint="give an earlier --frame")])
