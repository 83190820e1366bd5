"""The names that Keras knows, in a file, so that a spec is checked without importing Keras.

`python -m nnviz_cli.train.keras_catalog` writes `keras_names.json`.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

REQUIRED = "..."  # in the place of a default where there is none

# name in a spec's error -> module of Keras
FAMILIES = {
    "activation": "activations",
    "initializer": "initializers",
    "loss": "losses",
    "metric": "metrics",
    "optimizer": "optimizers",
    "regularizer": "regularizers",
}


@dataclass(frozen=True)
class KerasName:
    """One object of Keras; `parameters` maps to defaults, or REQUIRED."""

    keras: str  # the name that Keras's own `get` takes
    aliases: tuple[str, ...]
    parameters: dict[str, bool | int | float | str | None]


@cache
def names_of(family: str) -> dict[str, KerasName]:
    """All objects of a family by snake_case name."""
    table = _table()[family]
    return {
        name: KerasName(entry["keras"], tuple(entry["aliases"]), entry["parameters"])
        for name, entry in table.items()
    }


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = resources.files("nnviz_cli.spec").joinpath("keras_names.json").read_text("utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table
