"""Record, draw, write: the one place that knows the order of the stages."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, astuple, dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli import sidecar
from nnviz_cli.caption import MARK, Caption, captions, chapters, webvtt
from nnviz_cli.disk import check_place, copy, scratch, write_text
from nnviz_cli.drawers import Drawable, Drawers, Picture, cores
from nnviz_cli.errors import NnvizError, SpecError
from nnviz_cli.event import events, topology
from nnviz_cli.experiment import Experiment, Target
from nnviz_cli.font import PLAIN_FONT, families, is_installed
from nnviz_cli.interrupt import held
from nnviz_cli.shape import RECORDING
from nnviz_cli.spec import Spec
from nnviz_cli.startup import silenced, start_tensorflow
from nnviz_cli.theme import Theme, contrast
from nnviz_cli.video import Film

if TYPE_CHECKING:
    from nnviz_cli.recording import Recording

LEGIBLE = 4.5  # contrast of text, WCAG AA
STILL = 1e-6  # what moves less does not move
Report = Callable[[str, int, int, dict[str, Any]], None]  # stage, done, total, facts


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

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "loss": self.loss if np.isfinite(self.loss) else None}


def render(
    experiments: Sequence[Experiment],
    report: Report = lambda *_: None,
    *,
    skip_existing: bool = False,
    loud: bool = False,
) -> Iterator[Result]:
    """Make the films, one experiment after the other, and tell of each file as it is done.

    Drawing processes are started first, so that they are ready when TensorFlow is.
    """
    todo = []
    for experiment in experiments:
        made: list[Target | str] = [*experiment.recordings, *experiment.targets]
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
    with Drawers(lanes, largest) as drawers:
        for experiment in todo:
            try:
                yield from _render_one(experiment, drawers, report, loud=loud)
            except SpecError:
                raise
            except NnvizError as error:
                yield Result(experiment.name, "", 0, 0, float("nan"), error=str(error))


def _render_one(
    experiment: Experiment, drawers: Drawers, report: Report, *, loud: bool
) -> Iterator[Result]:
    spec = experiment.spec
    with scratch() as folder:
        path = folder / f"recording{RECORDING}"
        run = _record(experiment, path, drawers, report, loud=loud)
        loss = run.loss if np.isfinite(run.loss) else None
        told = {
            "loss": loss,
            "warnings": run.warnings,
            "captions": [[each.start, each.news] for each in run.captions],
            "numbers": " ".join(run.numbers),
        }

        def result(target: str, frames: int) -> Result:
            size = sidecar.size_of(target)
            return Result(experiment.name, target, frames, size, run.loss, warnings=run.warnings)

        for kept in experiment.recordings:
            copy(path, kept)
            made_from = sidecar.provenance(spec, sidecar.RECORDED)
            sidecar.write(kept, made_from, frames=run.frames, **told)
            yield result(kept, run.frames)
        by_look = sorted(experiment.targets, key=_look)
        for _, group in groupby(by_look, key=_look):
            targets = list(group)
            _draw(experiment, path, run, targets, drawers, report)
            for target in targets:
                frames = 1 if target.format.still else len(spec.order(run.frames))
                made_from = sidecar.provenance(spec, sidecar.look(target))
                sidecar.write(target.path, made_from, fps=str(spec.fps), frames=frames, **told)
                yield result(target.path, frames)


def train(
    spec: Spec,
    path: Path,
    drawers: Drawers,
    report: Report,
    name: str,
    *,
    only: int | None = None,
    loud: bool = False,
) -> "Recording":
    """Train into a recording's file; see `training.record`."""
    report("starting", 0, spec.frames, {"name": name})

    def progress(frame: int, loss: float) -> None:
        report("training", frame + 1, spec.frames, {"name": name, "loss": loss})

    with silenced(loud=loud), held():
        start_tensorflow()
        report("starting", 0, spec.frames, {"name": name})
        drawers.complete()
        from nnviz_cli.training import record

        return record(spec, path, progress, only)


@dataclass(frozen=True)
class _Run:
    """What is left to say of a training whose numbers are in a file."""

    frames: int
    loss: float
    warnings: tuple[str, ...]
    numbers: tuple[str, ...]  # a short digest of each frame's
    captions: tuple[Caption, ...]


def _record(
    experiment: Experiment, path: Path, drawers: Drawers, report: Report, *, loud: bool
) -> _Run:
    """Train into a recording's file, and see what there is to say of it."""
    spec = experiment.spec
    recording = train(spec, path, drawers, report, experiment.name, loud=loud)
    loss = float(recording.history["loss"][-1])
    words = {
        "the title": recording.facts.title,
        "a caption": " ".join(each.text for each in spec.captions),
    }
    themes = {target.theme for target in experiment.targets}
    told = [
        *warnings(recording),
        *_captions_too_late(spec, recording),
        *_foreign_tracks(experiment),
        *legibility(words, themes),
    ]
    return _Run(
        recording.frames,
        loss,
        tuple(told),
        tuple(recording.digests()),
        captions_of(spec, recording),
    )


