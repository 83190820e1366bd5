"""One of a family by name, with its options: `rings`, or `{name: rings, noise: 0.01}`.

A family is a table of functions whose keyword-only arguments are the options, or a
family of Keras as `keras_names` lists it. Checks, editor schema and `nnviz list` are all
derived from those.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from nnviz_cli.draw.theme import Theme
from nnviz_cli.errors import did_you_mean
from nnviz_cli.limits import FLOAT32, INT32
from nnviz_cli.spec import keras_names
from nnviz_cli.spec.keras_help import parameter_help
from nnviz_cli.spec.names import FUNCTIONS, canonical, names, suggestion

FAMILY = "family"  # stands for the schema of a family until `spec.schema` puts that there

# what people write for what we call otherwise
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


class Variant(Strict):
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
class Family:
    """Makes a field take any variant of a family: a name, or a mapping with a name."""

    word: str  # 'dataset', 'optimizer'; one of `naming.FAMILIES`

    def validate(self, value: Any, info: ValidationInfo) -> Variant:
        """Find the variant by its name, then check its options."""
        value, _ = long_form(self.word, value)
        given = value.get("name") if isinstance(value, Mapping) else None
        if not isinstance(given, str):
            raise self._nameless(value)
        name = canonical(self.word, given)
        if name is None:
            text = f"unknown {self.word} '{given}'"
            hint = suggestion(self.word, given)
            raise refusal(text, hint, names(self.word), about="name")
        options = {**value, "name": name}
        return variant(self.word, name).model_validate(options, context=info.context)

    def _nameless(self, value: Any) -> PydanticCustomError:
        """The error for what has no name; the name may be there as a key among others."""
        keys = value if isinstance(value, Mapping) else ()
        for key in keys:
            if canonical(self.word, str(key)):
                hint = f"write {{name: {key}, option: value}} or {{{key}: {{option: value}}}}"
                return refusal(f"expected the name of {_a(self.word)} with its options", hint)
        return refusal(f"expected the name of {_a(self.word)}", "", names(self.word))

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
        return {FAMILY: self.word}


def long_form(word: str, value: Any) -> tuple[Any, str]:
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
    if word == "regularizer" and value.keys() <= {"l1", "l2"}:
        return {"name": "l1_l2", **value}, ""
    return value, ""


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


def named(word: str, name: str) -> Variant:
    """A variant with its default options."""
    return variant(word, name)(name=name)


def one_line(word: str, name: str) -> str:
    """What a dataset or a panel is, in one line; Keras documents its own words."""
    function = FUNCTIONS.get(word, {}).get(name)
    return (inspect.getdoc(function) or "").partition("\n")[0] if function else ""


@cache
def variant(word: str, name: str) -> type[Variant]:
    """The model of a variant: its name, and a field for each of its options."""
    if word == "theme":
        options = _theme_fields()
    elif word in FUNCTIONS:
        options = _function_fields(FUNCTIONS[word][name])
    else:
        options = _keras_fields(word, name)
    return create_model(name, __base__=Variant, **{"name": (Literal[name], ...), **options})


def _function_fields(function: Callable[..., Any]) -> dict[str, Any]:
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


def _theme_fields() -> dict[str, Any]:
    """A change to any colour or font of a theme; none by default."""
    color = Annotated[
        str, AfterValidator(_color), WithJsonSchema({"type": "string", "pattern": f"^{_COLOR}$"})
    ]
    font = Annotated[str, Field(min_length=1, max_length=60, pattern=f"^[^{_NOT_IN_A_FONT}]+$")]
    kinds: dict[Any, Any] = {
        "text": font,
        "figures": font,
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


def _keras_fields(family: str, name: str) -> dict[str, Any]:
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


def _brief(value: Variant | None) -> Any:
    """The name alone if there is no option to tell, else a mapping."""
    if value is None:
        return None
    given = {key: item for key, item in value.options.items() if item is not None}
    return {"name": value.name, **given} if given else value.name


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _unknown_key(key: Any, known: list[str]) -> InitErrorDetails:
    other = _OTHER_WORDS.get(str(key), "")
    hint = f"did you mean '{other}'?" if other in known else did_you_mean(str(key), known)
    error = refusal(f"unknown key '{key}'", hint if known else "there are no options", known)
    return InitErrorDetails(type=error, loc=(key,), input=key)


def _detail(item: Any) -> InitErrorDetails:
    """An error that pydantic has reported, to be reported again one level up."""
    kind, context = item["type"], item.get("ctx", {})
    again = PydanticCustomError(kind, "{message}", context) if kind == "nnviz" else kind
    detail = InitErrorDetails(type=again, loc=item["loc"], input=item["input"])
    return detail if kind == "nnviz" else InitErrorDetails(**detail, ctx=context)
