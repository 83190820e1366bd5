"""Plan, record or open, draw, write: the one place that knows the order of the stages."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.data.table import sample
from nnviz_cli.draw.workers import DrawingWorkers, cores
from nnviz_cli.errors import InstallationError, NnvizError, SpecError, VideoError
from nnviz_cli.film.atomic import Content, check_place, check_room, copy, scratch
from nnviz_cli.job import sidecar
from nnviz_cli.job.drawing import Drawing, Report, alike, alt_text, keeping, no_room
from nnviz_cli.job.experiment import Experiment, Kept, Target
from nnviz_cli.job.provenance import is_current, provenance, style
from nnviz_cli.job.showing import Showing, showing
from nnviz_cli.job.warnings import warnings_of
from nnviz_cli.recording.shape import RECORDING
from nnviz_cli.signals import deferred
from nnviz_cli.train.installed import TrainingProcess, import_tensorflow

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one file."""

    experiment: str
    path: str = ""
    frames: int = 0
    bytes: int = 0
    loss: float = math.nan
    skipped: bool = False
    error: str = ""
    warnings: tuple[str, ...] = ()  # what its maker should know of a film that is whole
    shrunk: str = ""  # what was given up so that it takes no more bytes than it may
    alt: str = ""  # what it shows, in words
    metrics: dict[str, dict[str, float | None]] = field(default_factory=dict)
    events: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "loss": _finite(self.loss)}


def run(
    experiments: Sequence[Experiment],
    report: Report = lambda *_: None,
    *,
    skip_existing: bool = False,
    process: TrainingProcess = nullcontext,
) -> Iterator[Result]:
    """Make the films, one experiment after the other, and give each file as it is done.

    Drawing workers are started first, so that they are ready when TensorFlow is. Trainings run
    inside of `process`, which may prepare the process that it is called in.
    """
    todo = []
    for experiment in experiments:
        made: list[Target | Kept] = [*experiment.recordings, *experiment.targets]
        if skip_existing and all(is_current(experiment, each) for each in made):
            for path in experiment.paths:
                yield Result(experiment=experiment.name, path=path, skipped=True)
        else:
            todo.append(experiment)
    if not todo:
        return
    largest = max((each.largest for each in todo), key=lambda size: size[0] * size[1])
    for experiment in todo:
        for path in experiment.paths:
            check_place(path)
    count = min(cores(), max(each.most_frames for each in todo))
    with DrawingWorkers(count if any(each.targets for each in todo) else 0, largest) as drawers:
        for experiment in todo:
            try:
                yield from _Job(experiment, drawers, report, process).run()
            except (SpecError, InstallationError):
                raise
            except NnvizError as error:
                yield Result(experiment=experiment.name, error=str(error))


