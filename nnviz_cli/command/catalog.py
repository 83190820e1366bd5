"""What a spec can name, as `nnviz list` prints it."""

from collections.abc import Mapping, Sequence
from typing import Any

from nnviz_cli.draw.theme import THEMES
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.recording.shape import RECORDING
from nnviz_cli.spec.choice import choice_model, one_line
from nnviz_cli.spec.names import aliases, names

# plural in `nnviz list` -> what one of them is called; most are families
SINGULAR = {
    "datasets": "dataset",
    "panels": "panel",
    "themes": "theme",
    "formats": "format",
    "activations": "activation",
    "initializers": "initializer",
    "losses": "loss",
    "metrics": "metric",
    "optimizers": "optimizer",
    "regularizers": "regularizer",
}


def catalog(kind: str) -> list[dict[str, Any]]:
    """Everything of a kind: name, aliases, one line of help, options with their defaults."""
    if kind == "themes":
        return [entry(name, f"{theme.ink} on {theme.paper}") for name, theme in THEMES.items()]
    if kind == "formats":
        films = [entry(suffix, made.help) for suffix, made in FORMATS.items()]
        return [*films, entry(RECORDING, "the numbers of the run, for `nnviz morph`")]
    word = SINGULAR[kind]
    return [
        entry(name, one_line(word, name), aliases(word, name), _options(word, name))
        for name in names(word)
    ]


def entry(
    name: str, about: str, others: Sequence[str] = (), options: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """One thing as plain values, for JSON."""
    return {"name": name, "aliases": list(others), "help": about, "options": dict(options or {})}


def _options(word: str, name: str) -> dict[str, Any]:
    fields = choice_model(word, name).model_fields
    return {
        key: None if field.is_required() else field.default
        for key, field in fields.items()
        if key != "name"
    }
