"""One spec, checked, and the files it asks for: everything that is known before any work."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnviz_cli import limits
from nnviz_cli.draw.contact_sheet import Sheet
from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.draw.theme import Theme, theme
from nnviz_cli.errors import Place, Problem, SpecError, VideoError, printable
from nnviz_cli.film.ffmpeg import encoders
from nnviz_cli.film.formats import SHRINKING_NAMES, Format, check_film, format_of
from nnviz_cli.job.source import Source, check_drawn_only, read_source
from nnviz_cli.recording.events import topology
from nnviz_cli.recording.shape import RECORDING, is_recording
from nnviz_cli.spec.filename import PLACEHOLDERS, check_inside, fill
from nnviz_cli.spec.keys import Output, Spec
from nnviz_cli.spec.load import load
from nnviz_cli.spec.overrides import Assignment
from nnviz_cli.spec.short_forms import with_settings
from nnviz_cli.spec.task import obstacles
from nnviz_cli.spec.yaml_reader import Document, KeyPath

COMPACT_IS_FOR = f"compact is for {RECORDING}"
MAX_SIZE_IS_FOR = f"max_size is for {SHRINKING_NAMES}"
MOTIONS = 6  # of a layer of a morph at most
OPTIONS = {
    "path": "--output",
    "frame": "--frame",
    "sheet": "--grid",
    "size": "--size",
    "compact": "--compact",
}


@dataclass(frozen=True)
class Target:
    """One file of one experiment."""

    path: str  # a trailing '/' asks for a folder of frames
    size: tuple[int, int]
    theme: Theme
    frame: int | str = -1  # which one a still shows; 'key' is chosen from the recording
    sheet: tuple[int, int] | None = None  # columns and rows of frames, each of that size
    max_size: int | None = None  # bytes

    @property
    def format(self) -> Format:
        """What the suffix asks for."""
        return format_of(self.path)

    @property
    def track(self) -> Path | None:
        """The file beside it for its captions, if it is a film that has any."""
        return Path(self.path).with_suffix(".vtt") if self.format.chapters else None


@dataclass(frozen=True, kw_only=True)
class Morph:
    """A film of how the network of one frame bends space, in place of one of its training."""

    frame: int | str = -1  # of the training
    tempo: Tempo | None = None  # None: one that fits the layers


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file that keeps the numbers of one experiment."""

    path: str
    compact: bool = False  # compressed, without what follows from the weights


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A checked spec, the name of its file without the suffix, and what to write."""

    name: str
    source: str
    spec: Spec
    targets: tuple[Target, ...] = ()
    recordings: tuple[Kept, ...] = ()
    drawn: Path | None = None  # a recording to draw; None: one is made by training
    morph: Morph | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """All files that are written, sidecars aside."""
        recordings = (each.path for each in self.recordings)
        return (*recordings, *(target.path for target in self.targets))

    @property
    def limitations(self) -> list[str]:
        """What no training of this spec can reach, and what hinders it."""
        spec = self.spec
        activations = [layer.activation.name for layer in spec.model.layers]
        found = (topology(spec.shape, activations, nested=spec.kind.nested), *obstacles(spec))
        return list(filter(None, found))

    @property
    def most_frames(self) -> int:
        """An upper bound of the frames to draw, as far as it matters for workers."""
        return self.spec.frames if self.morph is None else limits.FRAMES

    @property
    def only(self) -> int | None:
        """The only frame that must be recorded; None for all."""
        if self.morph is None:
            return None
        named: dict[int | str, int | None] = {"first": 0, "last": -1, "key": None}
        return named.get(self.morph.frame, self.morph.frame)  # type: ignore[arg-type]

    @property
    def largest(self) -> tuple[int, int]:
        """Room for the largest picture."""
        sizes = [target.size for target in self.targets]
        return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def check(
    path: Path,
    assignments: Sequence[str | Assignment] = (),
    outputs: Sequence[str | Mapping[str, Any]] = (),
    *,
    height: int | None = None,
    large: bool = False,
    morph: Morph | None = None,
) -> Experiment:
    """Read and check a spec, or a recording; everything that is wrong with it is one SpecError.

    `outputs` from the command line, each a path or a mapping as in a spec, replace the spec's
    own, and may be anywhere. `height` is that of all pictures but sheets, whose widths keep
    their proportion. `large` lifts the limits of size.
    """
    source = read_source(path)
    check_drawn_only(source, assignments)
    return check_source(
        source, assignments, outputs, height=height, large=large, morph=morph, path=str(path)
    )


def check_source(
    source: Source,
    assignments: Sequence[str | Assignment] = (),
    outputs: Sequence[str | Mapping[str, Any]] = (),
    *,
    path: str,
    height: int | None = None,
    large: bool = False,
    morph: Morph | None = None,
) -> Experiment:
    """The same for what was read already."""
    document = with_settings(source.document, assignments)
    given = outputs or _default_outputs(source, morph)
    document = _with_outputs(document, given) if given else document
    spec = load(document, large=large)
    targets: list[Target] = []
    recordings: list[Kept] = []
    problems: list[Problem] = []
    for i, output in enumerate(spec.outputs):

        def place(key: str, inside: KeyPath = ("outputs", i)) -> Place:
            return document.place((*inside, key))

        try:
            if not outputs and source.recording is None:
                check_inside(output.path)
            size = size_of(spec, output, height)
            filled = fill(output.path, _values(source.name, spec, size))
            if is_recording(output.path):
                recordings.append(_recording(output, filled))
                continue
            target = target_of(spec, output, filled, size, morph)
        except SpecError as error:
            problems += [_placed(problem, place("path")) for problem in error.problems]
            continue
        wrong = output_problems(spec, output, target, large=large, morph=morph)
        problems += [_placed(problem, place(key)) for key, problem in wrong]
        targets.append(target)
    if recordings and source.recording is not None:
        problems.append(Problem(f"{path}: a recording is not recorded again", hint="copy the file"))
    if morph is not None:
        problems += _morph_problems(spec, morph, recordings, large=large)
    if problems:
        raise SpecError(problems)
    return Experiment(
        name=source.name,
        source=path,
        spec=spec,
        targets=tuple(targets),
        recordings=tuple(recordings),
        drawn=source.path,
        morph=morph,
    )


def _default_outputs(source: Source, morph: Morph | None) -> list[str]:
    """Where films go that are not asked for by a path; none: to the spec's own outputs."""
    folder = "outputs/{name}" if source.path is None else str(source.path.with_name("{name}"))
    if morph is not None:
        return [f"{folder}-morph.mp4"]
    return [] if source.path is None else [f"{folder}.mp4"]