@dataclass(frozen=True)
class _Job:
    """One experiment on its way."""

    experiment: Experiment
    drawers: DrawingWorkers
    report: Report
    process: TrainingProcess

    def run(self) -> Iterator[Result]:
        """Record or open, then write each file."""
        with self._recorded() as (recording, path):
            film = showing(self.experiment, recording, path)
            warnings = tuple(warnings_of(self.experiment, recording))
            yield from self._keep(recording, path, film, warnings)
            for targets in alike(self.experiment.targets):
                yield from self._draw(recording, path, film, warnings, targets)

    @contextmanager
    def _recorded(self) -> "Iterator[tuple[Recording, Path]]":
        """The recording and its file, which lasts as long as the context if it is a new one."""
        from nnviz_cli.recording.recording import Recording

        spec, drawn = self.experiment.spec, self.experiment.drawn
        if drawn is not None:
            yield Recording.open(drawn), drawn
            return
        room = spec.room(sample(spec.dataset.name, spec.dataset.options))
        for kept in self.experiment.recordings:
            check_room(kept.path, room)
        with scratch(room) as folder:
            path = folder / f"recording{RECORDING}"
            yield self._train(path), path

    def _train(self, path: Path) -> "Recording":
        """Train into a recording's file; see `train.record`."""
        spec, name = self.experiment.spec, self.experiment.name
        self.report("starting", 0, spec.frames, {"name": name})

        def progress(frame: int, loss: float) -> None:
            self.report("training", frame + 1, spec.frames, {"name": name, "loss": loss})

        with deferred(), self.drawers.watched(), self.process():
            import_tensorflow()
            self.report("starting", 0, spec.frames, {"name": name})
            self.drawers.complete()
            from nnviz_cli.train.record import record

            return record(spec, path, progress, self.experiment.only)

    def _keep(
        self, recording: "Recording", path: Path, film: Showing, warnings: tuple[str, ...]
    ) -> Iterator[Result]:
        """Write the recordings that are asked for."""
        for kept in self.experiment.recordings:
            content = _kept(path, kept)
            made_from = provenance(self.experiment, style(kept))
            facts = _facts(recording, film, warnings)
            sidecar.write(kept.path, made_from, content, frames=recording.frames, **facts)
            yield self._result(
                recording,
                film,
                kept.path,
                content,
                frames=recording.frames,
                warnings=warnings + self.drawers.deaths(),
            )

    def _draw(
        self,
        recording: "Recording",
        path: Path,
        film: Showing,
        warnings: tuple[str, ...],
        targets: Sequence[Target],
    ) -> Iterator[Result]:
        """Write the files that look the same."""
        first, experiment = targets[0], self.experiment
        kept = [each.path for each in experiment.recordings[:1]]
        keep = keeping(path, first.path, *kept) if experiment.drawn is None else nullcontext()
        try:
            with keep:
                made = Drawing(experiment, film, targets, self.drawers, self.report).make()
        except VideoError as error:
            if first.max_size is None:
                raise
            # the other files may be valid
            yield Result(experiment=experiment.name, path=first.path, error=str(error))
            return
        said = warnings + no_room(self.drawers.cut())
        for target in targets:
            words = alt_text(experiment, film, target)
            facts = {"alt": words, "fps": str(made.fps), "frames": made.frames}
            facts |= {"shrunk": made.shrunk} if made.shrunk else {}
            facts |= _facts(recording, film, said)
            content = made.contents[target.path]
            made_from = provenance(experiment, style(target))
            sidecar.write(target.path, made_from, content, **facts)
            yield self._result(
                recording,
                film,
                target.path,
                content,
                frames=made.frames,
                shrunk=made.shrunk,
                alt=words,
                warnings=said + self.drawers.deaths(),
            )

    def _result(
        self, recording: "Recording", film: Showing, path: str, content: Content, **more: Any
    ) -> Result:
        return Result(
            experiment=self.experiment.name,
            path=path,
            bytes=content.bytes,
            loss=float(recording.history["loss"][film.frame]),
            metrics=metrics_of(recording),
            events=tuple(
                {
                    "epoch": recording.moment(event.frame),
                    "frame": event.frame,
                    "text": event.words,
                }
                for event in film.events
            ),
            **more,
        )


def metrics_of(recording: "Recording") -> dict[str, dict[str, float | None]]:
    """The first, the last and the best value of the loss and of each metric.

    The best loss, or error, is the least; the best of other metrics is the greatest.
    """
    from nnviz_cli.recording.metric_scale import is_loss_like

    found = {}
    for name, values in recording.history.items():
        numbers = np.asarray(values[: recording.held], float)
        finite = numbers[np.isfinite(numbers)]
        plain = name.removeprefix("val_")
        best = min if is_loss_like(plain) or plain.startswith("false_") else max
        found[name] = {
            "first": _finite(numbers[0]),
            "last": _finite(numbers[-1]),
            "best": float(best(finite)) if len(finite) else None,
        }
    return found


def _kept(recording: Path, kept: Kept) -> Content:
    """Write a recording that is asked for."""
    from nnviz_cli.recording.recorder import write_compact  # h5py takes a while

    return copy(recording, kept.path, write_compact) if kept.compact else copy(recording, kept.path)


def _facts(recording: "Recording", film: Showing, warnings: Sequence[str]) -> dict[str, Any]:
    """What a sidecar says of the run."""
    return {
        "loss": _finite(float(recording.history["loss"][film.frame])),
        "warnings": warnings,
        "captions": [[each.start, each.news] for each in film.captions],
        "numbers": " ".join(film.numbers),
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
