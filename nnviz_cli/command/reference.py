"""The reference of all that a spec can say, as Markdown; `make schema` writes docs/reference.md.

It is derived from the JSON Schema and from what `nnviz list` prints.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from nnviz_cli.command.catalog import SINGULAR, catalog
from nnviz_cli.spec.choice import choice_model
from nnviz_cli.spec.names import FAMILIES
from nnviz_cli.spec.schema import Schema, json_schema

_SECTIONS = {  # the mappings of a spec, in the order of the reference: heading and definition
    "The spec": "",
    "`model`": "Model",
    "`model.layers`": "Layer",
    "`training`": "Training",
    "`view`": "View",
    "`captions`": "Remark",
    "`outputs`": "Output",
}
_SCALARS = {"string": "text", "boolean": "`true`, `false`", "object": "mapping"}
_ABOUT = """\
# Reference

<!-- written by `make schema`; do not edit -->

All keys of a spec, and all names that it can use. `nnviz show SPEC` prints a spec with every
default filled in, `nnviz list KIND` prints the tables of names.
"""


def reference() -> str:
    """The whole document."""
    schema = json_schema()
    parts = [_ABOUT]
    for heading, definition in _SECTIONS.items():
        parts.append(f"## {heading}\n")
        whole = schema["$defs"][definition] if definition else schema
        mapping = whole if "properties" in whole else whole["anyOf"][-1]
        parts += [_sentence(whole["description"]), "", *table(_rows(mapping)), ""]
    for kind, family in SINGULAR.items():
        parts += [f"## {kind.capitalize()}\n", *_members(kind, family)]
    return "\n".join(parts)


def _members(kind: str, family: str) -> Iterator[str]:
    """The names of a kind in one table, then a table of options for each that has some."""
    entries = catalog(kind)
    cells = [[_code(each["name"]), codes(each["aliases"]), each["help"]] for each in entries]
    used = [column for column in range(3) if any(row[column] for row in cells)]
    heads = [("name", "also", "what it is")[column] for column in used]
    yield from table([heads, *([row[column] for column in used] for row in cells)])
    yield ""
    if family not in FAMILIES:
        return
    together: dict[str, list[str]] = {}  # names that have the same options
    for each in entries:
        options = choice_model(family, each["name"]).model_json_schema()
        del options["properties"]["name"]
        kept = {key: options[key] for key in ("properties", "required")}
        together.setdefault(json.dumps(kept), []).append(each["name"])
    for text, names in together.items():
        options = json.loads(text)
        if options["properties"]:
            yield f"Options of {codes(names)}:\n"
            yield from table(_rows(options))
            yield ""


def _rows(mapping: Schema) -> Iterator[list[str]]:
    """Heading and rows for the properties of a mapping."""
    yield ["key", "value", "default", "description"]
    for key, value in mapping["properties"].items():
        required = key in mapping.get("required", ())
        default = "required" if required else _default(value.get("default"))
        yield [_code(key), _value(value), default, value["description"]]


def _default(value: Any) -> str:
    """A default as YAML has it; that of a mapping is in the mapping's own table."""
    if value is None or isinstance(value, dict):
        return ""
    return _code(json.dumps(value, ensure_ascii=False))


def _value(schema: Schema) -> str:
    """What a value may be, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _link(name)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(map(_value, _without_null(choices))))
    if "enum" in schema:
        return codes(schema["enum"])
    if "const" in schema:
        return _code(schema["const"])
    if schema.get("type") == "array":
        return _list(schema)
    if schema.get("examples"):
        return f"text like {codes(schema['examples'])}"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(_scalar(kind, schema) for kind in kinds if kind != "null")


def _without_null(schemas: Iterable[Schema]) -> Iterator[Schema]:
    return (each for each in schemas if each.get("type") != "null")


def _list(schema: Schema) -> str:
    if "prefixItems" in schema:
        return "[" + ", ".join(map(_value, schema["prefixItems"])) + "]"
    return f"list of: {_value(schema['items'])}"


def _scalar(kind: str, schema: Schema) -> str:
    """Text, true or false, or a number with its bounds where they say something."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [
        f"{sign} {schema[key]:g}"
        for key, sign in signs.items()
        if key in schema and abs(schema[key]) < 2**31 - 1
    ]
    return " ".join([kind, ", ".join(bounds)]).strip()


def _link(name: str) -> str:
    """A link to the section of a family, or of a mapping."""
    for kind, family in SINGULAR.items():
        if family == name:
            return f"[{family}](#{kind})"
    heading = next(heading for heading, each in _SECTIONS.items() if each == name)
    return f"[mapping](#{heading.replace('`', '').replace('.', '')})"


def table(rows: Iterable[list[str]]) -> Iterator[str]:
    """The lines of a table of Markdown; the first row is its head."""
    head, *body = rows
    for row in (head, ["---"] * len(head), *body):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _code(value: Any) -> str:
    return f"`{value}`"


def codes(values: Iterable[Any]) -> str:
    """Values in the form of code, with commas between them."""
    return ", ".join(map(_code, values))


if __name__ == "__main__":
    sys.stdout.write(reference())
