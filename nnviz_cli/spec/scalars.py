"""Plain scalars by the core rules of YAML 1.2: `1e-3` is a number, `no` is text."""

import math
import re
from typing import Any

from nnviz_cli.spec.source_text import shortened

MOST_DIGITS = 30

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ZEROS = re.compile(r"[-+]?0[0-9]+")
_BASED = re.compile(r"[-+]?0(x[0-9a-fA-F]+|o[0-7]+)")
_UNDERSCORED = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9_]+)?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}


def plain_value(text: str) -> Any:
    """A plain scalar by YAML 1.2's core rules."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def is_number(text: str) -> bool:
    """Whether a plain scalar is a number."""
    return isinstance(plain_value(text), int | float) and text not in _WORDS


def ambiguity(text: str) -> tuple[str, str] | None:
    """Why a plain scalar is ambiguous, and what to write; None if it is not."""
    if _INT.fullmatch(text) and len(text) > MOST_DIGITS:
        return f"a number must have at most {MOST_DIGITS} digits, got {len(text)}", ""
    if _ZEROS.fullmatch(text):
        written = str(int(text))
    elif _BASED.fullmatch(text):
        written = str(int(text, 0)) if len(text) <= MOST_DIGITS else "a decimal number"
    elif "_" in text and _UNDERSCORED.fullmatch(text):
        written = shortened(text.replace("_", ""))
    else:
        return None
    return f"ambiguous number '{shortened(text)}'", f"write {written}, or quote it if it is text"
