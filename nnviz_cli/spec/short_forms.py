"""Short forms of a spec, spelled out by one rule before anything is checked.

What is not a mapping where a mapping is expected is the value of its main key: `3` is short for
`{units: 3}`, `[3, 2, 1]` for `{layers: [3, 2, 1]}`, `a.gif` for `{path: a.gif}` and `adam` for
`{name: adam}`. A name with its options is short for one mapping of both: `choice.long_form`.
"""

from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from nnviz_cli.errors import Place
from nnviz_cli.spec.choice import ChoiceOf, long_form
from nnviz_cli.spec.keys import Spec
from nnviz_cli.spec.overrides import Assignment, override
from nnviz_cli.spec.strict import Strict
from nnviz_cli.spec.yaml_reader import Document, KeyPath


def with_settings(document: Document, assignments: Sequence[str | Assignment]) -> Document:
    """The document spelled out, with values set by `--set` and other options, in order."""
    return override(spelled_out(document), assignments, spelled_out)


def spelled_out(document: Document) -> Document:
    """The document without short forms of mappings; all values and keys keep their places."""
    spelling = _Spelling(document)
    value = spelling.value((), (), Spec, document.value)
    return Document(document.source, value, spelling.places, spelling.keys)


class _Spelling:
    """Copies values from their old paths to the new ones; notes the places of the latter.

    `kind` is the annotation of what is expected, or None.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.places: dict[KeyPath, Place] = {}
        self.keys: dict[KeyPath, Place] = {}

    def value(self, old: KeyPath, new: KeyPath, kind: Any, value: Any) -> Any:
        if place := self._document.exact_place(old):
            self.places[new] = place
        kind, choice = _bare(kind)
        if choice and not isinstance(value, list):
            return self._choice(old, new, choice, value)
        if isinstance(value, dict):
            return {key: self._entry(old, new, key, kind, item) for key, item in value.items()}
        short = _short(kind)
        if short and value is not None:
            return {short: self.value(old, (*new, short), _field(kind, short), value)}
        if isinstance(value, list):
            inside = _item(kind)
            return [self.value((*old, i), (*new, i), inside, item) for i, item in enumerate(value)]
        return value

    def _entry(self, old: KeyPath, new: KeyPath, key: str, kind: Any, value: Any) -> Any:
        if place := self._document.exact_place((*old, key), key=True):
            self.keys[*new, key] = place
        return self.value((*old, key), (*new, key), _field(kind, key), value)

    def _choice(self, old: KeyPath, new: KeyPath, choice: ChoiceOf, value: Any) -> Any:
        named, under = long_form(choice.family, value)
        if not isinstance(named, dict):
            return named
        inside = (*old, under) if under else old
        if isinstance(value, dict):
            named = {key: self._entry(inside, new, key, None, item) for key, item in named.items()}
        if under or not isinstance(value, dict):
            self.places[*new, "name"] = self._document.place(inside, key=bool(under))
        return named


def _bare(kind: Any) -> tuple[Any, ChoiceOf | None]:
    """An annotation without what is around it, and the choice that it takes.

    A mosaic is taken for its panels: the brackets of its rows may be left out.
    """
    while True:
        inner = get_args(kind)
        if get_origin(kind) is Annotated:
            if choice := next((each for each in inner if isinstance(each, ChoiceOf)), None):
                return kind, choice
            kind = inner[0]
        elif get_origin(kind) in (Union, UnionType):
            kind = inner[0]
        elif get_origin(kind) is tuple and get_origin(inner[0]) is tuple:
            kind = get_args(inner[0])[0]
        else:
            return kind, None


def _is_mapping(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Strict)


def _short(kind: Any) -> str:
    return str(kind.short) if _is_mapping(kind) else ""


def _field(kind: Any, key: str) -> Any:
    """The annotation of a field, or None."""
    field = kind.model_fields.get(key) if _is_mapping(kind) else None
    return field and Annotated[field.annotation, *field.metadata, None]


def _item(kind: Any) -> Any:
    """The annotation of a list's items, or None; with a choice, the same for rows of panels."""
    if get_origin(kind) is Annotated:
        return kind
    return get_args(kind)[0] if get_origin(kind) is tuple else None
