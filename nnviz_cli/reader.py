"""YAML text to plain values that know their place; what is refused.

PyYAML's parser is used for its events only: values are made here, by the rules of YAML 1.2
(`1e-3` is a number, `no` is text), and anchors, tags, duplicate keys and deep nesting are
refused. The pass over the events does not recurse, so no text is too deep for it.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from nnviz_cli.errors import Place, Problem, SpecError, did_you_mean

KeyPath = tuple[str | int, ...]

LARGEST_FILE = 256 * 1024
DEEPEST = 32
MOST_EVENTS = 10_000
MOST_DIGITS = 30
SMALLEST_SPEC = "the smallest spec is: {dataset: rings, model: {layers: [3, 2, 1]}}"

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


@dataclass(frozen=True)
class Document:
    """The values of a spec, and where each of them stands."""

    source: str
    value: dict[str, Any]
    _places: Mapping[KeyPath, Place] = field(default_factory=dict)  # of values
    _keys: Mapping[KeyPath, Place] = field(default_factory=dict)  # of the keys to them

    def place(self, path: KeyPath, *, key: bool = False) -> Place:
        """Where a value, or its key, stands; of its nearest parent if it does not stand there."""
        if key and path in self._keys:
            return self._keys[path]
        while path and path not in self._places:
            path = path[:-1]
            if key and path in self._keys:
                return self._keys[path]
        return self._places.get(path) or Place(self.source, 1, 1, "")


def read_file(path: Path) -> Document:
    """Read a spec's file, or tell why it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        near = did_you_mean(path.name, _names_beside(path))
        raise SpecError([Problem(f"{path}: no such file", hint=near)]) from None
    except IsADirectoryError:
        hint = f"name the specs in it: {path}/*.yaml"
        raise SpecError([Problem(f"{path}: is a folder", hint=hint)]) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError([Problem(f"{path}: {reason}")]) from None
    except ValueError as error:  # a NUL in the name
        raise SpecError([Problem(f"{str(path)!r}: {error}")]) from None
    return read_text(content, str(path))


def read_text(text: str | bytes, source: str) -> Document:
    """Read YAML text; all that is wrong with it is one SpecError."""
    text = _decoded(text, source)
    builder = _Builder(source, text)
    try:
        for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
            if count > MOST_EVENTS:
                builder.refuse(event, f"more than {MOST_EVENTS} values")
                break
            if not builder.take(event):
                break
    except yaml.MarkedYAMLError as error:
        builder.problems.append(_syntax_problem(error, source, text))
    except yaml.reader.ReaderError as error:
        place = _place_of_offset(source, text, error.position)
        builder.problems.append(Problem(f"character U+{ord(text[error.position]):04X} is not allowed", place))
    except (ValueError, RecursionError) as error:
        builder.problems.append(Problem(f"not YAML: {error}", Place(source, 1, 1, "")))
    if builder.problems:
        raise SpecError(builder.problems)
    return builder.document()


def override(document: Document, assignments: Sequence[str]) -> Document:
    """The document with keys changed by `training.learning_rate=0.003` and the like."""
    value, places, keys = _copy(document.value), dict(document._places), dict(document._keys)
    problems = []
    for assignment in assignments:
        try:
            path, part = _assigned(assignment)
            _put(value, path, part.value, assignment)
        except SpecError as error:
            problems += error.problems
            continue
        path = _counted(value, path)
        for table in (places, keys):
            for old in [each for each in table if each[: len(path)] == path]:
                del table[old]
        start = part.place(("value",))
        keys[path] = Place("--set", 1, 1, assignment, max(1, start.column - 2))
        places |= {path + each[1:]: place for each, place in part._places.items() if each}
        keys |= {path + each[1:]: place for each, place in part._keys.items() if len(each) > 1}
    if problems:
        raise SpecError(problems)
    return Document(document.source, value, places, keys)


# reading --------------------------------------------------------------------------------


@dataclass
class _Open:
    """A mapping or a list that is being filled."""

    value: dict[str, Any] | list[Any]
    path: KeyPath
    key: str | None = None  # of a mapping: the key whose value comes next


