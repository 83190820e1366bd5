"""Validation errors of pydantic as messages, with their position in the document."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from nnviz_cli.data.dataset import FORMS
from nnviz_cli.errors import Problem
from nnviz_cli.spec.scalars import is_number
from nnviz_cli.spec.source_text import MOST_QUOTED, shortened
from nnviz_cli.spec.yaml_reader import Document, KeyPath

LARGEST_EXACT = 2**53  # whole numbers below are exact as floats

Sections = Mapping[str, Collection[str]]  # the keys of each mapping in a spec; '' is its top

_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "missing",
    "int_type": lambda e: f"expected a whole number, got {_got(e)}",
    "int_from_float": lambda e: f"expected a whole number, got {_got(e)}",
    "float_type": lambda e: f"expected a number, got {_got(e)}",
    "finite_number": lambda e: f"must be a finite number, got {_got(e)}",
    "bool_type": lambda e: f"expected true or false, got {_got(e)}",
    "string_type": lambda e: f"expected text, got {_got(e)}",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda e: f"must be at most {e['ctx']['max_length']} characters long",
    "string_pattern_mismatch": lambda e: f"contains invalid characters: {_got(e)}",
    "greater_than": lambda e: f"must be greater than {_number(e['ctx']['gt'])}, got {_got(e)}",
    "greater_than_equal": lambda e: f"must be at least {_number(e['ctx']['ge'])}, got {_got(e)}",
    "less_than": lambda e: f"must be less than {_number(e['ctx']['lt'])}, got {_got(e)}",
    "less_than_equal": lambda e: f"must be at most {_number(e['ctx']['le'])}, got {_got(e)}",
    "tuple_type": lambda e: f"expected a list, got {_got(e)}",
    "list_type": lambda e: f"expected a list, got {_got(e)}",
    "too_short": lambda e: (
        "must not be empty"
        if isinstance(e["input"], str)
        else f"expected at least {e['ctx']['min_length']}, got {_length(e) or _got(e)}"
    ),
    "too_long": lambda e: (
        f"expected at most {e['ctx']['max_length']}, got {e['ctx']['actual_length']}"
    ),
    "model_type": lambda e: f"expected a mapping (key: value), got {_got(e)}",
    "value_error": lambda e: str(e["ctx"]["error"]),
    "literal_error": lambda e: f"expected {e['ctx']['expected']}, got {_got(e)}",
    "nnviz": lambda e: str(e["ctx"]["message"]),
}


def problems_of(
    document: Document, errors: Sequence[Mapping[str, Any]], sections: Sections
) -> list[Problem]:
    """Validation errors as Problems; invalid items of a list do not make it too short.

    `sections` are used to suggest the section of a misplaced key.
    """
    paths = [error["loc"] for error in errors]
    return [
        _problem(document, error, sections)
        for error in errors
        if error["type"] != "too_short" or not any(_is_inside(path, error["loc"]) for path in paths)
    ]


def _is_inside(path: KeyPath, parent: KeyPath) -> bool:
    return len(path) > len(parent) and path[: len(parent)] == parent


def _problem(document: Document, error: Mapping[str, Any], sections: Sections) -> Problem:
    path = as_written(document, error["loc"])
    say = _WORDS.get(error["type"])
    place = document.place(path, key=error["type"] == "missing")
    error = {**error, "typed": place.typed}
    what = say(error) if say else str(error["msg"])
    unknown = error["type"] == "nnviz" and what.startswith("unknown key")
    named = path
    if about := error.get("ctx", {}).get("about"):
        place = document.place((*path, about))
    if unknown:
        named, place = path[:-1], document.place(path, key=True)
    message = f"{_dotted(named)}: {what}" if named and not place.is_option else what
    hint = _section(str(path[-1]), path[:-1], sections) if unknown else ""
    return Problem(message, place, hint or _hint(error))


def as_written(document: Document, path: KeyPath) -> KeyPath:
    """The path without what the document does not have.

    Brackets that its writer left out, as of rows of panels and of a hold; and the forms that a
    value may have.
    """
    holder: Any = document.value
    written: list[str | int] = []
    for at, key in enumerate(path):
        one_row = isinstance(holder, list) and not any(isinstance(row, list) for row in holder)
        if key in FORMS or (path[:at] == ("view", "panels") and one_row):
            continue
        if isinstance(key, int):
            if not isinstance(holder, list):
                continue
            holder = holder[key] if key < len(holder) else None
        else:
            holder = holder.get(key) if isinstance(holder, dict) else None
        written.append(key)
    return tuple(written)


def _hint(error: Mapping[str, Any]) -> str:
    if error["type"] == "nnviz":
        return str(error["ctx"]["hint"])
    hint = _HINTS.get(error["type"])
    return hint(error["input"]) if hint else ""


def _hint_integer(value: Any) -> str:
    if isinstance(value, float):
        return f"write {value:.0f}" if value.is_integer() and abs(value) < LARGEST_EXACT else ""
    return _hint_unquoted(value)


def _hint_number(value: Any) -> str:
    if not (hint := _hint_unquoted(value)) and str(value).count(",") == 1:
        return f"use a point as the decimal separator: {str(value).replace(',', '.')}"
    return hint


def _hint_unquoted(value: Any) -> str:
    return f"write {value} without quotes" if isinstance(value, str) and is_number(value) else ""


def _hint_boolean(value: Any) -> str:
    words = {"yes": "true", "on": "true", "no": "false", "off": "false"}
    word = words.get(str(value).lower())
    return f"write {word}" if word else ""


def _hint_list(value: Any) -> str:
    text = str(value)
    is_scalar = isinstance(value, int | float | str) and not isinstance(value, bool)
    if not is_scalar or len(text) > MOST_QUOTED:
        return ""
    plain = re.fullmatch(r"[\w.-]+", text)
    return f"write [{text if plain else repr(text)}]"


_HINTS: dict[str, Callable[[Any], str]] = {
    "int_type": _hint_integer,
    "int_from_float": _hint_integer,
    "float_type": _hint_number,
    "bool_type": _hint_boolean,
    "tuple_type": _hint_list,
    "list_type": _hint_list,
}


def _section(key: str, inside: KeyPath, sections: Sections) -> str:
    """A hint to the section of a misplaced key, or ''."""
    for section, keys in sections.items():
        if key in keys and inside != (section,):
            return f"'{key}' belongs " + (
                f"under '{section}'" if section else "at the top of the spec"
            )
    return ""


def _dotted(path: KeyPath) -> str:
    """`model.layers.0.units`, as `--set` takes it."""
    return ".".join(map(str, path))


def _got(error: Mapping[str, Any]) -> str:
    """The value as it was typed, cut short."""
    value, typed = error["input"], str(error["typed"])
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float() if is_number(typed):
            return typed
        case float():
            return f"{value:g}"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case str():
            return f"'{shortened(value)}'"
    return str(value)


def _length(error: Mapping[str, Any]) -> int:
    return int(error["ctx"].get("actual_length", 0))


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:g}"
