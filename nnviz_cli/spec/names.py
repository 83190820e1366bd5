"""What a spec can name: the members of each family, their aliases, and how they are written.

A name may be written in upper or lower case, and with or without what separates its words:
`mean_squared_error`, `MeanSquaredError` and `mean-squared-error` are one name, as in Keras.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from nnviz_cli.data.table import DATASETS
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.errors import did_you_mean
from nnviz_cli.spec import keras_names

# families whose members are functions; their keyword-only arguments are the options
FUNCTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "dataset": {name: entry.make for name, entry in DATASETS.items()},
    "panel": {name: panel.draw for name, panel in PANELS.items()},
}
FAMILIES = (*FUNCTIONS, "theme", *keras_names.FAMILIES)


def names(family: str) -> list[str]:
    """The names of a family's members: datasets, panels, themes, or a family of Keras."""
    if family == "theme":
        return list(THEMES)
    return list(FUNCTIONS[family] if family in FUNCTIONS else keras_names.names_of(family))


def aliases(family: str, name: str) -> tuple[str, ...]:
    """Other names of the same thing: `mse`, or scikit-learn's name of a dataset."""
    if family in keras_names.FAMILIES:
        return keras_names.names_of(family)[name].aliases
    return DATASETS[name].aliases if family == "dataset" else ()


@cache
def canonical(family: str, text: str) -> str | None:
    """The name of the member that is meant, or None."""
    name, written = _folded(family).get(_fold(text), ("", ""))
    return name if written and re.fullmatch(spelling(written), text) else None


def pattern(family: str, known: Iterable[str]) -> str:
    """A regular expression of all spellings of some names and of their aliases."""
    written = [each for name in known for each in (name, *aliases(family, name))]
    return f"^({'|'.join(map(spelling, written))})$"


def spelling(name: str) -> str:
    """A regular expression of the spellings of one name."""
    return "".join("[-_]?" if letter in "-_" else any_case(letter) for letter in name)


def any_case(text: str) -> str:
    """A regular expression for a text in upper and lower case.

    It has no flags, because the patterns of a JSON Schema have none.
    """
    return "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else re.escape(c) for c in text)


def suggestion(family: str, text: str) -> str:
    """A member whose name or data are near to a name that is unknown, or nothing."""
    for entry in DATASETS.values() if family == "dataset" else ():
        if similar := entry.similar.get(_fold(text)):
            return f"did you mean {similar}?"
    known = {alias: name for name in names(family) for alias in (name, *aliases(family, name))}
    near = did_you_mean(text, known)
    for alias, name in known.items():
        near = near.replace(f"'{alias}'", f"'{name}'")
    return near


@cache
def _folded(family: str) -> dict[str, tuple[str, str]]:
    """A member's name, and the name or alias itself, by that without case and separators."""
    return {
        _fold(written): (name, written)
        for name in names(family)
        for written in (*aliases(family, name), name)
    }


def _fold(text: str) -> str:
    return text.replace("_", "").replace("-", "").lower()
