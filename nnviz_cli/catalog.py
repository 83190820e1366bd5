"""What a spec can name, as `nnviz list` prints it."""

from typing import Any

from nnviz_cli.naming import names
from nnviz_cli.shape import RECORDING
from nnviz_cli.theme import THEMES
from nnviz_cli.variant import one_line, variant
from nnviz_cli.video import FORMATS

# plural in `nnviz list` -> family
_FAMILIES = {
    "datasets": "dataset",
    "panels": "panel",
    "activations": "activation",
    "initializers": "initializer",
    "losses": "loss",
    "metrics": "metric",
    "optimizers": "optimizer",
    "regularizers": "regularizer",
}


def catalog(kind: str) -> list[dict[str, Any]]:
    """Name, one line of help, and options with their defaults, of everything of a kind."""
    if kind == "themes":
        return [_entry(name, f"{theme.ink} on {theme.paper}") for name, theme in THEMES.items()]
    if kind == "formats":
        films = [_entry(suffix, made.help) for suffix, made in FORMATS.items()]
        return [*films, _entry(RECORDING, "the numbers of the run, for `nnviz morph`")]
    word = _FAMILIES[kind]
    return [_entry(name, one_line(word, name), _options(word, name)) for name in names(word)]


def _entry(name: str, about: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "help": about, "options": options or {}}


def _options(word: str, name: str) -> dict[str, Any]:
    fields = variant(word, name).model_fields
    return {
        key: None if field.is_required() else field.default
        for key, field in fields.items()
        if key != "name"
    }
