"""What a shell completes: the values of options and arguments. Heavy imports wait for the Tab."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from types import NoneType
from typing import Any, Literal, get_args, get_origin


def one_of(words: Iterable[str]) -> Callable[[str], list[str]]:
    """The completion of a word that is one of a few."""
    known = list(words)

    def complete(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    return complete


frames = one_of(("first", "last", "key"))


def themes(incomplete: str) -> list[str]:
    """The names of themes."""
    from nnviz_cli.spec.names import names

    return one_of(names("theme"))(incomplete)


def templates(incomplete: str) -> list[str]:
    """The names of templates."""
    from nnviz_cli.spec.template import TEMPLATES

    return one_of(TEMPLATES)(incomplete)


def outputs(incomplete: str) -> list[str]:
    """The name as typed so far with the suffix of each format."""
    from nnviz_cli.film.formats import FORMATS
    from nnviz_cli.recording.shape import RECORDING

    path = PurePosixPath(incomplete)
    stem = incomplete.removesuffix(path.suffix) if path.suffix else incomplete.removesuffix(".")
    if not PurePosixPath(stem).name or stem.endswith("/"):
        return []
    suffixes = [suffix for suffix in (*FORMATS, RECORDING) if suffix.startswith(".")]
    return one_of(stem + suffix for suffix in suffixes)(incomplete)


def settings(incomplete: str) -> list[str]:
    """The keys of a spec for `--set`, and after the equals sign the values that have names."""
    from nnviz_cli.spec.keys import Spec

    key, equals, _ = incomplete.partition("=")
    found = [
        f"{name}={value}"
        for name, kinds in _keys(Spec)
        for value in (_values(kinds) if equals and name == key else [""])
    ]
    return one_of(found)(incomplete)


def _keys(kind: Any, inside: str = "") -> Iterator[tuple[str, list[Any]]]:
    """The dotted keys of a mapping of a spec, and the annotations of each."""
    from nnviz_cli.spec.choice import ChoiceOf
    from nnviz_cli.spec.strict import Strict

    for name, field in kind.model_fields.items():
        annotation = field.annotation
        chosen = any(isinstance(each, ChoiceOf) for each in field.metadata)
        if isinstance(annotation, type) and issubclass(annotation, Strict) and not chosen:
            yield from _keys(annotation, f"{inside}{name}.")
        else:
            yield inside + name, [annotation, *field.metadata]


def _values(kinds: list[Any]) -> list[str]:
    """The values of a key that have names."""
    from nnviz_cli.spec.choice import ChoiceOf
    from nnviz_cli.spec.names import names

    found: list[str] = []
    for kind in kinds:
        if isinstance(kind, ChoiceOf):
            found += names(kind.family)
        elif kind is bool:
            found += ["true", "false"]
        elif get_origin(kind) is Literal:
            found += map(str, get_args(kind))
        elif kind is not NoneType:
            found += _values(list(get_args(kind)))
    return found
