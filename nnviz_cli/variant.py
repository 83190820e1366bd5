"""One of a family by name, with its options: `rings`, or `{name: rings, noise: 0.01}`.

A family is a table of functions whose keyword-only arguments are the options, or a
family of Keras as its vocabulary lists it. Checks, editor schema and `nnviz list` are all
derived from those.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, Literal, Self

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
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from nnviz_cli import vocabulary
from nnviz_cli.dataset import DATASETS
from nnviz_cli.errors import did_you_mean
from nnviz_cli.panel import PANELS
from nnviz_cli.theme import THEMES, Theme

_FUNCTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "dataset": DATASETS,
    "panel": {name: panel.draw for name, panel in PANELS.items()},
}

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


class Strict(BaseModel):
    """A mapping of the spec: frozen, and every unknown key is an error with a suggestion."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_unknown_keys(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Self:
        if not isinstance(value, Mapping):
            return handler(value)  # type: ignore[no-any-return]
        known = {key: item for key, item in value.items() if key in cls.model_fields}
        details = [_unknown_key(key, cls.model_fields) for key in value if key not in known]
        try:
            model: Self = handler(known)
        except ValidationError as error:
            details += [_detail(item) for item in error.errors()]
        else:
            details += _flags_for_numbers(known, model)
        if details:
            raise ValidationError.from_exception_data(cls.__name__, details)
        return model


def _flags_for_numbers(given: Mapping[str, Any], model: BaseModel) -> Iterator[InitErrorDetails]:
    """Values that are true or false where a number is wanted: pydantic takes them for 1 and 0."""
    for key, value in given.items():
        made = getattr(model, key)
        pairs: list[tuple[tuple[str | int, ...], Any, Any]] = [((key,), value, made)]
        if isinstance(value, list) and isinstance(made, tuple):
            pairs = [((key, i), *pair) for i, pair in enumerate(zip(value, made, strict=False))]
        for path, before, after in pairs:
            if isinstance(before, bool) and not isinstance(after, bool | BaseModel):
                yield InitErrorDetails(type="float_type", loc=path, input=before)


class Variant(Strict):
    """One of a family, by name, with its options: `rings`, or `{name: rings, noise: 0.01}`."""

    name: str

    @property
    def options(self) -> dict[str, Any]:
        """The options by name, without the name."""
        return {key: getattr(self, key) for key in type(self).model_fields if key != "name"}


