"""Mappings of the spec that accept known keys only."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from nnviz_cli.errors import did_you_mean

# other common names of keys
_OTHER_WORDS = {
    **dict.fromkeys(("lr", "alpha", "rate"), "learning_rate"),
    **dict.fromkeys(("n_epochs", "num_epochs", "nb_epoch"), "epochs"),
    **dict.fromkeys(("n_frames", "steps"), "frames"),
    **dict.fromkeys(("neurons", "nodes", "width"), "units"),
    **dict.fromkeys(("data", "data_set"), "dataset"),
    **dict.fromkeys(("network", "net", "architecture"), "model"),
    **dict.fromkeys(("video", "style", "look"), "view"),
    **dict.fromkeys(("resolution", "res", "dimensions"), "size"),
    **dict.fromkeys(("train", "trainer", "fit"), "training"),
    "act": "activation",
    "figures": "mono_font",
    "batch": "batch_size",
    "bias": "use_bias",
    "regularizer": "kernel_regularizer",
    "initializer": "kernel_initializer",
    "layer": "probe",
    "samples": "points",
    "opt": "optimizer",
}


def _strict_numbers(schema: Any) -> Any:
    """A schema of pydantic's core whose numbers are not read from text or from true and false."""
    if isinstance(schema, list | tuple):
        return type(schema)(map(_strict_numbers, schema))
    if not isinstance(schema, dict):
        return schema
    strict = {"strict": True} if schema.get("type") in ("int", "float") else {}
    return {key: _strict_numbers(value) for key, value in schema.items()} | strict


class Strict(BaseModel):
    """A mapping of the spec: frozen, and every unknown key is an error with a suggestion.

    A number must be a number: neither text nor true and false are taken for one.
    """

    model_config = ConfigDict(
        frozen=True, allow_inf_nan=False, hide_input_in_errors=True, extra="forbid"
    )
    short: ClassVar[str] = ""  # the key for which a value other than a mapping is short

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return _strict_numbers(handler(source))  # type: ignore[no-any-return]

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        made = handler(core)
        if cls.short:
            whole = handler.resolve_ref_schema(made)
            mapping = dict(whole)
            whole.clear()
            whole["description"] = mapping.pop("description")
            whole["anyOf"] = [mapping["properties"][cls.short], mapping]
        return made

    @classmethod
    def keys(cls) -> list[str]:
        """The keys that a user may give."""
        return list(cls.model_fields)

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_unknown_keys(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Self:
        if not isinstance(value, Mapping):
            return handler(value)  # type: ignore[no-any-return]
        known = {key: item for key, item in value.items() if key in cls.model_fields}
        details = [_unknown_key(key, cls.keys()) for key in value if key not in known]
        try:
            model: Self = handler(known)
        except ValidationError as error:
            details += [_detail(item) for item in error.errors()]
        if details:
            raise ValidationError.from_exception_data(cls.__name__, details)
        return model


def refusal(
    message: str, hint: str = "", known: Iterable[str] = (), *, about: str = ""
) -> PydanticCustomError:
    """What a validator raises: a message, and a hint with the names that would do.

    `about` is the key inside the value where the problem is.
    """
    known = ", ".join(known)
    hint = "; ".join(part for part in (hint, known and f"known: {known}") if part)
    # braces would be taken for placeholders, so the message itself is one
    context = {"message": message, "hint": hint, "about": about}
    return PydanticCustomError("nnviz", "{message}", context)


def _unknown_key(key: Any, known: list[str]) -> InitErrorDetails:
    other = _OTHER_WORDS.get(str(key), "")
    hint = f"did you mean '{other}'?" if other in known else did_you_mean(str(key), known)
    error = refusal(f"unknown key '{key}'", hint if known else "it has no options", known)
    return InitErrorDetails(type=error, loc=(key,), input=key)


def _detail(item: Any) -> InitErrorDetails:
    """An error that pydantic has reported, to be reported again one level up."""
    kind, context = item["type"], item.get("ctx", {})
    again = PydanticCustomError(kind, "{message}", context) if kind == "nnviz" else kind
    detail = InitErrorDetails(type=again, loc=item["loc"], input=item["input"])
    return detail if kind == "nnviz" else InitErrorDetails(**detail, ctx=context)
