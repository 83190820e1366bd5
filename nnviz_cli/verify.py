"""Make a film again from what its sidecar tells, and compare."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from nnviz_cli import sidecar
from nnviz_cli.disk import scratch
from nnviz_cli.errors import Problem, RenderError, SpecError, printable
from nnviz_cli.experiment import Experiment, target_of
from nnviz_cli.reader import read_text
from nnviz_cli.render import Report, render
from nnviz_cli.spec import Output, load


@dataclass(frozen=True)
class Verdict:
    """How a film and its second making compare."""

    film: str
    same: bool  # the numbers, whatever the bytes
    text: str


def verify(film: str, report: Report = lambda *_: None, *, large: bool = False) -> Verdict:
    """Train and draw again; the film itself is only read.

    What stands beside the film may be a stranger's, and is checked like any spec; `large`
    lifts the limits of size.
    """
    kept = _told_of(film)
    if sidecar.sha256(film) != kept.sha256:
        return Verdict(film, same=False, text="changed since it was made")
    with scratch() as folder:
        again = _again(film, kept, folder, large)
        for result in render([again], report):
            if result.error:
                raise RenderError(f"{film}: {result.error}")
        made = _told_of(again.targets[0].path)
    if made.sha256 == kept.sha256:
        return Verdict(film, same=True, text="identical")
    here = _changes(kept.versions, made.versions)
    theirs, ours = kept.numbers.split(), made.numbers.split()
    if theirs == ours:
        return Verdict(film, same=True, text=f"same numbers, other bytes{here}")
    pairs = zip(theirs, ours, strict=False)
    first = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(theirs), len(ours)))
    return Verdict(film, same=False, text=f"different, first at frame {first}{here}")


class _Look(BaseModel):
    """How a film looks, as its sidecar tells."""

    theme: dict[str, Any]
    size: tuple[int, int]
    frame: int


class _Told(BaseModel):
    """What a comparison needs of a sidecar."""

    spec: dict[str, Any]
    output: _Look
    versions: dict[str, str]
    sha256: str
    numbers: str


def _told_of(film: str) -> _Told:
    """The sidecar of a film, with all that a comparison needs."""
    name = printable(film)
    if not Path(film).exists():
        raise SpecError(f"{name}: no such file")
    try:
        path = sidecar.sidecar_of(film)
        told = sidecar.read(film)
    except (OSError, ValueError) as error:
        raise SpecError(f"{name}: cannot read how it was made beside it: {error}") from error
    if missing := sorted(_Told.model_fields.keys() - told.keys()):
        text = f"{path}: made by an earlier nnviz; it does not tell {', '.join(missing)}"
        raise SpecError(text)
    try:
        return _Told.model_validate(told)
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors()[0]["loc"]))
        raise SpecError(f"{path}: '{wrong}' is not what nnviz writes there") from error


def _again(film: str, kept: _Told, folder: Path, large: bool) -> Experiment:
    """The experiment once more, with its film in a folder of ours."""
    path = sidecar.sidecar_of(film)
    name = Path(film).resolve().name + "/" * film.endswith("/")
    look = {**kept.output.model_dump(), "path": f"{folder}/{name}"}
    look["theme"] = {**look["theme"], "name": "light"}  # all of whose colours are told
    try:
        spec = load(read_text(json.dumps(kept.spec), str(path)), large=large)
        output = Output.model_validate(look, context={"large": large})
        target = target_of(spec, output, "{name}")
    except SpecError as error:
        problem = error.problems[0]  # its place would be in a text that nobody sees
        raise SpecError([Problem(f"{path}: {problem.message}", hint=problem.hint)]) from error
    except ValidationError as error:
        first = error.errors()[0]
        wrong = ".".join(map(str, ("output", *first["loc"])))
        raise SpecError(f"{path}: {wrong}: {first['msg']}") from error
    return Experiment(Path(film).stem, film, spec, (target,))


def _changes(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """' (matplotlib 3.11.1, here 3.11.2)': what may be the reason."""
    changed = [
        f"{name} {theirs.get(name, '?')}, here {version}"
        for name, version in ours.items()
        if theirs.get(name) != version
    ]
    return printable(f" ({'; '.join(changed)})") if changed else ""