def captions_of(spec: Spec, recording: "Recording") -> tuple[Caption, ...]:
    """What happened, and what the user has to say about it, by the frame."""
    told: list[tuple[int, str]] = []
    facts = recording.facts
    if spec.view.events:
        if impossible := topology(facts, spec.dataset.name, facts.activations):
            told.append((0, impossible))
        for event in events(recording, spec.dataset.name):
            # frames that only hold the last finite state stand for the epoch of the divergence
            ended = facts.diverged if event.frame >= recording.held else None
            epoch = recording.epoch(event.frame) if ended is None else ended
            told.append((event.frame, f"epoch {epoch:.4g}: {event.words}"))
    epochs = recording.step / facts.steps_per_epoch
    told += [
        (int(np.argmax(epochs >= remark.epoch)), remark.text)
        for remark in spec.captions
        if remark.epoch <= epochs[-1]
    ]
    return captions(told, recording.frames, spec.fps)


def _is_foreign(track: Path) -> bool:
    """Whether there is a track that nnviz did not write: it is somebody's work."""
    try:
        with track.open("rb") as file:
            return file.read(len(MARK)) != MARK.encode()
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _foreign_tracks(experiment: Experiment) -> Iterator[str]:
    """Captions that will not be written, because there are others."""
    for track in sorted({target.track for target in experiment.targets if target.track}):
        if _is_foreign(track):
            yield f"{track} is not nnviz's and stays as it is; the film's captions are not there"


def _captions_too_late(spec: Spec, recording: "Recording") -> Iterator[str]:
    """What the user wanted to be said after the end of the film."""
    last = recording.epoch(recording.frames - 1)
    for remark in spec.captions:
        if remark.epoch > last:
            yield f"the caption at epoch {remark.epoch:g} is not shown: the film ends at {last:g}"


def legibility(words: Mapping[str, str], themes: Iterable[Theme]) -> Iterator[str]:
    """What will be hard to read: empty boxes, fonts that are not there, text that is faint.

    `words` by where they stand. Text stands out by WCAG's 4.5 at least against what is behind it.
    """
    themes = sorted(themes, key=astuple)
    for font in sorted({font for theme in themes for font in (theme.text, theme.figures)}):
        if not is_installed(font):
            yield f"no font is called '{font}' here; {PLAIN_FONT} is drawn instead"
    for where, written in words.items():
        _, missing = families(themes[0].text, written) if themes else ([], "")
        if missing:
            yield f"no installed font has '{missing}' of {where}; install one that has"
    for theme in themes:
        for name in ("ink", "soft"):
            for ground in ("paper", "panel"):
                seen = contrast(getattr(theme, name), getattr(theme, ground))
                if seen < LEGIBLE:
                    yield f"the theme's {name} is hard to read on its {ground} ({seen:.1f}:1)"


def _look(target: Target) -> tuple[Any, ...]:
    return (astuple(target.theme), target.size, target.format.still, target.frame)


def _draw(
    experiment: Experiment,
    recording: Path,
    run: _Run,
    targets: Sequence[Target],
    drawers: Drawers,
    report: Report,
) -> None:
    """Draw each frame once, for all the files that look the same."""
    spec, first, count = experiment.spec, targets[0], run.frames
    ratios = (spec.view.width_ratios, spec.view.height_ratios)
    picture = Picture(recording, spec.rows, first.theme, first.size, ratios, run.captions)
    still = first.format.still
    at = first.frame if first.frame >= 0 else max(0, count + first.frame)
    frames = [min(at, count - 1)] if still else spec.order(count)
    told = "" if still else chapters(run.captions, frames, spec.fps)

    def progress(done: int) -> None:
        report("drawing", done, len(frames), {"name": experiment.name})

    tags = sidecar.tags_of(spec)
    draw(drawers, picture, frames, targets, progress, fps=spec.fps, tags=tags, chapters=told)
    for target in targets:
        if target.track and not _is_foreign(target.track):
            if told:
                write_text(target.track, webvtt(run.captions, frames, spec.fps))
            else:
                target.track.unlink(missing_ok=True)  # of an earlier film


def draw(
    drawers: Drawers,
    picture: Drawable,
    frames: Sequence[int],
    targets: Sequence[Target],
    progress: Callable[[int], None],
    *,
    fps: Fraction,
    tags: Mapping[str, str],
    chapters: str = "",
) -> None:
    """Draw each frame once and write it to all the files that look the same."""
    samples: list[Any] = []
    if any(target.format.palette for target in targets):
        few = sorted({frames[0], frames[len(frames) // 2], frames[-1]})
        samples = [pixels.copy() for pixels in drawers.frames(picture, few)]
    with ExitStack() as stack:
        films = [
            stack.enter_context(
                Film(
                    target.path,
                    size=target.size,
                    fps=fps,
                    frames=len(frames),
                    samples=samples,
                    metadata=tags,
                    chapters=chapters,
                )
            )
            for target in targets
        ]
        for done, pixels in enumerate(drawers.frames(picture, frames), 1):
            for film in films:
                film.write(pixels)
            progress(done)


def warnings(recording: "Recording") -> Iterator[str]:
    """What a film shows and its maker should be told."""
    facts, loss = recording.facts, recording.history["loss"]
    if facts.diverged is not None:
        yield f"the training diverged at epoch {facts.diverged:g}, and the film ends there"
    elif len(loss) > 1 and np.ptp(loss) <= STILL * abs(float(loss[0])):
        yield "the loss did not move; try another learning rate"
    dead = np.flatnonzero(recording.probed.extent(-1) <= STILL)
    if len(dead):
        units = ", ".join(str(unit + 1) for unit in dead)
        plural = "s" * (len(dead) > 1)
        yield f"unit{plural} {units} of the probed layer gave the same answer to every input"
