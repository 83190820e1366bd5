"""A morph from a spec or a recording to its files: the order of the stages of the second film."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, astuple, dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli import limits, number
from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.draw.picture import MorphPicture
from nnviz_cli.draw.theme import theme
from nnviz_cli.draw.workers import DrawingWorkers, cores
from nnviz_cli.errors import InstallationError, NnvizError, Problem, SpecError, printable
from nnviz_cli.film.atomic import Content, check_place, scratch
from nnviz_cli.film.formats import check_film
from nnviz_cli.job import sidecar
from nnviz_cli.job.drawing import Report, draw, keeping, no_room
from nnviz_cli.job.experiment import Target, check, scaled
from nnviz_cli.job.render import Result, legibility, train
from nnviz_cli.recording.shape import RECORDING, is_recording
from nnviz_cli.spec.filename import fill
from nnviz_cli.spec.keys import Output, Spec, View
from nnviz_cli.spec.load import load_view
from nnviz_cli.spec.overrides import Assignment
from nnviz_cli.spec.short_forms import with_settings
from nnviz_cli.spec.yaml_reader import Document
from nnviz_cli.train.installed import TrainingProcess
from nnviz_cli.versions import versions

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

MOTIONS = 6  # of a layer at most


@dataclass(frozen=True)
class Bend:
    """One morph, checked: what it is made from, which frame of the training, and the files."""

    name: str
    source: str
    spec: Spec | None  # to be trained; None: the source is a recording
    targets: tuple[Target, ...]
    frame: int
    fps: Fraction
    tempo: Tempo

    @property
    def paths(self) -> tuple[str, ...]:
        """All files that are written, sidecars aside."""
        return tuple(target.path for target in self.targets)


def check_bend(
    source: Path,
    assignments: Sequence[str | Assignment] = (),
    outputs: Sequence[str] = (),
    *,
    look: Mapping[str, object],
    frame: int = -1,
    tempo: Tempo | None = None,
    height: int | None = None,
    large: bool = False,
) -> Bend:
    """Read and check what a morph is made from; everything that is wrong is one SpecError.

    `look` holds size, fps and theme, as far as they were given; for `height` see
    `experiment.check`.
    """
    given = [
        Assignment(option=f"--{key}", key=f"view.{key}", value=value) for key, value in look.items()
    ]
    if any(is_recording(output) for output in outputs):
        raise SpecError("a morph is a film; `nnviz render SPEC -o run.h5` keeps the numbers")
    if is_recording(str(source)):
        if assignments:
            raise SpecError("a recording is done: only a spec has keys to set")
        view = load_view(with_settings(Document(str(source), {}), given), large=large)
        if height:
            view = view.model_copy(update={"size": scaled(view.size, height)})
        return _of_recording(source, outputs, view, frame, tempo, large)
    outputs = outputs or ["outputs/{name}-morph.mp4"]
    experiment = check(source, [*assignments, *given], outputs, height=height, large=large)
    spec = experiment.spec
    _check_frame(frame, spec.frames, str(source))
    tempo = tempo or Tempo.fitting(len(spec.units) - 1)
    _check_length(len(spec.units), spec.fps, tempo, large)
    name = experiment.name
    return Bend(name, str(source), spec, experiment.targets, frame, spec.fps, tempo)


def _of_recording(
    source: Path,
    outputs: Sequence[str],
    view: View,
    frame: int,
    tempo: Tempo | None,
    large: bool,
) -> Bend:
    from nnviz_cli.draw.morph.plan import check_morph
    from nnviz_cli.recording.recording import Recording

    fps = Fraction(str(view.fps))
    recording = Recording.open(source)
    _check_frame(frame, recording.frames, str(source))
    check_morph(recording, printable(str(source)), frame % recording.frames)
    tempo = tempo or Tempo.fitting(len(recording.facts.units) - 1)
    _check_length(len(recording.facts.units), fps, tempo, large)
    chosen = theme(view.theme.name, view.theme.options)
    beside = [str(source.with_name(f"{source.stem}-morph.mp4"))]
    targets = []
    for output in outputs or beside:
        width, height = view.size
        known = {"name": source.stem, "frames": recording.frames, "size": f"{width}x{height}"}
        path = fill(output, known)
        target = Target(path, view.size, chosen, -1)
        check_film(target.path, size=target.size, fps=fps, frames=1 if target.format.still else 2)
        targets.append(target)
    return Bend(source.stem, str(source), None, tuple(targets), frame, fps, tempo)


def _check_frame(frame: int, frames: int, source: str) -> None:
    if not -frames <= frame < frames:
        text = f"{source}: there is no frame {frame} in a training of {frames}"
        raise SpecError([Problem(text, hint=f"give one from {-frames} to {frames - 1}")])


def _check_length(layers: int, fps: Fraction, tempo: Tempo, large: bool) -> None:
    """Refuse a film of more frames than the limit allows, whatever motions there will be."""
    most = layers * (MOTIONS * (tempo.motion + tempo.hold) + tempo.rest) * fps
    if most > limits.FRAMES and not large:
        text = f"{layers - 1} layers at this pace may take {round(most)} frames"
        raise SpecError([Problem(f"{text}, more than {limits.FRAMES}", hint=limits.LIFT)])


def bend(
    bent: Bend, report: Report = lambda *_: None, *, process: TrainingProcess = nullcontext
) -> Iterator[Result]:
    """Train, if there is no recording yet, and make the films; tell of each as it is done."""
    for path in bent.paths:
        check_place(path)
    largest = max((target.size for target in bent.targets), key=lambda size: size[0] * size[1])
    with DrawingWorkers(cores(), largest) as drawers, scratch() as folder:
        try:
            yield from _bend(
                bent, drawers, folder / f"recording{RECORDING}", report, process=process
            )
        except (SpecError, InstallationError):
            raise
        except NnvizError as error:
            yield Result(bent.name, "", 0, 0, float("nan"), error=str(error))


def _bend(
    bent: Bend, drawers: DrawingWorkers, path: Path, report: Report, *, process: TrainingProcess
) -> Iterator[Result]:
    from nnviz_cli.draw.morph.plan import Plan, check_morph
    from nnviz_cli.recording.recording import Recording

    source = ""
    if bent.spec is None:
        path = Path(bent.source)
        source = Content.of(path).sha256
        recording = Recording.open(path)
        frame = bent.frame % recording.frames
    else:  # the training is recorded as for a file that is kept
        spec = bent.spec.model_copy(update={"outputs": (Output(path=f"morph{RECORDING}"),)})
        recording = train(spec, path, drawers, report, bent.name, only=bent.frame, process=process)
        frame = recording.frames - 1
    check_morph(recording, bent.source, frame)
    frames = range(Plan(recording, frame, bent.fps, bent.tempo).frames)
    loss = float(recording.history["loss"][frame])
    warnings = tuple(
        legibility({"the title": recording.facts.title}, {target.theme for target in bent.targets})
    )

    def progress(done: int) -> None:
        report("drawing", done, len(shown), {"name": bent.name})

    for _, group in groupby(sorted(bent.targets, key=_look), key=_look):
        targets = list(group)
        first = targets[0]
        shown = frames[-1:] if first.format.still else frames
        picture = MorphPicture(path, frame, bent.fps, bent.tempo, first.theme, first.size)
        words = _alt(bent, recording, frame)
        tags = _tags(bent, recording, words)
        with keeping(path, first.path) if bent.spec else nullcontext():
            contents = draw(drawers, picture, shown, targets, progress, fps=bent.fps, tags=tags)
        told = warnings + no_room(drawers.cut())
        for target in targets:
            sidecar.write(
                target.path,
                _made_from(bent, target, source),
                contents[target.path],
                alt=words,
                fps=str(bent.fps),
                frames=len(shown),
                loss=loss if np.isfinite(loss) else None,
                warnings=told,
                numbers=" ".join(recording.layer_digests(frame)),
            )
            size = contents[target.path].bytes
            said = told + drawers.deaths()
            yield Result(bent.name, target.path, len(shown), size, loss, warnings=said, alt=words)


def _look(target: Target) -> tuple[Any, ...]:
    return (astuple(target.theme), target.size, target.format.still)


def _alt(bent: Bend, recording: "Recording", frame: int) -> str:
    """What the film shows, in words: the user's own, or what is known of the network."""
    units = "-".join(map(str, recording.facts.units))
    epoch = recording.epoch(frame)
    return (bent.spec and bent.spec.description) or (
        f"A film of how a neural network with layers of {units} units bends the space of its "
        f"inputs, layer by layer, after {number.epoch(epoch)} epochs of training."
    )


def _tags(bent: Bend, recording: "Recording", words: str) -> dict[str, str]:
    """What is written into the film's own metadata."""
    if bent.spec:
        return sidecar.tags_of(bent.spec, words)
    return {"title": recording.facts.title, "description": words}


def _made_from(bent: Bend, target: Target, source: str) -> dict[str, Any]:
    """What a morph depends on, for its sidecar; `source` is the recording's SHA-256."""
    morph = {"frame": bent.frame, "tempo": asdict(bent.tempo), "fps": str(bent.fps)}
    output = {**sidecar.look(target), "morph": morph}
    if bent.spec:
        return sidecar.provenance(bent.spec, output)
    recording = {"path": bent.source, "sha256": source}
    return {"recording": recording, "output": output, "versions": versions()}
