"""Make a film again from what its sidecar tells, and compare."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnviz_cli import sidecar
from nnviz_cli.disk import scratch
from nnviz_cli.errors import RenderError, SpecError
from nnviz_cli.experiment import Experiment, Target
from nnviz_cli.reader import read_text
from nnviz_cli.render import Report, render
from nnviz_cli.spec import load
from nnviz_cli.theme import Theme


@dataclass(frozen=True)
class Verdict:
    """How a film and its second making compare."""

    film: str
    same: bool  # the numbers, whatever the bytes
    text: str


def verify(film: str, report: Report = lambda *_: None) -> Verdict:
    """Train and draw again; the film itself is only read."""
    kept = _told_of(film)
    if sidecar.sha256(film) != kept["sha256"]:
        return Verdict(film, same=False, text="changed since it was made")
    with scratch() as folder:
        again = _again(film, kept, folder)
        for result in render([again], report):
            if result.error:
                raise RenderError(f"{film}: {result.error}")
        made = _told_of(again.targets[0].path)
    if made["sha256"] == kept["sha256"]:
        return Verdict(film, same=True, text="identical")
    here = _changes(kept["versions"], made["versions"])
    theirs, ours = kept["numbers"].split(), made["numbers"].split()
    if theirs == ours:
        return Verdict(film, same=True, text=f"same numbers, other bytes{here}")
    pairs = zip(theirs, ours, strict=False)
    first = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(theirs), len(ours)))
    return Verdict(film, same=False, text=f"different, first at frame {first}{here}")


def _told_of(film: str) -> dict[str, Any]:
    """The sidecar of a film, with all that a comparison needs."""
    path = sidecar.sidecar_of(film)
    try:
        if not Path(film).exists():
            raise SpecError(f"{film}: no such file")
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        missing = {"spec", "output", "versions", "sha256", "numbers"} - set(told)
    except (OSError, ValueError, TypeError) as error:
        text = f"{film}: cannot read {path}, which tells how the film was made"
        raise SpecError(text) from error
    if missing:
        raise SpecError(f"{path}: made by an earlier nnviz; it does not tell enough to compare")
    return told


def _again(film: str, kept: dict[str, Any], folder: Path) -> Experiment:
    spec = load(read_text(json.dumps(kept["spec"]), str(sidecar.sidecar_of(film))), large=True)
    output = kept["output"]
    name = Path(film).name + "/" * film.endswith("/")
    width, height = output["size"]
    look: dict[str, Any] = {  # JSON has lists where a frozen value has tuples
        key: tuple(value) if isinstance(value, list) else value
        for key, value in output["theme"].items()
    }
    target = Target(f"{folder}/{name}", (width, height), Theme(**look), output["frame"])
    return Experiment(Path(film).stem, film, spec, (target,))


def _changes(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """' (matplotlib 3.11.1, here 3.11.2)': what may be the reason."""
    changed = [
        f"{name} {theirs.get(name, '?')}, here {version}"
        for name, version in ours.items()
        if theirs.get(name) != version
    ]
    return f" ({'; '.join(changed)})" if changed else ""
