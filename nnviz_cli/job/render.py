"""Record, draw, write: the one place that knows the order of the stages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli import number
from nnviz_cli.data.table import sample
from nnviz_cli.draw.fonts import PLAIN_FONT, families, in_colour, is_installed
from nnviz_cli.draw.panels import descriptions
from nnviz_cli.draw.theme import Theme, contrast
from nnviz_cli.draw.workers import DrawingWorkers, cores
from nnviz_cli.errors import InstallationError, NnvizError, SpecError, VideoError
from nnviz_cli.film.atomic import Content, check_place, check_room, copy, scratch
from nnviz_cli.film.captions import Caption, captions
from nnviz_cli.job import sidecar
from nnviz_cli.job.drawing import Drawing, Report, Run, alt, is_foreign, keeping, looks, no_room
from nnviz_cli.job.experiment import Experiment, Kept, Target
from nnviz_cli.recording.alt_text import alt_text
from nnviz_cli.recording.events import Event, events, saturated, topology
from nnviz_cli.recording.key_frame import key_frame
from nnviz_cli.recording.shape import RECORDING
from nnviz_cli.signals import deferred
from nnviz_cli.spec.keys import Spec
from nnviz_cli.train.installed import TrainingProcess, import_tensorflow

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

LEGIBLE = 4.5  # contrast of text, WCAG AA
STILL = 1e-6  # what moves less does not move
UNSEEN, WELL_SEEN = 5, 20  # frames before a divergence: too few, and enough


@dataclass(frozen=True)
class Result:
    """What became of one file."""

    experiment: str
    path: str
    frames: int
    bytes: int
    loss: float
    skipped: bool = False
    error: str = ""
    warnings: tuple[str, ...] = ()  # what its maker should know of a film that is whole
    shrunk: str = ""  # what was given up so that it takes no more bytes than it may
    alt: str = ""  # what it shows, in words

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "loss": self.loss if np.isfinite(self.loss) else None}


def render(
    experiments: Sequence[Experiment],
    report: Report = lambda *_: None,
    *,
    skip_existing: bool = False,
    process: TrainingProcess = nullcontext,
) -> Iterator[Result]:
    """Make the films, one experiment after the other, and tell of each file as it is done.

    Drawing processes are started first, so that they are ready when TensorFlow is. Trainings run
    inside of `process`, which may prepare the process that it is called in.
    """
    todo = []
    for experiment in experiments:
        made: list[Target | Kept] = [*experiment.recordings, *experiment.targets]
        if skip_existing and all(sidecar.is_current(experiment, each) for each in made):
            for path in experiment.paths:
                yield Result(experiment.name, path, 0, 0, float("nan"), skipped=True)
        else:
            todo.append(experiment)
    if not todo:
        return
    largest = max((each.largest for each in todo), key=lambda size: size[0] * size[1])
    most = max(each.spec.frames for each in todo)
    for experiment in todo:
        for path in experiment.paths:
            check_place(path)
    lanes = min(cores(), most) if any(each.targets for each in todo) else 0
    with DrawingWorkers(lanes, largest) as drawers:
        for experiment in todo:
            try:
                yield from _render_one(experiment, drawers, report, process=process)
            except (SpecError, InstallationError):
                raise
            except NnvizError as error:
                yield Result(experiment.name, "", 0, 0, float("nan"), error=str(error))


def _render_one(
    experiment: Experiment, drawers: DrawingWorkers, report: Report, *, process: TrainingProcess
) -> Iterator[Result]:
    spec, name = experiment.spec, experiment.name
    room = spec.room(sample(spec.dataset.name, spec.dataset.options))
    for kept in experiment.recordings:
        check_room(kept.path, room)
    with scratch(room) as folder:
        run = _record(
            experiment, folder / f"recording{RECORDING}", drawers, report, process=process
        )
        told: dict[str, Any] = {
            "loss": run.loss if np.isfinite(run.loss) else None,
            "warnings": run.warnings,
            "captions": [[each.start, each.news] for each in run.captions],
            "numbers": " ".join(run.numbers),
        }

        def result(path: str, content: Content, frames: int, **more: Any) -> Result:
            facts = {"warnings": told["warnings"] + drawers.deaths(), **more}
            return Result(name, path, frames, content.bytes, run.loss, **facts)

        for kept in experiment.recordings:
            content = _keep(run.recording, kept)
            made_from = sidecar.provenance(spec, sidecar.look(kept))
            sidecar.write(kept.path, made_from, content, frames=run.frames, **told)
            yield result(kept.path, content, run.frames)
        for targets in looks(experiment.targets):
            try:
                kept_at = [kept.path for kept in experiment.recordings[:1]]
                with keeping(run.recording, targets[0].path, *kept_at):
                    made = Drawing(experiment, run, targets, drawers, report).make()
            except VideoError as error:
                if targets[0].max_size is None:
                    raise
                # the other files may be good
                yield Result(name, targets[0].path, 0, 0, float("nan"), error=str(error))
                continue
            told["warnings"] = run.warnings + no_room(drawers.cut())
            for target in targets:
                words = alt(experiment, target, run)
                facts = {"alt": words, "fps": str(made.fps), "frames": made.frames}
                facts |= {"shrunk": made.shrunk} if made.shrunk else {}
                made_from = sidecar.provenance(spec, sidecar.look(target))
                content = made.contents[target.path]
                sidecar.write(target.path, made_from, content, **facts, **told)
                yield result(target.path, content, made.frames, shrunk=made.shrunk, alt=words)


def _keep(recording: Path, kept: Kept) -> Content:
    """Copy a recording to where it is to stay."""
    from nnviz_cli.recording.recorder import write_compact  # h5py takes a while

    return copy(recording, kept.path, write_compact) if kept.compact else copy(recording, kept.path)


def train(
    spec: Spec,
    path: Path,
    drawers: DrawingWorkers,
    report: Report,
    name: str,
    *,
    only: int | None = None,
    process: TrainingProcess = nullcontext,
) -> "Recording":
    """Train into a recording's file; see `training.record`."""
    report("starting", 0, spec.frames, {"name": name})

    def progress(frame: int, loss: float) -> None:
        report("training", frame + 1, spec.frames, {"name": name, "loss": loss})

    with deferred(), drawers.watched(), process():
        import_tensorflow()
        report("starting", 0, spec.frames, {"name": name})
        drawers.complete()
        from nnviz_cli.train.record import record

        return record(spec, path, progress, only)


