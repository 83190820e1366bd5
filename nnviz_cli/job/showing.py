"""What a film shows of a recording, for every kind of film: its pictures, order, words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnviz_cli import number
from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.draw.panels import descriptions
from nnviz_cli.draw.picture import Drawable, MorphPicture, Picture
from nnviz_cli.draw.theme import Theme
from nnviz_cli.film.captions import Caption, captions
from nnviz_cli.job.experiment import Experiment
from nnviz_cli.recording.alt_text import alt_text
from nnviz_cli.recording.events import Event, events, topology
from nnviz_cli.recording.key_frame import key_frame
from nnviz_cli.spec.keys import Spec

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

NAMED_FRAMES = ("first", "last", "key")


@dataclass(frozen=True, kw_only=True)
class Showing:
    """A film of a recording, before it has a size and a theme."""

    picture: Callable[[Theme, tuple[int, int]], Drawable]
    frames: int  # that can be drawn
    order: Sequence[int]  # of them in the film
    fps: Fraction
    captions: tuple[Caption, ...]
    key: int  # the frame that says most
    title: str
    alt: str  # what goes on after 'A film'
    numbers: tuple[str, ...]  # short digests of what it depends on
    frame: int  # of the recording, whose loss is reported
    events: tuple[Event, ...] = ()

    def at(self, frame: int | str) -> int:
        """The index of a frame by its name or index; negative ones count from the end.

        A film that ended early has fewer frames than expected: what is beyond is its last.
        """
        if isinstance(frame, str):
            return {"first": 0, "last": self.frames - 1}.get(frame, self.key)
        return min(frame if frame >= 0 else max(0, self.frames + frame), self.frames - 1)


def showing(experiment: Experiment, recording: "Recording", path: Path) -> Showing:
    """What an experiment's films show of a recording in a file. Raises SpecError."""
    if experiment.morph is not None:
        return _morph(experiment, recording, path)
    return _training(experiment.spec, recording, path)


def _training(spec: Spec, recording: "Recording", path: Path) -> Showing:
    """A film of the training."""
    happened = events(recording, spec.separators)
    shown = captions_of(spec, recording, happened)
    ratios = (spec.view.width_ratios, spec.view.height_ratios)
    panels = descriptions(spec.rows, recording.facts)
    return Showing(
        picture=lambda theme, size: Picture(path, spec.rows, theme, size, ratios, shown),
        frames=recording.frames,
        order=spec.order(recording.frames),
        fps=spec.fps,
        captions=shown,
        key=key_frame(recording, happened),
        title=spec.title,
        alt=alt_text(recording, panels, spec.dataset.name, happened),
        numbers=tuple(recording.digests()),
        frame=recording.frames - 1,
        events=tuple(happened),
    )


def _morph(experiment: Experiment, recording: "Recording", path: Path) -> Showing:
    """A film of how the network of one frame bends space."""
    from nnviz_cli.draw.morph.plan import Plan, check_morph

    spec, morph = experiment.spec, experiment.morph
    assert morph is not None  # noqa: S101 - see showing
    frame = frame_of(recording, morph.frame)
    check_morph(recording, experiment.source, frame)
    tempo = morph.tempo or Tempo.fitting(recording.last)
    plan = Plan(recording, frame, spec.fps, tempo)
    stages = [(stage.start, stage.words) for stage in plan.stages]
    units = "-".join(map(str, recording.facts.units))
    epoch = number.epoch(recording.epoch(frame))
    return Showing(
        picture=lambda theme, size: MorphPicture(path, frame, spec.fps, tempo, theme, size),
        frames=plan.frames,
        order=spec.order(plan.frames),
        fps=spec.fps,
        captions=captions(stages, plan.frames, spec.fps),
        key=plan.frames - 1,
        title=spec.title,
        alt=f"of how a neural network with layers of {units} units bends the space of its inputs, "
        f"layer by layer, after {epoch} epochs of training.",
        numbers=tuple(recording.layer_digests(frame)),
        frame=frame,
    )


def frame_of(recording: "Recording", frame: int | str) -> int:
    """The index of a frame of the training by its name or index."""
    if frame == "key":
        return key_frame(recording, events(recording))
    if isinstance(frame, str):
        frame = 0 if frame == "first" else -1
    return min(frame if frame >= 0 else max(0, recording.frames + frame), recording.frames - 1)


def captions_of(
    spec: Spec, recording: "Recording", happened: Sequence[Event]
) -> tuple[Caption, ...]:
    """What happened, and the user's own captions, by the frame."""
    texts: list[tuple[int, str]] = []
    facts = recording.facts
    if spec.view.events:
        if impossible := topology(facts, facts.activations, nested=spec.kind.nested):
            texts.append((0, impossible))
        for event in happened:
            epoch = recording.moment(event.frame)
            texts.append((event.frame, f"epoch {number.epoch(epoch)}: {event.words}"))
    epochs = recording.step / facts.steps_per_epoch
    texts += [
        (int(np.argmax(epochs >= remark.epoch)), remark.text)
        for remark in spec.captions
        if remark.epoch <= epochs[-1]
    ]
    return captions(texts, recording.frames, spec.fps)
