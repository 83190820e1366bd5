"""What travels with a film: how it was made, in a JSON file beside it and in its metadata."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnviz_cli.film.atomic import NAME_BYTES, Content, write_text
from nnviz_cli.job.experiment import Experiment, Kept, Target
from nnviz_cli.spec.keys import Spec
from nnviz_cli.versions import versions

LARGEST = 32_000_000  # bytes; 20 000 frames take 200 000


def provenance(spec: Spec, output: Mapping[str, Any]) -> dict[str, Any]:
    """The resolved spec, the seed and the versions; no time and no host.

    `output` is what one file of several is: see `look`.
    """
    plain = spec.dump()
    plain.pop("outputs")
    facts = {"spec": plain, "seed": spec.seed}
    return {**facts, "output": dict(output), "versions": versions()}


def look(target: Target | Kept) -> dict[str, Any]:
    """How a film looks, or that a file is a recording, as plain values."""
    if isinstance(target, Kept):
        return {"recording": True, **({"compact": True} if target.compact else {})}
    plain = {"theme": asdict(target.theme), "size": list(target.size), "frame": target.frame}
    if target.sheet:
        plain["sheet"] = list(target.sheet)
    if target.max_size:
        plain["max_size"] = target.max_size
    return plain


def is_current(experiment: Experiment, target: Target | Kept) -> bool:
    """Whether a film, or a recording, is there, whole, and of this very spec and version."""
    made_from = provenance(experiment.spec, look(target))
    try:
        kept = read(target.path)
        if kept.get("digest") != digest(made_from):
            return False
        found = Content.of(Path(target.path))
    except (OSError, ValueError):
        return False
    return (kept.get("bytes"), kept.get("sha256")) == (found.bytes, found.sha256)


def read(film: str) -> dict[str, Any]:
    """What is told beside a film; ValueError if that is no JSON object of a bearable size."""
    with sidecar_of(film).open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise ValueError(f"larger than {LARGEST / 1e6:g} MB")
    try:
        told = json.loads(raw.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(told, dict):
        raise ValueError("not an object")
    return told


def digest(values: Mapping[str, Any]) -> str:
    """A short name for plain values, the same whatever the order of their keys."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def write(path: str, made_from: Mapping[str, Any], content: Content, **more: Any) -> None:
    """Write beside a film how it was made; `more` is known only after that.

    `content` is what was written under that name, and not what is there now.
    """
    facts = {
        **made_from,
        "film": Path(path).name,
        **more,
        "bytes": content.bytes,
        "digest": digest(made_from),
        "sha256": content.sha256,
    }
    write_text(sidecar_of(path), json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def sidecar_of(film: str) -> Path:
    """The file beside a film that tells how it was made; a long name is cut and told apart."""
    path = Path(film.rstrip("/"))
    name = f"{path.name}.json"
    if len(os.fsencode(name)) > NAME_BYTES:
        start = os.fsencode(path.name)[: NAME_BYTES - 22].decode(errors="ignore")
        name = f"{start}-{digest({'name': path.name})[:16]}.json"
    return path.with_name(name)


def tags_of(spec: Spec, description: str) -> dict[str, str]:
    """What is written into a film's own metadata."""
    facts = provenance(spec, {})
    facts.pop("output")
    comment = json.dumps(facts, ensure_ascii=False)
    return {"title": spec.title, "comment": comment, "description": description}
