"""What a film is made from: a spec, a recording, or the sidecar of another film."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nnviz_cli.errors import Problem, SpecError, printable
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.job import sidecar
from nnviz_cli.recording.shape import is_recording
from nnviz_cli.spec.keys import Spec
from nnviz_cli.spec.overrides import Assignment
from nnviz_cli.spec.yaml_reader import Document, read_file, read_text

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

# keys that say how a recording is drawn; all others are fixed by its training
DRAWN = ("view", "title", "description", "captions", "outputs")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A document to be checked as a spec, and the recording that it belongs to, if any."""

    document: Document
    name: str  # of the file, without its suffix
    recording: "Recording | None" = None
    path: Path | None = None  # of the recording


def read_source(path: Path) -> Source:
    """Read a spec, the spec of a recording (.h5), or that of a film's sidecar (.mp4.json).

    Raises SpecError.
    """
    if is_recording(str(path)):
        from nnviz_cli.recording.recording import Recording

        recording = Recording.open(path)
        if not recording.spec:
            raise SpecError(f"{printable(str(path))}: the recording holds no spec to draw by")
        document = Document(str(path), dict(recording.spec))
        return Source(document=document, name=path.stem, recording=recording, path=path)
    if path.suffix == ".json" and (of_film := _of_sidecar(path)):
        return Source(document=of_film, name=Path(path.stem).stem)
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


def _of_sidecar(path: Path) -> Document | None:
    """The spec in a sidecar; None for a file that is no sidecar."""
    try:
        values = sidecar.read_json(path)
    except (OSError, ValueError):
        return None
    spec = values.get("spec")
    if not isinstance(spec, dict) or "output" not in values:
        return None
    return read_text(json.dumps(spec), str(path))  # with the limits of any spec


def check_replaced(spec: Spec, paths: Sequence[str]) -> None:
    """Refuse to replace a recording of another spec. Raises SpecError."""
    from nnviz_cli.recording.recording import Recording

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