def _morph_problems(
    spec: Spec, morph: Morph, recordings: Sequence[Kept], *, large: bool
) -> Iterator[Problem]:
    """What hinders a morph, before a number of it is known."""
    if recordings:
        yield Problem("a morph is a film", hint="`nnviz record SPEC -o run.h5` keeps the numbers")
    frame, frames = morph.frame, spec.frames
    if isinstance(frame, int) and not -frames <= frame < frames:
        text = f"--frame: there is no frame {frame} in a training of {frames}"
        yield Problem(text, hint=f"use one from {-frames} to {frames - 1}")
    layers = len(spec.units) - 1
    tempo = morph.tempo or Tempo.fitting(layers)
    most = (layers + 1) * (MOTIONS * (tempo.motion + tempo.hold) + tempo.rest) * spec.fps
    if most > limits.FRAMES and not large:
        text = f"{layers} layers at this pace may take {round(most)} frames"
        yield Problem(f"{text}, more than {limits.FRAMES}", hint=limits.LIFT)


def _with_outputs(document: Document, outputs: Sequence[str | Mapping[str, Any]]) -> Document:
    """The document with outputs whose places are the options that gave them."""
    given = [{"path": each} if isinstance(each, str) else dict(each) for each in outputs]
    places: dict[KeyPath, Place] = {
        ("outputs", i, key): Place(OPTIONS.get(key, "--output"), 0, 1, str(value), len(str(value)))
        for i, each in enumerate(given)
        for key, value in each.items()
    }
    return document.replaced("outputs", given, places)


def with_max_size(experiment: Experiment, most: int) -> Experiment:
    """The same films; those that can be made smaller take at most so many bytes."""
    if not any(target.format.shrinks for target in experiment.targets):
        paths = ", ".join(experiment.paths)
        raise SpecError(f"--max-size: {MAX_SIZE_IS_FOR}, not for {paths}")
    targets = tuple(
        replace(target, max_size=most) if target.format.shrinks else target
        for target in experiment.targets
    )
    return replace(experiment, targets=targets)