class _Builder:
    """Takes events one by one and makes values and places of them."""

    def __init__(self, source: str, text: str) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._lines = text.splitlines() or [""]
        self._root: Any = None
        self._open: list[_Open] = []
        self._places: dict[KeyPath, Place] = {}
        self._keys: dict[KeyPath, Place] = {}
        self._documents = 0

    def take(self, event: yaml.Event) -> bool:
        """Use an event; False if it makes no sense to go on."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                return self.refuse(event, "one spec per file; a second one starts here")
        elif isinstance(event, yaml.AliasEvent):
            return self.refuse(event, "anchors and aliases are not allowed in a spec")
        elif isinstance(event, yaml.NodeEvent):
            return self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        return True

    def refuse(self, event: yaml.Event, message: str, hint: str = "") -> bool:
        """Note a problem where the event starts."""
        self.problems.append(Problem(message, self._place(event), hint))
        return False

    def document(self) -> Document:
        """The finished document; its top is a mapping."""
        if self._documents == 0 or (self._root is None and () not in self._keys):
            place = Place(self._source, 1, 1, "")
            raise SpecError([Problem("empty spec", place, SMALLEST_SPEC)])
        if not isinstance(self._root, dict):
            text = f"expected a mapping (key: value), got {_kind(self._root)}"
            hint = _missing_colon(self._root) or SMALLEST_SPEC
            raise SpecError([Problem(text, self._places[()], hint)])
        return Document(self._source, self._root, self._places, self._keys)

    def _node(self, event: yaml.NodeEvent) -> bool:
        if event.anchor is not None:
            return self.refuse(event, "anchors and aliases are not allowed in a spec")
        if getattr(event, "tag", None) not in (None, "!"):
            return self.refuse(event, f"tags like {event.tag} are not allowed in a spec")
        if len(self._open) >= DEEPEST and not isinstance(event, yaml.ScalarEvent):
            return self.refuse(event, f"nested deeper than {DEEPEST}")
        parent = self._open[-1] if self._open else None
        if parent and isinstance(parent.value, dict) and parent.key is None:
            return self._key(parent, event)
        path = self._path(parent)
        self._places[path] = self._place(event)
        value = self._value(event)
        if parent is None:
            self._root = value
            self._keys.setdefault((), self._place(event))
        elif isinstance(parent.value, list):
            parent.value.append(value)
        else:
            parent.value[str(parent.key)] = value
            parent.key = None
        if isinstance(value, dict | list):
            self._open.append(_Open(value, path))
        return True

    def _path(self, parent: _Open | None) -> KeyPath:
        if parent is None:
            return ()
        inside = parent.value
        return (*parent.path, len(inside) if isinstance(inside, list) else str(parent.key))

    def _key(self, parent: _Open, event: yaml.NodeEvent) -> bool:
        if not isinstance(event, yaml.ScalarEvent):
            return self.refuse(event, "a key must be a word", "quote braces and brackets")
        if event.value == "<<":
            return self.refuse(event, "merge keys (<<) are not allowed in a spec")
        key, path = event.value, (*parent.path, event.value)
        if path in self._keys:
            self.refuse(event, f"'{key}' is given twice, first in line {self._keys[path].line}")
        self._keys[path] = self._place(event)
        parent.key = key
        return True

    def _value(self, event: yaml.NodeEvent) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if not isinstance(event, yaml.ScalarEvent) or event.style is not None:
            return event.value
        ambiguous = _ambiguous(event.value)
        if ambiguous:
            self.refuse(event, *ambiguous)
            return None
        return _scalar(event.value)

    def _place(self, event: yaml.Event) -> Place:
        start, end = event.start_mark, event.end_mark
        text = self._lines[min(start.line, len(self._lines) - 1)]
        same_line = end.line == start.line and isinstance(event, yaml.ScalarEvent)
        length = end.column - start.column if same_line else 1
        return Place(self._source, start.line + 1, start.column + 1, text, max(1, length))


def _scalar(text: str) -> Any:
    """A plain scalar by YAML 1.2's core rules."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if match := _INFINITE.fullmatch(text):
        return float(f"{match[1]}inf")
    return text


def _ambiguous(text: str) -> tuple[str, str] | None:
    """Why a plain scalar could be read in two ways, and what to write."""
    if re.fullmatch(r"[-+]?0[0-9]+", text):
        plain = str(int(text)) if len(text) <= MOST_DIGITS else "it without the zeros"
        return f"'{text[:40]}' could mean two numbers", f"write {plain}"
    if re.fullmatch(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9]*)?", text):
        return f"a number has no underscores: '{text[:40]}'", f"write {text[:40].replace('_', '')}"
    if re.fullmatch(r"0[xo][0-9a-fA-F]+", text):
        return f"write numbers in tens, not '{text[:40]}'", ""
    if _INT.fullmatch(text) and len(text) > MOST_DIGITS:
        return f"a number of {len(text)} digits", ""
    return None


def _decoded(text: str | bytes, source: str) -> str:
    top = Place(source, 1, 1, "")
    if len(text) > LARGEST_FILE:
        raise SpecError([Problem(f"larger than {LARGEST_FILE // 1024} kB", top)])
    if isinstance(text, str):
        return text
    if b"\0" in text:
        raise SpecError([Problem("not a YAML text file", top)])
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8", "replace")
        place = _place_of_offset(source, before, len(before))
        raise SpecError([Problem(f"not valid UTF-8 at byte {error.start}", place)]) from None


