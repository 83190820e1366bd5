"""A choice by name, with its options: `rings`, or `{name: rings, noise: 0.01}`.

A family is a table of functions whose keyword-only arguments are the options, or a
family of Keras as `keras_names` lists it. Checks, editor schema and `nnviz list` are all
derived from those.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    create_model,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from nnviz_cli.spec.choice_options import function_fields, keras_fields, theme_fields
from nnviz_cli.spec.names import FUNCTIONS, canonical, names, suggestion
from nnviz_cli.spec.strict import Strict, refusal

FAMILY = "family"  # stands for the schema of a family until `spec.schema` puts that there


class Choice(Strict):
    """One of a family, by name, with its options: `rings`, or `{name: rings, noise: 0.01}`."""

    name: str

    @classmethod
    def keys(cls) -> list[str]:
        """The names of the options."""
        return [key for key in cls.model_fields if key != "name"]

    @property
    def options(self) -> dict[str, Any]:
        """The options by name, without the name."""
        return {key: getattr(self, key) for key in self.keys()}


@dataclass(frozen=True)
class ChoiceOf:
    """Makes a field take any choice of a family: a name, or a mapping with a name."""

    family: str  # 'dataset', 'optimizer'; one of `names.FAMILIES`

    def validate(self, value: Any, info: ValidationInfo) -> Choice:
        """Find the choice by its name, then check its options."""
        value, _ = long_form(self.family, value)
        given = value.get("name") if isinstance(value, Mapping) else None
        if not isinstance(given, str):
            raise self._nameless(value)
        name = canonical(self.family, given)
        if name is None:
            text = f"unknown {self.family} '{given}'"
            hint = suggestion(self.family, given)
            raise refusal(text, hint, names(self.family), about="name")
        options = {**value, "name": name}
        return choice_model(self.family, name).model_validate(options, context=info.context)

    def _nameless(self, value: Any) -> PydanticCustomError:
        """The error for what has no name; the name may be there as a key among others."""
        keys = value if isinstance(value, Mapping) else ()
        for key in keys:
            if canonical(self.family, str(key)):
                hint = f"write {{name: {key}, option: value}} or {{{key}: {{option: value}}}}"
                return refusal(f"expected the name of {_a(self.family)} with its options", hint)
        return refusal(f"expected the name of {_a(self.family)}", "", names(self.family))

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(_brief),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {FAMILY: self.family}


def long_form(family: str, value: Any) -> tuple[Any, str]:
    """`{name: …}` with options of what may be in a short form, and the key they were under.

    `adam` is short for `{name: adam}`, and `{adam: {beta_1: 0.8}}` for `{name: adam, beta_1:
    0.8}`: its options were under 'adam'. The penalties `{l1: …, l2: …}` need no name.
    """
    if not isinstance(value, Mapping):
        return (value if value is None else {"name": value}), ""
    if "name" in value:
        return value, ""
    if len(value) == 1:
        ((under, options),) = value.items()
        if options is None or (isinstance(options, Mapping) and "name" not in options):
            return {"name": under, **(options or {})}, under
    if family == "regularizer" and value.keys() <= {"l1", "l2"}:
        return {"name": "l1_l2", **value}, ""
    return value, ""


def named(family: str, name: str) -> Choice:
    """A choice with its default options."""
    return choice_model(family, name)(name=name)


def one_line(family: str, name: str) -> str:
    """The first docstring line of a dataset or panel; '' for what Keras documents."""
    function = FUNCTIONS.get(family, {}).get(name)
    return (inspect.getdoc(function) or "").partition("\n")[0] if function else ""


@cache
def choice_model(family: str, name: str) -> type[Choice]:
    """The model of a choice: its name, and a field for each of its options."""
    if family == "theme":
        options = theme_fields()
    elif family in FUNCTIONS:
        options = function_fields(FUNCTIONS[family][name])
    else:
        options = keras_fields(family, name)
    return create_model(name, __base__=Choice, **{"name": (Literal[name], ...), **options})


def _brief(value: Choice | None) -> Any:
    """The name alone if no option is set, else a mapping."""
    if value is None:
        return None
    given = {key: item for key, item in value.options.items() if item is not None}
    return {"name": value.name, **given} if given else value.name


def _a(family: str) -> str:
    return f"an {family}" if family[0] in "aeiou" else f"a {family}"
