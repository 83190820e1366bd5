"""What a film is made from: a spec, a recording, or the sidecar of another film."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnviz_cli.errors import Problem, SpecError, printable
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.job import sidecar
from nnviz_cli.recording.recording import Recording
from nnviz_cli.recording.shape import is_recording
from nnviz_cli.spec.keys import Spec
from nnviz_cli.spec.overrides import Assignment
from nnviz_cli.spec.yaml_reader import Document, read_file, read_text

# keys that say how a recording is drawn; all others are fixed by its training
DRAWN = ("view", "title", "description", "captions", "outputs")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A document to be checked as a spec, and the recording that it belongs to, if any."""

    document: Document
    name: str  # of the file, without its suffix
    recording: Recording | None = None
    path: Path | None = None  # of the recording


def read_source(path: Path) -> Source:
    """Read a spec, the spec of a recording (.h5), or that of a film's sidecar (.mp4.json).

    Raises SpecError.
    """
    if is_recording(str(path)):
        recording = Recording.open(path)
        if not recording.spec:
            raise SpecError(f"{printable(str(path))}: the recording holds no spec to draw by")
        document = Document(str(path), dict(recording.spec))
        return Source(document=document, name=path.stem, recording=recording, path=path)
    film = path.with_suffix("").name
    if path.suffix == ".json" and Path(film).suffix.lower() in FORMATS:
        return Source(document=_of_sidecar(path), name=Path(film).stem)
    if path.suffix.lower() in FORMATS and sidecar.sidecar_of(str(path)).is_file():
        hint = f"pass {sidecar.sidecar_of(str(path))}, which holds the spec of it"
        raise SpecError([Problem(f"{printable(str(path))}: a film, not a spec", hint=hint)])
    return Source(document=read_file(path), name=path.stem)


def check_drawn_only(source: Source, assignments: Sequence[str | Assignment]) -> None:
    """Refuse settings that would change the training of a recording. Raises SpecError."""
    if source.recording is None:
        return
    problems = []
    for assignment in assignments:
        if isinstance(assignment, Assignment):
            key, option = assignment.key, assignment.option
        else:
            key = assignment.partition("=")[0].strip()
            option = f"--set {key}"
        if key.split(".")[0] not in DRAWN:
            text = f"{option}: cannot be changed in a recording"
            hint = f"only {', '.join(DRAWN[:-1])} can; train again with `nnviz record SPEC`"
            problems.append(Problem(text, hint=hint))
    if problems:
        raise SpecError(problems)


def _of_sidecar(path: Path) -> Document:
    """The spec in a sidecar."""
    name = printable(str(path))
    try:
        values = sidecar.read_json(path)
    except FileNotFoundError:
        raise SpecError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        raise SpecError(f"{name}: {getattr(error, 'strerror', None) or error}") from error
    spec: Mapping[str, Any] | None = values.get("spec")
    if not isinstance(spec, dict):
        raise SpecError(f"{name}: holds no spec; a film's .json written by nnviz does")
    document = read_text(json.dumps(spec), str(path))  # with the limits of any spec
    return Document(str(path), document.value)


def check_replaced(spec: Spec, paths: Sequence[str]) -> None:
    """Refuse to replace a recording of another spec. Raises SpecError."""
    plain = spec.dump()
    plain.pop("outputs")
    for path in paths:
        if not Path(path).exists():
            continue
        try:
            same = Recording.open(Path(path)).spec == plain
        except SpecError:
            same = False
        if not same:
            text = f"{printable(path)}: a recording of another spec, or another file, is there"
            raise SpecError([Problem(text, hint="--force replaces it")])