def _syntax_problem(error: yaml.MarkedYAMLError, source: str, text: str) -> Problem:
    """PyYAML's words in ours."""
    lines = text.splitlines() or [""]
    mark = error.problem_mark or error.context_mark
    line = min(mark.line if mark else 0, len(lines) - 1)
    place = Place(source, line + 1, (mark.column if mark else 0) + 1, lines[line])
    problem, context = error.problem or "", error.context or ""
    if lines[line][: place.column].lstrip(" ").startswith("\t") or "'\\t'" in problem:
        return Problem("tab used for indentation", place, "use spaces")
    opened = error.context_mark
    if opened and ("flow" in context or "quoted" in context):
        what = text[opened.index] if opened.index < len(text) else "it"
        where = f"{opened.line + 1}:{opened.column + 1}"
        at = Place(source, opened.line + 1, opened.column + 1, lines[opened.line])
        if mark is None or mark.index >= len(text.rstrip()):
            return Problem(f"'{what}' is never closed", at)
        return Problem(f"{_plain(problem)}, inside the '{what}' opened at {where}", place)
    if "could not find expected ':'" in problem and opened:
        line = opened.line
        place = Place(source, line + 1, opened.column + 1, lines[line], len(lines[line].strip()))
        return Problem("expected 'key: value'", place, _missing_colon(lines[line].strip()))
    return Problem(_plain(problem) or "not YAML", place, _mapping_hint(problem))


def _plain(problem: str) -> str:
    """PyYAML speaks of tokens; its readers do not."""
    words = {
        "mapping values are not allowed here": "a key is not expected here",
        "expected <block end>, but found '<block mapping start>'": "indented differently",
        "expected <block end>, but found '<scalar>'": "not expected here",
        "expected <block end>, but found '-'": "a list item among keys",
    }
    return words.get(problem, re.sub(r"[<>]", "", problem))


def _mapping_hint(problem: str) -> str:
    return "indent it as its neighbours, or quote text that has a colon" if "mapping values" in problem else ""


def _missing_colon(value: Any) -> str:
    """A hint for `units:3` and `units = 3`."""
    if not isinstance(value, str):
        return ""
    if match := re.match(r"([A-Za-z_]+)\s*=\s*(\S.*)", value):
        return f"write {match[1]}: {match[2]}"
    if match := re.match(r"([A-Za-z_]+):(\S.*)", value):
        return f"a colon needs a space behind it: {match[1]}: {match[2]}"
    return ""


def _place_of_offset(source: str, text: str, offset: int) -> Place:
    line = text.count("\n", 0, offset)
    start = text.rfind("\n", 0, offset) + 1
    return Place(source, line + 1, offset - start + 1, (text.splitlines() or [""])[min(line, text.count("\n"))] if text else "")


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"'{str(value)[:40]}'"


def _names_beside(path: Path) -> Iterator[str]:
    try:
        yield from (item.name for item in path.parent.iterdir())
    except OSError:
        return


# changing -------------------------------------------------------------------------------


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _assigned(assignment: str) -> tuple[KeyPath, Document]:
    """The path on the left of `=`, and the right side as a document {value: …}."""
    left, equals, right = assignment.partition("=")
    place = Place("--set", 1, 1, assignment, max(1, len(left)))
    steps = left.strip().split(".")
    if not equals or not all(steps):
        hint = "write KEY=VALUE, like training.learning_rate=0.003"
        raise SpecError([Problem(f"cannot read '{assignment}'", place, hint)])
    if not right.strip():
        raise SpecError([Problem(f"'{left}' is given no value", place)])
    # the same reader; what stands before the value has the length of the path
    text = " " * len(left) + " " + right
    builder = _Builder("--set", assignment)
    builder.take(yaml.DocumentStartEvent())
    builder._root = {}
    builder._open.append(_Open(builder._root, (), "value"))
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent) and not builder.take(event):
                break
    except (yaml.YAMLError, ValueError):
        at = Place("--set", 1, len(left) + 2, assignment, len(right))
        raise SpecError([Problem(f"cannot read the value '{right}'", at)]) from None
    if builder.problems:
        raise SpecError(builder.problems)
    path = tuple(int(step) if re.fullmatch(r"-?[0-9]+", step) else step for step in steps)
    return path, Document("--set", builder._root, builder._places, builder._keys)


def _put(value: Any, path: KeyPath, new: dict[str, Any], assignment: str) -> None:
    """Set what a path leads to; short forms on the way become long ones."""
    inside, parent, step = value, None, None
    for depth, here in enumerate(path):
        if isinstance(inside, str | int) and not isinstance(inside, bool) and parent is not None:
            inside = {"name" if isinstance(inside, str) else "units": inside}
            parent[step] = inside
        last = depth == len(path) - 1
        if isinstance(inside, list):
            if not isinstance(here, int) or not -len(inside) <= here < len(inside):
                place = Place("--set", 1, 1, assignment, assignment.index("="))
                text = f"'{here}' is no index of a list of {len(inside)}"
                raise SpecError([Problem(text, place)])
        elif isinstance(inside, dict):
            here = str(here)
            if not last:
                inside.setdefault(here, {})
        parent, step = inside, here
        if last:
            parent[step] = new["value"]
        else:
            inside = inside[here] if inside[here] is not None else {}
            parent[step] = inside


def _counted(value: Any, path: KeyPath) -> KeyPath:
    """The path with list indices counted from the front and keys as text."""
    steps: list[str | int] = []
    for step in path:
        if isinstance(value, list):
            steps.append(int(step) % len(value))
        else:
            steps.append(str(step))
        value = value[steps[-1]]
    return tuple(steps)
