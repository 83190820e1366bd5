"""The options of a choice as fields of a pydantic model, by where the choice is defined."""

import inspect
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import (
    AfterValidator,
    Field,
    WithJsonSchema,
)

from nnviz_cli.draw.theme import Theme
from nnviz_cli.limits import FLOAT32, INT32
from nnviz_cli.spec import keras_names
from nnviz_cli.spec.keras_help import parameter_help
from nnviz_cli.spec.strict import refusal


def function_fields(function: Callable[..., Any]) -> dict[str, Any]:
    """The keyword-only arguments: their annotations and defaults."""
    return {
        name: (parameter.annotation, parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


_COLOR = "#[0-9a-fA-F]{6}"
# signs of paths and patterns, and characters that do not print
_NOT_IN_A_FONT = (
    r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    r"!-%*/:-@\[-\^`{-~"
)


def _color(value: str) -> str:
    if not re.fullmatch(_COLOR, value):
        raise refusal(f"expected a colour like '#2563d9', got {value!r}")
    return value


def theme_fields() -> dict[str, Any]:
    """A change to any colour or font of a theme; none by default."""
    color = Annotated[
        str, AfterValidator(_color), WithJsonSchema({"type": "string", "pattern": f"^{_COLOR}$"})
    ]
    font = Annotated[str, Field(min_length=1, max_length=60, pattern=f"^[^{_NOT_IN_A_FONT}]+$")]
    kinds: dict[Any, Any] = {
        "text": font,
        "mono_font": font,
        "classes": Annotated[tuple[color, ...], Field(min_length=2, max_length=16)],
        "ramp": Annotated[tuple[color, ...], Field(min_length=2, max_length=16)],
    }
    hints = get_type_hints(Theme, include_extras=True)
    return {
        field.name: (_described(kinds.get(field.name, color) | None, hint.__metadata__[0]), None)
        for field, hint in ((field, hints[field.name]) for field in fields(Theme))
    }


def _described(kind: Any, text: str) -> Any:
    return Annotated[kind, Field(description=text)]


def keras_fields(family: str, name: str) -> dict[str, Any]:
    """Keras's own parameters; `keras_names` marks those that must be given."""
    return {
        key: (
            _described(_keras_type(key, value), parameter_help(family, name, key)),
            ... if value == keras_names.REQUIRED else value,
        )
        for key, value in keras_names.names_of(family)[name].parameters.items()
    }


def _keras_type(name: str, default: Any) -> Any:
    if name in _CHOICES:
        kind: Any = Literal[_CHOICES[name]]
    elif isinstance(default, bool):
        kind = Annotated[bool, Field(strict=True)]
    elif name == "k" or name.startswith("num_") or name.endswith("_steps"):  # counts
        kind = Annotated[int, Field(strict=True, **_bounds(name, INT32))]
    elif isinstance(default, str) and default != keras_names.REQUIRED:
        kind = str
    else:
        kind = Annotated[float, Field(**_bounds(name, FLOAT32))]
    return kind | None if default is None else kind


def _bounds(name: str, most: float) -> dict[str, Any]:
    """Bounds of a parameter: its own, or the ends of its type."""
    own: dict[str, Any] = _BOUNDS.get(name, {})
    low = {} if "gt" in own else {"ge": -most}
    high = {} if "lt" in own else {"le": most}
    return {**low, **high, **own}


_SHARES = ("momentum", "rho", "label_smoothing", "recall", "precision", "sensitivity")
_BOUNDS: dict[str, Any] = {
    **{key: {"gt": 0} for key in ("learning_rate", "epsilon", "scale")},
    **{key: {"ge": 0} for key in ("weight_decay", "l1", "l2", "stddev", "factor")},
    **{key: {"ge": 0} for key in ("num_regressors", "warmup_steps")},
    **{key: {"ge": 0, "le": 1} for key in (*_SHARES, "specificity")},
    **{key: {"ge": 0, "lt": 1} for key in ("beta_1", "beta_2", "adam_beta_1", "adam_beta_2")},
    "l1_regularization_strength": {"ge": 0},
    "l2_regularization_strength": {"ge": 0},
    "l2_shrinkage_regularization_strength": {"ge": 0},
    "learning_rate_power": {"le": 0},
    "gradient_accumulation_steps": {"ge": 2},
    "k": {"ge": 1},
    "ns_steps": {"ge": 0, "le": 100},  # each is a part of the program
    "num_thresholds": {"ge": 2, "le": 10_000},  # each takes memory
}
_CHOICES: dict[str, Any] = {"average": ("micro", "macro", "weighted")}
