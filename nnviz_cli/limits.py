"""Limits on the size of an experiment, which `--large` lifts.

A spec may be untrusted or contain a typing error: what would fill the disk or the memory is
refused when the spec is checked, not after an hour.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

FRAMES = 20_000
SIDE = 4096  # pixels
POINTS = 500_000
UNITS = 1024  # of a layer
RECORDING = 8e9  # bytes of disk while a film is made
MEMORY = 4e9  # bytes of memory while a network is trained
PROGRAMS = 1e8  # of them for compiled programs, whatever the network
GRADIENT = 2.5  # how often a gradient needs the activations
FLOAT32 = (2 - 2**-23) * 2.0**127  # the largest float32
INT32 = 2**31 - 1
UNIT_MESH = 41  # points per side, where each unit is drawn as a map
MESH = 97  # points per side of the data's range, for the output as a surface
LIFT = "--large lifts this limit"
BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20}


@dataclass(frozen=True)
class AtMost:
    """A bound of a field that `--large` lifts; part of the field's annotation."""

    most: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "maximum": self.most}

    def _check(self, value: int, info: ValidationInfo) -> int:
        if value > self.most and not is_lifted(info):
            message = f"must be at most {self.most}, got {value}"
            raise PydanticCustomError("nnviz", "{message}", {"message": message, "hint": LIFT})
        return value


def byte_count(text: str) -> int:
    """'10MB' to 10 000 000. Raises ValueError if it is not a file size."""
    found = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]{0,3})\s*", text)
    unit = BYTES.get(found[2].lower()) if found else None
    if not found or not unit or not (count := round(float(found[1]) * unit)):
        raise ValueError(f"expected a size like 10MB or 500kB, got '{text}'")
    return count


def in_bytes(count: int) -> str:
    """A file size as text."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


def is_lifted(info: ValidationInfo) -> bool:
    """Whether the limits are lifted for this validation."""
    return bool((info.context or {}).get("large"))


def mesh_points(reach: tuple[float, float]) -> tuple[int, int]:
    """Columns and rows of the surface that reaches so much further than the data."""
    columns, rows = (round((MESH - 1) * side) + 1 for side in reach)
    return columns, rows


def training_bytes(samples: int, units: Sequence[int], frame: int) -> int:
    """Memory that a training takes besides TensorFlow itself; see `test_memory.py` for its error.

    The gradient over all samples needs the activations of all layers, 2.3 times with tanh and
    2.7 times with ReLU by measurement; two frames of so many bytes are there at once.
    """
    return round(PROGRAMS + GRADIENT * 4 * samples * sum(units[1:]) + 2 * frame)
