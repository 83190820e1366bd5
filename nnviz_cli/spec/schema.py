"""The JSON Schema of a spec, by which editors complete and check it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from nnviz_cli.spec.choice import FAMILY, choice_model
from nnviz_cli.spec.keys import Spec
from nnviz_cli.spec.names import FAMILIES, aliases, names, pattern

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


class _Generate(GenerateJsonSchema):
    """Leaves out titles, which only repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def json_schema() -> Schema:
    """The schema of a spec, with all its short forms; it accepts whatever a check accepts."""
    schema = Spec.model_json_schema(schema_generator=_Generate)
    schema["$defs"] |= {family: _family(family) for family in FAMILIES}
    return {"$schema": DIALECT, **_resolved(schema)}


def _family(family: str) -> Schema:
    """One of a family: its name, `{name: …, options}` or `{name: {options}}`."""
    forms = [_name(family, names(family))]
    inside: Schema = {}
    for known, options, required in _same_options(family):
        named = _name(family, known) | {"description": f"which {family}"}
        forms.append(_mapping({"name": named} | options, ["name", *required]))
        inside[pattern(family, known)] = _mapping(options, required, null=not required)
    one = {"type": "object", "minProperties": 1, "maxProperties": 1}
    forms.append({**one, "patternProperties": inside, "additionalProperties": False})
    if family == "regularizer":  # the penalties alone
        (both,) = (options for known, options, _ in _same_options(family) if "l1_l2" in known)
        forms.append(_mapping(both))
    return {"anyOf": forms}


def _same_options(family: str) -> Iterator[tuple[list[str], Schema, list[str]]]:
    """Names of a family together with their options, and those that are required."""
    together: dict[str, list[str]] = {}
    for name in names(family):
        made = choice_model(family, name).model_json_schema(schema_generator=_Generate)
        del made["properties"]["name"]
        options = {key: made[key] for key in ("properties", "required")}
        together.setdefault(json.dumps(options), []).append(name)
    for text, known in together.items():
        made = json.loads(text)
        yield known, made["properties"], [key for key in made["required"] if key != "name"]


def _name(family: str, known: list[str]) -> Schema:
    """Some names, which editors propose, and all their spellings."""
    proposed = [each for name in known for each in (name, *aliases(family, name))]
    spellings = {"type": "string", "pattern": pattern(family, known)}
    return {"anyOf": [{"enum": proposed}, spellings]}


def _mapping(properties: Schema, required: Sequence[str] = (), *, null: bool = False) -> Schema:
    made: Schema = {"type": ["object", "null"] if null else "object", "properties": properties}
    made["additionalProperties"] = False
    return made | ({"required": list(required)} if required else {})


def _resolved(schema: Any) -> Any:
    """References to families, and no null as a default: it stands for one by context."""
    if isinstance(schema, list):
        return [_resolved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _resolved(value) for key, value in schema.items() if value is not None}
    if isinstance(kept.get(FAMILY), str):
        return {"$ref": f"#/$defs/{kept.pop(FAMILY)}"} | kept
    return kept