def _record(
    experiment: Experiment,
    path: Path,
    drawers: DrawingWorkers,
    report: Report,
    *,
    process: TrainingProcess,
) -> Run:
    """Train into a recording's file, and see what there is to say of it."""
    spec = experiment.spec
    recording = train(spec, path, drawers, report, experiment.name, process=process)
    loss = float(recording.history["loss"][-1])
    words = {
        "the title": recording.facts.title,
        "a caption": " ".join(each.text for each in spec.captions),
    }
    themes = {target.theme for target in experiment.targets}
    told = [
        *warnings(recording),
        *_diverged_unseen(spec, recording),
        *_captions_too_late(spec, recording),
        *_foreign_tracks(experiment),
        *legibility(words, themes),
    ]
    happened = events(recording, spec.separators)
    return Run(
        path,
        recording.frames,
        loss,
        tuple(told),
        tuple(recording.digests()),
        captions_of(spec, recording, happened),
        key_frame(recording, happened),
        alt_text(recording, descriptions(spec.rows, recording.facts), spec.dataset.name, happened),
    )


def captions_of(
    spec: Spec, recording: "Recording", happened: Sequence[Event]
) -> tuple[Caption, ...]:
    """What happened, and what the user has to say about it, by the frame."""
    told: list[tuple[int, str]] = []
    facts = recording.facts
    if spec.view.events:
        if impossible := topology(facts, facts.activations, nested=spec.kind.nested):
            told.append((0, impossible))
        for event in happened:
            epoch = recording.moment(event.frame)
            told.append((event.frame, f"epoch {number.epoch(epoch)}: {event.words}"))
    epochs = recording.step / facts.steps_per_epoch
    told += [
        (int(np.argmax(epochs >= remark.epoch)), remark.text)
        for remark in spec.captions
        if remark.epoch <= epochs[-1]
    ]
    return captions(told, recording.frames, spec.fps)


