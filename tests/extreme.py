"""Specs with one extreme number each: negative zero, subnormals, both ends of every bound.

They are derived from the JSON Schema, so a new option needs nothing here.
"""

import math
import sys
from collections.abc import Iterator
from typing import Any

from nnviz_cli.data.table import kind
from nnviz_cli.spec.schema import json_schema

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
WHOLE = (0, -1, 1, 2**31, 2**63, -(2**63), 10**29, -0.0)
REAL = (-0.0, 0.0, 1.0, 1e18, 1e308, -1e308, sys.float_info.max, -sys.float_info.max)
# float64's and float32's smallest normal numbers, subnormals below them, and float32's end
SMALL = (5e-324, -5e-324, 1e-310, sys.float_info.min, 1.1754944e-38, 1e-40, 1e-45)
FLOAT32 = (3.4e38, 3.5e38, -3.4e38)
# what a mapping needs beside the option that varies
NEEDED = {"units": 2, "epoch": 1, "text": "t", "path": "a.png", "layers": [2]}

Schema = dict[str, Any]
Case = tuple[str, float, Any]  # the path of a number, the number, and a value that holds it


def numbers(schema: Schema) -> list[float]:
    """The extreme numbers for a field: its bounds, their neighbours, and the ends of its type."""
    ends = [schema[key] for key in BOUNDS if key in schema]
    if schema["type"] == "integer":
        near = [end + step for end in ends for step in (-1, 0, 1)]
        return [*WHOLE, *near]
    near = [math.nextafter(end, side) for end in ends for side in (end, -math.inf, math.inf)]
    return [*REAL, *SMALL, *FLOAT32, *near]


def values(schema: Schema, definitions: Schema, path: str = "") -> Iterator[Case]:
    """Values of a schema with one extreme number in each."""
    schema = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from values(choice, definitions, path)
    if schema.get("type") in ("integer", "number"):
        yield from ((path, number, number) for number in numbers(schema))
    yield from _listed(schema, definitions, path)
    yield from _mapped(schema, definitions, path)


def _listed(schema: Schema, definitions: Schema, path: str) -> Iterator[Case]:
    places = schema.get("prefixItems", ())
    usual = schema.get("default") or [1.0] * len(places)
    for i, place in enumerate(places):
        for inner, number, value in values(place, definitions, f"{path}.{i}"):
            yield inner, number, [*usual[:i], value, *usual[i + 1 :]]
            yield inner, number, [value] * len(places)
    if isinstance(schema.get("items"), dict):
        for inner, number, value in values(schema["items"], definitions, path):
            yield inner, number, [value]


def _mapped(schema: Schema, definitions: Schema, path: str) -> Iterator[Case]:
    properties = schema.get("properties", {})
    needed = {key: _usual(key, properties[key]) for key in schema.get("required", ())}
    for key, inside in properties.items():
        name = f".{needed['name']}" if "name" in needed else ""
        for inner, number, value in values(inside, definitions, f"{path}{name}.{key}".lstrip(".")):
            yield inner, number, {**needed, key: value}


def _usual(key: str, schema: Schema) -> Any:
    schema = schema.get("anyOf", [schema])[0]  # a name: those that are proposed, a pattern
    if "const" in schema or "enum" in schema:
        return schema.get("const") or schema["enum"][0]
    return NEEDED.get(key, 0.5)


def specs() -> Iterator[Case]:
    """Plain specs, small, and valid but for the extreme number."""
    schema = json_schema()
    definitions = schema.pop("$defs")
    del schema["required"]
    for path, number, plain in values(schema, definitions):
        dataset = plain.setdefault("dataset", {"name": "rings", "points": 4})
        if path.startswith(("view.panels.fit", "training.metrics.r2_score")):
            dataset = plain["dataset"] = {"name": "polynomial", "points": 4}
        elif path.startswith(("training.loss.categorical", "training.metrics.sparse_top_k")):
            dataset = plain["dataset"] = {"name": "gaussians", "points": 4}
        elif path.endswith("_ratios"):
            plain["view"]["panels"] = "hidden"
        model = plain.get("model", {})
        model = model if isinstance(model, dict) else {"layers": model}
        plain["model"] = {**model, "layers": [*model.get("layers", [2]), _outputs(dataset)]}
        yield path, number, {"frames": 2, **plain}


def _outputs(dataset: Schema) -> int:
    """The units of the last layer; any number where the dataset itself is invalid."""
    options = {key: value for key, value in dataset.items() if key in ("arms", "blobs")}
    valid = all(type(value) is int and 2 <= value <= 8 for value in options.values())
    return kind(dataset["name"], options if valid else {}).outputs
