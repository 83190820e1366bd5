"""How a film was made, as plain values: for its sidecar and for its own metadata."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from nnviz_cli.film.atomic import Content
from nnviz_cli.job import sidecar
from nnviz_cli.job.experiment import Experiment, Kept, Target
from nnviz_cli.versions import versions


def provenance(experiment: Experiment, output: Mapping[str, Any]) -> dict[str, Any]:
    """The resolved spec, the seed and the versions; no time and no host.

    `output` is what one file of several is: see `look`. What is drawn from a recording names it.
    """
    spec, morph = experiment.spec, experiment.morph
    plain = spec.dump()
    plain.pop("outputs")
    facts: dict[str, Any] = {"spec": plain, "seed": spec.seed, "output": dict(output)}
    if morph is not None:
        facts["morph"] = {"frame": morph.frame, "tempo": morph.tempo and asdict(morph.tempo)}
    if experiment.drawn is not None:
        content = Content.of(experiment.drawn)
        facts["recording"] = {"path": str(experiment.drawn), "sha256": content.sha256}
    return {**facts, "versions": versions()}


def style(target: Target | Kept) -> dict[str, Any]:
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
    made_from = provenance(experiment, style(target))
    try:
        kept = sidecar.read(target.path)
        if kept.get("digest") != sidecar.digest(made_from):
            return False
        found = Content.of(Path(target.path))
    except (OSError, ValueError):
        return False
    return (kept.get("bytes"), kept.get("sha256")) == (found.bytes, found.sha256)


def tags_of(experiment: Experiment, description: str) -> dict[str, str]:
    """What is written into a film's own metadata; the same whether it was recorded before."""
    facts = provenance(replace(experiment, drawn=None), {})
    facts.pop("output")
    comment = json.dumps(facts, ensure_ascii=False)
    return {"title": experiment.spec.title, "comment": comment, "description": description}