def _foreign_tracks(experiment: Experiment) -> Iterator[str]:
    """Captions that will not be written, because there are others."""
    for track in sorted({target.track for target in experiment.targets if target.track}):
        if is_foreign(track):
            yield f"{track} is not nnviz's and stays as it is; the film's captions are not there"


def _diverged_unseen(spec: Spec, recording: "Recording") -> Iterator[str]:
    """A divergence within the first frames, and what to set so that it is seen."""
    facts = recording.facts
    end = facts.diverged or 0.0
    steps = end * facts.steps_per_epoch
    if recording.held < UNSEEN and steps > recording.held:
        finer = max(end / WELL_SEEN, 1 / facts.steps_per_epoch)
        shown = "1 frame shows" if recording.held == 1 else f"{recording.held} frames show"
        instead = " in place of training.epochs" if spec.training.epochs is not None else ""
        yield (
            f"{shown} the training before it diverged; "
            f"set training.epochs_per_frame: {finer:.1g}{instead} to see more of it"
        )


def _captions_too_late(spec: Spec, recording: "Recording") -> Iterator[str]:
    """What the user wanted to be said after the end of the film."""
    last = recording.epoch(recording.frames - 1)
    for remark in spec.captions:
        if remark.epoch > last:
            at, end = number.epoch(remark.epoch), number.epoch(last)
            yield f"the caption at epoch {at} is not shown: the film ends at epoch {end}"


def legibility(words: Mapping[str, str], themes: Iterable[Theme]) -> Iterator[str]:
    """What will be hard to read: empty boxes, fonts that are not there, text that is faint.

    `words` by where they stand. Text stands out by WCAG's 4.5 at least against what is behind it.
    """
    themes = sorted(themes, key=astuple)
    for font in sorted({font for theme in themes for font in (theme.text, theme.mono_font)}):
        if not is_installed(font):
            yield f"no font is called '{font}' here; {PLAIN_FONT} is drawn instead"
    for where, said in words.items():
        _, missing = families(themes[0].text, said) if themes else ([], "")
        coloured = in_colour(missing) if missing else ""
        if coloured:
            yield f"'{coloured}' of {where} cannot be drawn: installed fonts have it only in colour"
        if unknown := "".join(letter for letter in missing if letter not in coloured):
            yield f"no installed font has '{unknown}' of {where}; install one that has"
    for theme in themes:
        for name in ("ink", "soft"):
            for ground in ("paper", "panel"):
                seen = contrast(getattr(theme, name), getattr(theme, ground))
                if seen < LEGIBLE:
                    yield f"the theme's {name} is hard to read on its {ground} ({seen:.1f}:1)"


def warnings(recording: "Recording") -> Iterator[str]:
    """What a film shows and its maker should be told."""
    facts, loss = recording.facts, recording.history["loss"]
    if facts.diverged is not None:
        epoch = number.epoch(facts.diverged)
        yield f"the training diverged at epoch {epoch}, and the film ends there"
    elif len(loss) > 1 and np.ptp(loss) <= STILL * abs(float(loss[0])):
        yield "the loss did not move; try another learning rate"
    if (error := facts.forward_error) is not None:
        yield (
            f"NumPy's forward pass differs from Keras by {error:.1g} of a layer's largest "
            "activation; the probed layer and the output are drawn as Keras computed them"
        )
    if (frame := saturated(recording)) is not None:
        epoch = number.epoch(recording.epoch(frame))
        yield (
            f"the output is saturated from epoch {epoch} on, where its activation has no slope; "
            "use a lower learning rate, or smaller inputs"
        )
    dead = np.flatnonzero(~recording.probed.alive(-1))
    if len(dead):
        units = ", ".join(str(unit + 1) for unit in dead)
        plural = "s" * (len(dead) > 1)
        yield f"unit{plural} {units} of the probed layer gave the same answer to every input"
