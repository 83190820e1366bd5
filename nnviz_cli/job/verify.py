"""Make a film again from what its sidecar tells, and compare."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.draw.theme import theme
from nnviz_cli.errors import Problem, RenderError, SpecError, printable
from nnviz_cli.film.atomic import Content, scratch
from nnviz_cli.film.formats import check_film
from nnviz_cli.job import sidecar
from nnviz_cli.job.drawing import Report
from nnviz_cli.job.experiment import Experiment, Kept, Target, output_problems, size_of, target_of
from nnviz_cli.job.morph import Bend, bend
from nnviz_cli.job.render import Result, render
from nnviz_cli.spec.keys import Output, Spec
from nnviz_cli.spec.load import load
from nnviz_cli.spec.yaml_reader import read_text
from nnviz_cli.train.installed import TrainingProcess


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
    kept = _told_of(film)
    if Content.of(Path(film)).sha256 != kept.sha256:
        text = "changed since it was made, or its .json is of another render"
        return Verdict(film, same=False, text=text)
    with scratch() as folder:
        path, results = _again(film, kept, folder, report, large, process)
        for result in results:
            if result.error:
                raise RenderError(f"{film}: {result.error}")
        made = _told_of(path)
    if made.sha256 == kept.sha256:
        return Verdict(film, same=True, text="identical")
    here = _changes(kept.versions, made.versions)
    theirs, ours = kept.numbers.split(), made.numbers.split()
    if theirs == ours:
        return Verdict(film, same=True, text=f"same numbers, other bytes{here}")
    pairs = zip(theirs, ours, strict=False)
    first = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(theirs), len(ours)))
    what = f"layer {first + 1}" if kept.output.morph else f"frame {first}"
    return Verdict(film, same=False, text=f"different, first at {what}{here}")


class _Morph(BaseModel):
    """The course of a morph, as its sidecar tells."""

    frame: int
    fps: Fraction
    tempo: Tempo


class _Look(BaseModel):
    """How a film looks, as its sidecar tells; a recording that is kept has no look."""

    theme: dict[str, Any] = {}
    size: tuple[int, int] = (0, 0)
    frame: int | str = -1
    sheet: tuple[int, int] | None = None
    max_size: int | None = None
    morph: _Morph | None = None
    recording: bool = False
    compact: bool = False


class _Source(BaseModel):
    """A recording that a morph was drawn from."""

    path: str
    sha256: str


class _Told(BaseModel):
    """What a comparison needs of a sidecar; it was made from a spec, or from a recording."""

    spec: dict[str, Any] | None = None
    recording: _Source | None = None
    output: _Look
    versions: dict[str, str]
    sha256: str
    numbers: str


def _told_of(film: str) -> _Told:
    """The sidecar of a film, with all that a comparison needs."""
    name = printable(film if len(film) <= 300 else film[:299] + "…")
    try:
        if not Path(film).exists():
            raise SpecError(f"{name}: no such file")
        path = sidecar.sidecar_of(film)
        told = sidecar.read(film)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"{name}: cannot read beside it how it was made: {why}") from error
    source = "recording" if "recording" in told else "spec"
    if missing := sorted({source, "output", "versions", "sha256", "numbers"} - told.keys()):
        text = f"{path}: made by an earlier nnviz; it does not tell {', '.join(missing)}"
        raise SpecError(text)
    try:
        return _Told.model_validate(told)
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors()[0]["loc"]))
        raise SpecError(f"{path}: '{wrong}' is not what nnviz writes there") from error


def _again(
    film: str, kept: _Told, folder: Path, report: Report, large: bool, process: TrainingProcess
) -> tuple[str, Iterator[Result]]:
    """The same file in a folder of ours, and what makes it."""
    told, stem = str(sidecar.sidecar_of(film)), Path(film).stem
    path = f"{folder}/{Path(film).resolve().name}{'/' * film.endswith('/')}"
    spec = _spec(kept, path, told, large)
    if kept.output.recording and spec:
        recording = Kept(path=path, compact=kept.output.compact)
        return path, render(
            [Experiment(stem, film, spec, (), (recording,))], report, process=process
        )
    output = _output(kept.output, path, told, large)
    morph = kept.output.morph
    if morph is None:
        if spec is None:
            raise SpecError(f"{told}: only a morph is drawn from a recording")
        target = target_of(spec, output, path, size_of(spec, output))
        for key, problem in output_problems(spec, output, target, large=large):
            raise SpecError(
                [Problem(f"{told}: output.{key}: {problem.message}", hint=problem.hint)]
            )
        return path, render([Experiment(stem, film, spec, (target,))], report, process=process)
    chosen, size = output.theme, output.size
    if chosen is None or size is None:
        raise SpecError(f"{told}: 'output' is not what nnviz writes there")
    check_film(path, size=size, fps=morph.fps, frames=1)
    target = Target(path, size, theme(chosen.name, chosen.options), -1)
    source = film if spec else _recording_of(film, kept.recording)
    return path, bend(
        Bend(stem, source, spec, (target,), morph.frame, morph.fps, morph.tempo),
        report,
        process=process,
    )


def _spec(kept: _Told, path: str, told: str, large: bool) -> Spec | None:
    """The spec, checked, if there is one; a recording that is kept is one of its outputs."""
    if kept.spec is None:
        return None
    outputs = {"outputs": [path]} if kept.output.recording else {}
    try:
        spec = load(read_text(json.dumps(kept.spec | outputs), told), large=large)
    except SpecError as error:
        problem = error.problems[0]  # its place would be in a text that nobody sees
        raise SpecError([Problem(f"{told}: {problem.message}", hint=problem.hint)]) from error
    return spec


def _output(kept: _Look, path: str, told: str, large: bool) -> Output:
    """How the film looks, checked; `light` is a theme all of whose colours are told."""
    look: dict[str, Any] = {"path": path, "theme": {**kept.theme, "name": "light"}}
    look |= kept.model_dump(include={"size", "max_size"}, exclude_none=True)
    look |= {"sheet": "{}x{}".format(*kept.sheet)} if kept.sheet else {"frame": kept.frame}
    try:
        return Output.model_validate(look, context={"large": large})
    except ValidationError as error:
        first = error.errors()[0]
        wrong = ".".join(map(str, ("output", *first["loc"])))
        hint = str(first.get("ctx", {}).get("hint", ""))
        raise SpecError([Problem(f"{told}: {wrong}: {first['msg']}", hint=hint)]) from error


def _recording_of(film: str, told: _Source | None) -> str:
    """The recording that a morph was drawn from: where it was, or beside the film."""
    places = (Path(told.path), Path(film).with_name(Path(told.path).name)) if told else ()
    for place in places:
        if told and place.is_file() and Content.of(place).sha256 == told.sha256:
            return str(place)
    name = printable(told.path) if told else "?"
    raise SpecError(f"{film}: the recording it was drawn from, {name}, is not there")


def _changes(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """' (matplotlib 3.11.1, here 3.11.2)': what may be the reason."""
    changed = [
        f"{name} {theirs.get(name, '?')}, here {version}"
        for name, version in ours.items()
        if theirs.get(name) != version
    ]
    return printable(f" ({'; '.join(changed)})") if changed else ""