def check_together(experiments: Sequence[Experiment]) -> None:
    """Refuse two films of one name, and an encoder that is not there.

    Films of one spec may share the track of their captions, which is the same for all.
    """
    owner: dict[str, str] = {}
    track_owner: dict[str, str] = {}
    problems = []
    try:
        known = encoders()
    except VideoError as error:
        raise SpecError(str(error)) from error
    for experiment in experiments:
        for path in experiment.paths:
            real = os.path.realpath(path)
            if real in owner:
                text = f"{owner[real]} and {experiment.source} both write '{path}'"
                problems.append(Problem(text, hint="use '{name}' in the path: -o '{name}.gif'"))
                continue
            owner[real] = experiment.source
            if real == os.path.realpath(experiment.source):
                problems.append(Problem(f"{path} is the spec itself"))
        for target in experiment.targets:
            if owner[os.path.realpath(target.path)] == experiment.source:
                problems += _track_problems(experiment, target, track_owner)
            needed = target.format.encoder
            if needed and needed not in known:
                text = f"this ffmpeg has no encoder '{needed}' for {target.path}"
                problems.append(Problem(text, hint="run `nnviz doctor`"))
    if problems:
        raise SpecError(problems)


def _track_problems(
    experiment: Experiment, target: Target, owner: dict[str, str]
) -> Iterator[Problem]:
    """Files beside a film that are another spec's, or the spec itself."""
    track = target.track
    if track is not None:
        first = owner.setdefault(os.path.realpath(track), experiment.source)
        if first != experiment.source:
            text = f"{first} and {experiment.source} both write '{track}', the captions of a film"
            yield Problem(text, hint="give the films names of their own")
    for beside in (track, Path(target.path.rstrip("/") + ".json")):
        if beside and os.path.realpath(beside) == os.path.realpath(experiment.source):
            yield Problem(f"'{beside}', beside '{target.path}', is the spec itself")


def size_of(spec: Spec, output: Output, height: int | None = None) -> tuple[int, int]:
    """Width and height of an output's picture, or of each frame of its sheet; sides are even."""
    width, tall = output.size or spec.view.size
    if output.sheet:
        return (width, tall) if output.size else (2 * (width // 4), 2 * (tall // 4))
    return scaled((width, tall), height) if height else (width, tall)


def scaled(size: tuple[int, int], height: int) -> tuple[int, int]:
    """A size of another height with the same proportion; the width is even."""
    return 2 * round(height * size[0] / size[1] / 2), height


def _values(name: str, spec: Spec, size: tuple[int, int]) -> dict[str, object]:
    """What stands for each placeholder in a path."""
    values = (name, spec.seed, spec.frames, f"{size[0]}x{size[1]}")
    return dict(zip(PLACEHOLDERS, values, strict=True))


def target_of(
    spec: Spec, output: Output, path: str, size: tuple[int, int], morph: Morph | None = None
) -> Target:
    """What an output of a spec asks for. Raises SpecError for a film that cannot be made."""
    chosen = output.theme or spec.view.theme
    look = theme(chosen.name, chosen.options)
    target = Target(path, size, look, output.frame, output.sheet, output.max_size)
    frames = 1 if target.format.still else 2 if morph else len(spec.order(spec.frames))
    check_film(path, size=target.size, fps=spec.fps, frames=frames)
    return target


def _recording(output: Output, path: str) -> Kept:
    if looks := sorted(output.model_fields_set - {"path", "compact"}):
        text = f"'{path}' keeps all numbers of a run; it has no {' or '.join(looks)}"
        raise SpecError([Problem(text)])
    if "\0" in path or (Path(path).exists() and not Path(path).is_file()):
        raise SpecError([Problem(f"{printable(path)} is there and is not a file")])
    return Kept(path=path, compact=output.compact)


def output_problems(
    spec: Spec, output: Output, target: Target, *, large: bool, morph: Morph | None = None
) -> Iterator[tuple[str, Problem]]:
    """What of an output does not fit its format or its film, by its key."""
    frame = output.frame
    if isinstance(frame, int) and not morph and not -spec.frames <= frame < spec.frames:
        yield "frame", Problem(f"there is no frame {frame} in a film of {spec.frames}")
    if target.max_size and not target.format.shrinks:
        yield "max_size", Problem(f"{MAX_SIZE_IS_FOR}, not for {target.path}")
    if output.compact:
        yield "compact", Problem(f"{COMPACT_IS_FOR}, not for {target.path}")
    if not target.sheet:
        return
    if not target.format.still:
        yield "sheet", Problem(f"a sheet is a .png, not {target.path}")
    if "frame" in output.model_fields_set:
        yield "sheet", Problem("a sheet shows many frames", hint="give either frame or sheet")
    sides = Sheet(target.sheet, target.size, spec.frames).size
    if max(sides) > limits.SIDE and not large:
        text = f"a sheet of {sides[0]}x{sides[1]} pixels is larger than {limits.SIDE} a side"
        yield (
            "sheet",
            Problem(text, hint=f"use a smaller size or fewer columns and rows; {limits.LIFT}"),
        )


def _placed(problem: Problem, place: Place) -> Problem:
    return Problem(problem.message, place, problem.hint)
