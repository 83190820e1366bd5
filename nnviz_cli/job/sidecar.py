"""The JSON file beside a film, which says how it was made."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnviz_cli.film.atomic import NAME_BYTES, Content, write_text

LARGEST = 32_000_000  # bytes; 20 000 frames take 200 000


def read(film: str) -> dict[str, Any]:
    """What is told beside a film; ValueError if that is no JSON object of a bearable size."""
    return read_json(sidecar_of(film))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises OSError, or ValueError if it is something else or too large."""
    with path.open("rb") as file:
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
