"""Values that the command line sets: `--set KEY=VALUE`, and options like `--seed`."""

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nnviz_cli.errors import Place, Problem, SpecError
from nnviz_cli.spec.source_text import SourceText, shortened
from nnviz_cli.spec.yaml_reader import DEEPEST, Document, KeyPath, Reading, decoded

_INDEX = re.compile(r"-?[0-9]{1,9}")
_HINT_SET = "use KEY=VALUE, like training.learning_rate=0.003"


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A value for a key of a spec that was given by an option of its own, like `--seed`."""

    option: str
    key: str  # dotted: 'view.size'
    value: Any  # a plain Python value, as YAML would give


def override(
    document: Document,
    assignments: Sequence[str | Assignment],
    spell_out: Callable[[Document], Document] = lambda document: document,
) -> Document:
    """The document with values set by `training.learning_rate=0.003` and the like, in order.

    `spell_out` is done after each, so that the next one meets mappings and no short forms.
    """
    places, keys = dict(document._places), dict(document._keys)
    changed = Document(document.source, copy.deepcopy(document.value), places, keys)
    problems: list[Problem] = []
    for assignment in assignments:
        try:
            _assign(changed, assignment)
            changed = spell_out(changed)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return changed


def option_value(option: str, text: str) -> Any:
    """The text of an option as a YAML value. Raises SpecError, with its place in the option."""
    page = SourceText(option, decoded(text, option))
    reading = Reading(page, flow=True)
    reading.read(page.text)
    if reading.empty:
        raise SpecError([Problem("a value is missing", page.place(0))])
    return reading.value


def _assign(document: Document, assignment: str | Assignment) -> None:
    """Set one value in a document; mappings on the way to it are made if they are missing."""
    if isinstance(assignment, Assignment):
        text = str(assignment.value)
        place = Place(assignment.option, 0, 1, text, len(text))
        steps = [(name, place) for name in assignment.key.split(".")]
        _put(document, steps, assignment.value, {(): place}, {})
    else:
        page = SourceText("--set", decoded(assignment, "--set"))
        steps, start = _steps(page)
        reading = _value_after(page, start)
        _put(document, steps, reading.value, reading.places, reading.keys)


def _value_after(page: SourceText, start: int) -> Reading:
    """The YAML value that starts behind the = of a setting, read with its columns."""
    reading = Reading(page, flow=True)
    reading.read(" " * start + page.text[start:])
    if reading.empty:
        hint = "use null for no value, '' for an empty string, and quote text that starts with #"
        raise SpecError([Problem("missing value after '='", page.place(start), hint)])
    return reading


def _put(
    document: Document,
    steps: Sequence[tuple[str, Place]],
    value: Any,
    places: dict[KeyPath, Place],
    keys: dict[KeyPath, Place],
) -> None:
    """Put a value where the steps lead; `places` and `keys` are those inside the value."""
    holder, path = _holder(document, steps[:-1])
    last, place = steps[-1]
    step = _step(holder, last, place)
    path = (*path, step)
    holder[step] = value
    for table in (document._places, document._keys):
        for old in [each for each in table if each[: len(path)] == path]:
            del table[old]
    document._keys[path] = place
    document._places.update({path + each: there for each, there in places.items()})
    document._keys.update({path + each: there for each, there in keys.items()})


def _holder(document: Document, steps: Sequence[tuple[str, Place]]) -> tuple[Any, KeyPath]:
    """The mapping or list that the steps lead to, and its path."""
    holder: Any = document.value
    path: KeyPath = ()
    for name, place in steps:
        if isinstance(holder, dict) and name not in holder and holder.get("name") == name:
            continue  # `optimizer.adam.beta_1` for `optimizer.beta_1` of adam
        path = (*path, _step(holder, name, place))
        holder = _below(document, holder, path, place)
    return holder, path


def _steps(page: SourceText) -> tuple[list[tuple[str, Place]], int]:
    """The parts of the dotted path, each with its place, and where the value starts."""
    left, equals, _ = page.text.partition("=")
    if not equals or len(page.lines) > 1:
        message = "expected KEY=VALUE" + (" in one line" if equals else "")
        raise SpecError([Problem(message, page.place(0, len(page.text)), _HINT_SET)])
    steps, start = [], 0
    for name in left.split("."):
        steps.append((name, page.place(start, start + len(name))))
        if not name.strip():
            raise SpecError([Problem("empty key", steps[-1][1], _HINT_SET)])
        start += len(name) + 1
    if len(steps) > DEEPEST:
        raise SpecError([Problem(f"nested deeper than {DEEPEST}", steps[DEEPEST][1])])
    return steps, len(left) + 1


def _step(holder: Any, name: str, place: Place) -> str | int:
    """A part of a path as the key of a mapping or the index, counted from 0, of a list."""
    if isinstance(holder, dict):
        return name
    count = len(holder)
    if _INDEX.fullmatch(name) and -count <= int(name) < count:
        return int(name) % count
    hint = f"use an index from -{count} to {count - 1}" if count else "the list is empty"
    raise SpecError([Problem(f"no item '{shortened(name)}' in a list of {count}", place, hint)])


def _below(document: Document, holder: Any, path: KeyPath, place: Place) -> Any:
    """The mapping or list at a path, made if there is none."""
    value = holder.get(path[-1]) if isinstance(holder, dict) else holder[path[-1]]
    if isinstance(value, dict | list):
        return value
    if value is not None:
        raise SpecError(
            [Problem("cannot set a key here: the value is not a mapping or a list", place)]
        )
    made: dict[str, Any] = {}
    document._places.setdefault(path, place)
    holder[path[-1]] = made
    return made
