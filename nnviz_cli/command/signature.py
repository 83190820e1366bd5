"""Makes a function a command for Typer."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from nnviz_cli.command.outcome import reported

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object with results, errors and warnings.")
]


def command(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a function that takes an Outcome and the values of its options.

    A parameter whose type is a dataclass stands for the options that its fields describe. Each
    command has `--json`; its errors are reported as `outcome.reported` describes.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        _, *own = inspect.signature(function).parameters.values()
        groups: dict[str, Any] = {
            each.name: each.annotation for each in own if is_dataclass(each.annotation)
        }

        @wraps(function)
        def run(*, as_json: bool, **given: Any) -> None:
            with reported(name, as_json=as_json) as outcome:
                for group, kind in groups.items():
                    given[group] = kind(
                        **{each.name: given.pop(each.name) for each in fields(kind)}
                    )
                function(outcome, **given)

        options = [each for each in own if each.name not in groups]
        for kind in groups.values():
            options += _options(kind)
        options.append(_option("as_json", AsJson, default=False))
        run.__name__ = name
        run.__annotations__ = {}
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in options]
        )
        del run.__wrapped__
        return run

    return decorate


def _options(kind: Any) -> list[inspect.Parameter]:
    """The fields of a dataclass as parameters."""
    annotations = get_type_hints(kind, include_extras=True)
    return [_option(each.name, annotations[each.name], each.default) for each in fields(kind)]


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kept = inspect.Parameter.empty if default is MISSING else default
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=kept, annotation=annotation
    )
