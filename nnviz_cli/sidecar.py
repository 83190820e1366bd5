"""What travels with a film: how it was made, in a JSON file beside it and in its metadata."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from nnviz_cli import __version__
from nnviz_cli.disk import NAME_BYTES, write_text
from nnviz_cli.experiment import Experiment, Target

LARGEST = 32_000_000  # bytes; 20 000 frames take 200 000
VERSIONS = ("tensorflow", "keras", "numpy", "matplotlib", "imageio-ffmpeg")


def provenance(experiment: Experiment, target: Target) -> dict[str, Any]:
    """The resolved spec, the seed and the versions; no time and no host."""
    spec = experiment.spec.dump()
    spec.pop("outputs")
    output = {"theme": asdict(target.theme), "size": list(target.size), "frame": target.frame}
    return {
        "spec": spec,
        "seed": experiment.spec.seed,
        "output": output,
        "versions": {"nnviz": __version__, **versions()},
    }


def is_current(experiment: Experiment, target: Target) -> bool:
    """Whether a film is there, whole, and made from this very spec by this version."""
    try:
        kept = read(target.path)
    except (OSError, ValueError):
        return False
    wanted = digest(provenance(experiment, target))
    return bool(kept.get("digest") == wanted and kept.get("bytes") == size_of(target.path))


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


def sha256(path: str) -> str:
    """The SHA-256 of a film's file; of a folder, of its files one after the other."""
    place = Path(path)
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    found = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                found.update(block)
    return found.hexdigest()


def digest(values: Mapping[str, Any]) -> str:
    """A short name for plain values, the same whatever the order of their keys."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def write(experiment: Experiment, target: Target, **told: Any) -> None:
    """Tell beside a film how it was made; `told` is what only its making could tell."""
    made_from = provenance(experiment, target)
    facts = {
        **made_from,
        "film": Path(target.path).name,
        "fps": str(experiment.spec.fps),
        **told,
        "bytes": size_of(target.path),
        "digest": digest(made_from),
        "sha256": sha256(target.path),
    }
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    write_text(sidecar_of(target.path), text)


def sidecar_of(film: str) -> Path:
    """The file beside a film that tells how it was made; a long name is cut and told apart."""
    path = Path(film.rstrip("/"))
    name = f"{path.name}.json"
    if len(os.fsencode(name)) > NAME_BYTES:
        start = os.fsencode(path.name)[: NAME_BYTES - 22].decode(errors="ignore")
        name = f"{start}-{digest({'name': path.name})[:16]}.json"
    return path.with_name(name)


def tags_of(experiment: Experiment) -> dict[str, str]:
    """What is written into a film's own metadata."""
    spec = experiment.spec
    facts = provenance(experiment, experiment.targets[0])
    facts.pop("output")
    tags = {"title": spec.title, "comment": json.dumps(facts, ensure_ascii=False)}
    return tags | ({"description": spec.description} if spec.description else {})


def versions() -> dict[str, str]:
    """What the bytes of a film depend on beside its spec."""
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "?"
    return found


def size_of(path: str) -> int:
    """Bytes of a film's file, or of a folder's files."""
    place = Path(path)
    if place.is_dir():
        return sum(item.stat().st_size for item in place.iterdir())
    return place.stat().st_size if place.exists() else 0
