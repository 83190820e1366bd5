"""Make a film again from what its sidecar tells, and compare."""

import json
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.errors import Problem, RenderError, SpecError, printable
from nnviz_cli.film.atomic import Content, scratch
from nnviz_cli.job import sidecar
from nnviz_cli.job.drawing import Report
from nnviz_cli.job.experiment import Experiment, Morph, check_source
from nnviz_cli.job.run import run
from nnviz_cli.job.source import Source
from nnviz_cli.spec.yaml_reader import read_text
from nnviz_cli.train.installed import TrainingProcess

Seconds = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]


@dataclass(frozen=True)
class Verdict:
    """How a film and its second making compare."""

    film: str
    same: bool  # the numbers, whatever the bytes
    text: str


def verify(
    film: str,
    report: Report = lambda *_: None,
    *,
    large: bool = False,
    process: TrainingProcess = nullcontext,
) -> Verdict:
    """Train and draw again; the film itself is only read.

    What stands beside the film may be a stranger's, and is checked like any spec; `large`
    lifts the limits of size.
    """
    kept = _sidecar_of(film)
    if Content.of(Path(film)).sha256 != kept.sha256:
        text = "changed since it was made, or its .json is of another render"
        return Verdict(film, same=False, text=text)
    with scratch() as folder:
        path, experiment = _again(film, kept, folder, large)
        for result in run([experiment], report, process=process):
            if result.error:
                raise RenderError(f"{film}: {result.error}")
        made = _sidecar_of(path)
    if made.sha256 == kept.sha256:
        return Verdict(film, same=True, text="identical")
    here = _changes(kept.versions, made.versions)
    theirs, ours = kept.numbers.split(), made.numbers.split()
    if theirs == ours:
        return Verdict(film, same=True, text=f"same numbers, other bytes{here}")
    pairs = zip(theirs, ours, strict=False)
    first = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(theirs), len(ours)))
    what = f"layer {first + 1}" if kept.morph else f"frame {first}"
    return Verdict(film, same=False, text=f"different, first at {what}{here}")


class _Tempo(BaseModel):
    """The pace of a morph, in seconds; a film cannot ask for hours."""

    motion: Seconds
    hold: Seconds
    rest: Seconds
    first: Seconds
    last: Seconds


class _Morph(BaseModel):
    """The course of a morph."""

    frame: int | str
    tempo: _Tempo | None


class _Style(BaseModel):
    """How a film looks; a recording that is kept has no look."""

    theme: dict[str, Any] = {}
    size: tuple[int, int] = (0, 0)
    frame: int | str = -1
    sheet: tuple[int, int] | None = None
    max_size: int | None = None
    recording: bool = False
    compact: bool = False


class _Source(BaseModel):
    """The recording that a film was drawn from."""

    path: str
    sha256: str


class _Sidecar(BaseModel):
    """What a comparison needs of a sidecar."""

    spec: dict[str, Any]
    recording: _Source | None = None
    morph: _Morph | None = None
    output: _Style
    versions: dict[str, str]
    sha256: str
    numbers: str


def _sidecar_of(film: str) -> _Sidecar:
    """The sidecar of a film, with all that a comparison needs. Raises SpecError."""
    name = printable(film if len(film) <= 300 else film[:299] + "…")
    try:
        if not Path(film).exists():
            raise SpecError(f"{name}: no such file")
        path = sidecar.sidecar_of(film)
        values = sidecar.read(film)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"{name}: cannot read beside it how it was made: {why}") from error
    if missing := sorted({"spec", "output", "versions", "sha256", "numbers"} - values.keys()):
        text = f"{path}: written by an earlier version of nnviz; it lacks {', '.join(missing)}"
        raise SpecError(text)
    try:
        return _Sidecar.model_validate(values)
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors()[0]["loc"]))
        raise SpecError(f"{path}: '{wrong}' is not what nnviz writes there") from error


def _again(film: str, kept: _Sidecar, folder: Path, large: bool) -> tuple[str, Experiment]:
    """The same file in a temporary folder, and what makes it."""
    name, stem = str(sidecar.sidecar_of(film)), Path(film).stem
    path = f"{folder}/{Path(film).resolve().name}{'/' * film.endswith('/')}"
    morph = None
    if kept.morph is not None:
        tempo = Tempo(**kept.morph.tempo.model_dump()) if kept.morph.tempo else None
        morph = Morph(frame=kept.morph.frame, tempo=tempo)
    drawn = _recording_of(film, kept.recording) if kept.recording else None
    document = read_text(json.dumps(kept.spec), name)
    output: dict[str, Any] = {"path": path}
    if kept.output.compact:
        output["compact"] = True
    if not kept.output.recording:
        output |= kept.output.model_dump(include={"frame", "max_size"}, exclude_none=True)
        # `light` is a theme all of whose colours are in the sidecar
        output["theme"] = {**kept.output.theme, "name": "light"}
        output["size"] = list(kept.output.size)
        if kept.output.sheet:
            output["sheet"] = "{}x{}".format(*kept.output.sheet)
            output.pop("frame")
    try:
        source = Source(document=document, name=stem)
        experiment = check_source(source, (), [output], path=film, large=large, morph=morph)
    except SpecError as error:
        problem = error.problems[0]  # its place would be in a text that nobody sees
        text = problem.message.replace("outputs.0.", "output.")
        raise SpecError([Problem(f"{name}: {text}", hint=problem.hint)]) from error
    return path, replace(experiment, drawn=drawn)


def _recording_of(film: str, source: _Source) -> Path:
    """The recording that a film was drawn from: where it was, or beside the film."""
    for place in (Path(source.path), Path(film).with_name(Path(source.path).name)):
        if place.is_file() and Content.of(place).sha256 == source.sha256:
            return place
    name = printable(source.path)
    raise SpecError(f"{film}: the recording it was drawn from, {name}, was not found")


def _changes(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """' (matplotlib 3.11.1, here 3.11.2)': what may be the reason."""
    changed = [
        f"{name} {theirs.get(name, '?')}, here {version}"
        for name, version in ours.items()
        if theirs.get(name) != version
    ]
    return printable(f" ({'; '.join(changed)})") if changed else ""
