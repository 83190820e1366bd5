"""The types of values in a spec: how each is written, and what is valid."""

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)

from nnviz_cli import limits
from nnviz_cli.limits import AtMost, is_lifted
from nnviz_cli.spec.choice import Choice, ChoiceOf
from nnviz_cli.spec.strict import refusal

SMALLEST_SIDE, LARGEST_SIDE = 32, 16384  # pixels; what encoders can hold
KEY_FRAME = "key"  # the frame that shows the result of the training
FRAMES: dict[str, int | str] = {"first": 0, "last": -1, KEY_FRAME: KEY_FRAME}  # by their names
MOST_TILES = 20  # frames beside each other on a sheet


def _size(value: Any, info: ValidationInfo) -> Any:
    """'1280x720' to (1280, 720)."""
    match = (
        re.fullmatch(r"\s*([0-9]{1,9})\s*[x×]\s*([0-9]{1,9})\s*", value)
        if isinstance(value, str)
        else None
    )
    if not match:
        if isinstance(value, list | tuple) and len(value) == 2:
            return _size("x".join(map(str, value)), info)
        raise refusal(f"expected a size like 1280x720, got {value!r}")
    width, height = int(match[1]), int(match[2])
    large = is_lifted(info)
    most = LARGEST_SIDE if large else limits.SIDE
    if not all(SMALLEST_SIDE <= side <= most for side in (width, height)):
        text = f"both sides must be between {SMALLEST_SIDE} and {most} pixels, got {value}"
        raise refusal(text, "" if large or max(width, height) <= most else limits.LIFT)
    if width % 2 or height % 2:
        down, up = (f"{width - o * (width % 2)}x{height - o * (height % 2)}" for o in (1, -1))
        raise refusal(f"both sides must be even, got {value}", f"use {down} or {up}")
    return width, height


def as_rows(value: Any) -> Any:
    """One panel, or one row of panels, to a list of rows; so is a row of one without brackets."""
    if isinstance(value, list) and any(isinstance(row, list) for row in value):
        return [row if isinstance(row, list) else [row] for row in value]
    return [value] if isinstance(value, list) else [[value]]


def as_hold(value: Any) -> Any:
    """One number of seconds to those of the start, none, and of the end."""
    return (0.0, value) if isinstance(value, int | float) else value


def _one_line(value: str) -> str:
    """The text with line breaks and tabs as spaces, since it is shown on one line."""
    return " ".join(value.split())


def _frame(value: Any) -> int | str:
    """An index of a frame, or 'key'; 'first' and 'last' are indices."""
    if isinstance(value, str) and value in FRAMES:
        return FRAMES[value]
    if isinstance(value, bool) or not isinstance(value, int):
        hint = f"'telling' is now called '{KEY_FRAME}'" if value == "telling" else ""
        text = "expected the index of a frame, 'first', 'last' or 'key', got "
        raise refusal(f"{text}{value!r}", hint)
    return value


def _grid(value: Any) -> tuple[int, int]:
    """'4x3' to (4, 3)."""
    match = re.fullmatch(r"\s*([0-9]{1,3})\s*[x×]\s*([0-9]{1,3})\s*", str(value))
    if not match or not all(1 <= int(count) <= MOST_TILES for count in match.groups()):
        raise refusal(f"expected columns and rows like 4x3, 1 to {MOST_TILES}, got {value!r}")
    return int(match[1]), int(match[2])


def _bytes(value: Any) -> int:
    try:
        return limits.byte_count(str(value))
    except ValueError as error:
        raise refusal(str(error)) from None


def _probe(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise refusal("expected the index or the name of a layer")
    return value


# for a JSON Schema, which knows no other bounds of text: sides of a picture from 32 to 4096 that
# are even, columns and rows from 1 to 20, sizes of a file
_SIDE = "0*(3[2468]|[4-9][02468]|[1-9][0-9][02468]|[1-3][0-9]{2}[02468]|40[0-8][02468]|409[0246])"
_PIXELS = {
    "type": "integer",
    "minimum": SMALLEST_SIDE,
    "maximum": limits.SIDE,
    "multipleOf": 2,
}
_TILES = "0*([1-9]|1[0-9]|20)"
_BYTES = r"^\s*[0-9]{1,12}(\.[0-9]{1,6})?\s*([kKmMgG]?[bB]|[kKmM][iI][bB])?\s*$"


def _times(number: str) -> str:
    """A pattern of two numbers, like '4x3'."""
    return rf"^\s*{number}\s*[x×]\s*{number}\s*$"


Size = Annotated[
    tuple[int, int],
    BeforeValidator(_size),
    PlainSerializer(lambda size: f"{size[0]}x{size[1]}"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _times(_SIDE), "examples": ["1280x720"]},
                {"type": "array", "prefixItems": [_PIXELS] * 2, "minItems": 2, "maxItems": 2},
            ]
        }
    ),
]
Fps = Annotated[float, Field(ge=1, le=120)]
ThemeChoice = Annotated[Choice, ChoiceOf("theme")]
Text = Annotated[
    str,
    Field(max_length=200, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]*$"),
    AfterValidator(_one_line),
]
Probe = Annotated[
    int | str, BeforeValidator(_probe), WithJsonSchema({"type": ["integer", "string"]})
]
Units = Annotated[int, Field(ge=1, strict=True), AtMost(limits.UNITS)]
Frame = Annotated[
    int | str,
    BeforeValidator(_frame),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"enum": list(FRAMES)}]}),
]
Grid = Annotated[
    tuple[int, int],
    BeforeValidator(_grid),
    PlainSerializer(lambda grid: f"{grid[0]}x{grid[1]}"),
    WithJsonSchema({"type": "string", "pattern": _times(_TILES), "examples": ["4x3"]}),
]
Bytes = Annotated[
    int,
    BeforeValidator(_bytes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0.5},
                {"type": "string", "pattern": _BYTES, "examples": ["10MB", "500kB"]},
            ]
        }
    ),
]
Positive = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(ge=0, le=60)]
Ratios = tuple[Annotated[float, Field(gt=0, le=100)], ...]
Flag = Annotated[bool, Field(strict=True)]

Activation = Annotated[Choice, ChoiceOf("activation")]
Initializer = Annotated[Choice, ChoiceOf("initializer")]
Regularizer = Annotated[Choice, ChoiceOf("regularizer")]