@dataclass(frozen=True)
class Family:
    """Makes a field take any variant of a family: a name, or a mapping with a name."""

    word: str  # 'dataset', 'optimizer'; a key of `_names`

    def validate(self, value: Any, info: ValidationInfo) -> Variant:
        """Find the variant by its name, then check its options."""
        value = self._expand(value)
        if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
            raise refusal(f"expected the name of {_a(self.word)}", "", names(self.word))
        name = _canonical(self.word, value["name"])
        if name is None:
            known = names(self.word)
            text = f"unknown {self.word} '{value['name']}'"
            raise refusal(text, did_you_mean(value["name"], known), known)
        options = {**value, "name": name}
        return variant(self.word, name).model_validate(options, context=info.context)

    def _expand(self, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if self.word == "regularizer" and isinstance(value, Mapping) and "name" not in value:
            return {"name": "l1_l2", **value}  # {l2: 1e-3}
        return value

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
        known = names(self.word)
        short: list[JsonSchemaValue] = [{"type": "string", "enum": known}]
        if self.word == "regularizer":
            number = {"type": "number", "minimum": 0}
            keys = {"l1": number, "l2": number}
            short.append({"type": "object", "properties": keys, "additionalProperties": False})
        long = [variant(self.word, name).model_json_schema() for name in known]
        return {"anyOf": [*short, *long]}


def refusal(message: str, hint: str = "", known: Iterable[str] = ()) -> PydanticCustomError:
    """What a validator raises: a message, and a hint with the names that would do."""
    names = list(known)
    listed = f"known: {', '.join(names)}" if names else ""
    hint = "; ".join(part for part in (hint, listed) if part)
    # braces would be taken for placeholders, so the message itself is one
    return PydanticCustomError("nnviz", "{message}", {"message": message, "hint": hint})


def named(word: str, name: str) -> Variant:
    """A variant with its default options."""
    return variant(word, name)(name=name)


def names(word: str) -> list[str]:
    """The names of a family's variants: datasets, panels, themes, or a family of Keras."""
    if word == "theme":
        return list(THEMES)
    return list(_FUNCTIONS[word] if word in _FUNCTIONS else vocabulary.words(word))


def one_line(word: str, name: str) -> str:
    """What a dataset or a panel is, in one line; Keras documents its own words."""
    function = _FUNCTIONS.get(word, {}).get(name)
    return (inspect.getdoc(function) or "").partition("\n")[0] if function else ""


@cache
def variant(word: str, name: str) -> type[Variant]:
    """The model of a variant: its name, and a field for each of its options."""
    if word == "theme":
        options = _theme_fields()
    elif word in _FUNCTIONS:
        options = _function_fields(_FUNCTIONS[word][name])
    else:
        options = _keras_fields(vocabulary.words(word)[name].parameters)
    return create_model(name, __base__=Variant, **{"name": (Literal[name], ...), **options})


def _canonical(word: str, name: str) -> str | None:
    if word == "theme" or word in _FUNCTIONS:
        return name if name in names(word) else None
    return vocabulary.canonical(word, name)


def _function_fields(function: Callable[..., Any]) -> dict[str, Any]:
    """The keyword-only arguments: their annotations and defaults."""
    return {
        name: (parameter.annotation, parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


def _color(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise refusal(f"expected a colour like '#2563d9', got {value!r}")
    return value


def _theme_fields() -> dict[str, Any]:
    """A change to any colour or font of a theme; none by default."""
    color = Annotated[str, AfterValidator(_color)]
    font = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[\w .,'()+&-]+$")]
    kinds: dict[Any, Any] = {
        "text": font,
        "figures": font,
        "classes": Annotated[tuple[color, ...], Field(min_length=2, max_length=16)],
        "ramp": Annotated[tuple[color, ...], Field(min_length=2, max_length=16)],
    }
    return {field.name: (kinds.get(field.name, color) | None, None) for field in fields(Theme)}


def _keras_fields(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Keras's own parameters; the vocabulary marks those that must be given."""
    return {
        name: (float, ...) if value == vocabulary.REQUIRED else (_keras_type(name, value), value)
        for name, value in parameters.items()
    }


def _keras_type(name: str, default: Any) -> Any:
    if isinstance(default, str):
        return str
    if isinstance(default, bool):
        return Annotated[bool, Field(strict=True)]
    if isinstance(default, int) or name.endswith("_steps"):
        kind: Any = Annotated[int, Field(strict=True)]
    else:
        kind = Annotated[float, Field(**_BOUNDS.get(name, {}))]
    return kind | None if default is None else kind


_BOUNDS: dict[str, Any] = {
    "learning_rate": {"gt": 0},
    "epsilon": {"gt": 0},
    "weight_decay": {"ge": 0},
    "l1": {"ge": 0},
    "l2": {"ge": 0},
    "stddev": {"ge": 0},
    **{key: {"ge": 0, "le": 1} for key in ("momentum", "rho", "label_smoothing")},
    **{key: {"ge": 0, "lt": 1} for key in ("beta_1", "beta_2", "adam_beta_1", "adam_beta_2")},
}


def _brief(value: Variant | None) -> Any:
    """The name alone if there is no option to tell, else a mapping."""
    if value is None:
        return None
    given = {key: item for key, item in value.options.items() if item is not None}
    return {"name": value.name, **given} if given else value.name


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _unknown_key(key: Any, fields: Iterable[str]) -> InitErrorDetails:
    known = [name for name in fields if name != "name"] or list(fields)
    other = _OTHER_WORDS.get(str(key), "")
    hint = f"did you mean '{other}'?" if other in known else did_you_mean(str(key), known)
    error = refusal(f"unknown key '{key}'", hint, known)
    return InitErrorDetails(type=error, loc=(key,), input=key)


def _detail(item: Any) -> InitErrorDetails:
    """An error that pydantic has reported, to be reported again one level up."""
    kind, context = item["type"], item.get("ctx", {})
    again = PydanticCustomError(kind, "{message}", context) if kind == "nnviz" else kind
    detail = InitErrorDetails(type=again, loc=item["loc"], input=item["input"])
    return detail if kind == "nnviz" else InitErrorDetails(**detail, ctx=context)
