"""YAML text as plain values with their positions.

PyYAML is used for its events only. The values are made here, in one pass that does not recurse,
by the rules of YAML 1.2: `1e-3` is a number, `no` is text. A spec needs no anchors, aliases,
merge keys and tags, so they are refused, as are duplicate keys, deep nesting and large files.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import yaml

from nnviz_cli.errors import Place, Problem, SpecError, did_you_mean
from nnviz_cli.spec.scalars import ambiguity, plain_value
from nnviz_cli.spec.source_text import SourceText, shortened, spacing_hint
from nnviz_cli.spec.syntax_errors import mark_index, syntax_problem

KeyPath = tuple[str | int, ...]

LARGEST = 256 * 1024  # bytes of a file
DEEPEST = 32
MOST_EVENTS = 10_000
MOST_NAMES = 1000  # of a directory, compared for 'did you mean'
SMALLEST_SPEC = "{dataset: rings, model: {layers: [3, 2, 1]}}"

_HINT_SMALLEST = f"the smallest spec is '{SMALLEST_SPEC}'"
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # escapes can make these


@dataclass(frozen=True)
class Document:
    """The values of a spec and their positions in its source."""

    source: str
    value: dict[str, Any]
    _places: dict[KeyPath, Place] = field(default_factory=dict, repr=False, compare=False)
    _keys: dict[KeyPath, Place] = field(default_factory=dict, repr=False, compare=False)

    def place(self, path: KeyPath, *, key: bool = False) -> Place:
        """The position of a value (or of its key), or else of its closest parent."""
        return replace(self._nearest(path, key=key), key=".".join(map(str, path)))

    def _nearest(self, path: KeyPath, *, key: bool) -> Place:
        for end in range(len(path), -1, -1):
            here = path[:end]
            if key and here in self._keys:
                return self._keys[here]
            if here in self._places:
                return self._places[here]
        return Place(self.source, 1, 1, "")

    def exact_place(self, path: KeyPath, *, key: bool = False) -> Place | None:
        """The position of a value (or of its key); None if it has none of its own."""
        return (self._keys if key else self._places).get(path)

    def replaced(self, key: str, value: Any, places: Mapping[KeyPath, Place]) -> "Document":
        """The document with another value of a key at its top, and the places of its parts."""
        places_kept, keys_kept = (
            {path: at for path, at in table.items() if path[:1] != (key,)}
            for table in (self._places, self._keys)
        )
        value = {**self.value, key: value}
        return Document(self.source, value, places_kept | dict(places), keys_kept)


def read_file(path: Path) -> Document:
    """Read a spec from a file. Raises SpecError if it cannot be read or parsed."""
    hint = ""
    try:
        with path.open("rb") as file:
            return read_text(file.read(LARGEST + 1), str(path))
    except FileNotFoundError:
        reason, hint = "no such file", did_you_mean(path.name, _files_beside(path))
    except IsADirectoryError:
        reason, hint = "is a directory", "pass the files inside it"
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    except ValueError as error:  # the name has a NUL
        reason = str(error)
    name = str(path) if str(path).isprintable() else repr(str(path))
    raise SpecError([Problem(f"{name}: {reason}", hint=hint)])  # no text, so no place in it


def read_text(text: str | bytes, source: str) -> Document:
    """Read YAML text. Raises one SpecError with all problems in it."""
    page = SourceText(source, decoded(text, source))
    reading = Reading(page)
    reading.read(page.text)
    if reading.empty:
        raise SpecError([Problem("empty spec", Place(source, 1, 1, ""), _HINT_SMALLEST)])
    if not isinstance(reading.value, dict):
        place = reading.places[()]
        got = "a list" if isinstance(reading.value, list) else f"'{shortened(reading.top)}'"
        hint = spacing_hint(reading.top) or _HINT_SMALLEST
        raise SpecError([Problem(f"expected a mapping (key: value), got {got}", place, hint)])
    return Document(source, reading.value, reading.places, reading.keys)


# reading --------------------------------------------------------------------------------


@dataclass
class _Open:
    """A mapping or a list that is being filled."""

    value: dict[str, Any] | list[Any]
    path: KeyPath
    start: int
    key: str | None = None  # of a mapping: the key whose value comes next


class Reading:
    """Takes the events of a text one by one, and keeps values, places and problems."""

    def __init__(self, page: SourceText, *, flow: bool = False) -> None:
        self.value: Any = None
        self.empty = True
        self.top = ""  # the text of a scalar that stands alone
        self.places: dict[KeyPath, Place] = {}
        self.keys: dict[KeyPath, Place] = {}
        self._page = page
        self._flow = flow  # only what fits in one line: no blocks
        self._open: list[_Open] = []
        self._problems: list[Problem] = []
        self._documents = 0

    def read(self, text: str) -> None:
        """Read all of a text. Raises SpecError with all problems in it."""
        loader: Any = yaml.SafeLoader(text)
        count = 0
        try:
            while loader.check_event():
                event, count = loader.get_event(), count + 1
                if count > MOST_EVENTS:
                    self._stop(event, f"the spec must have at most {MOST_EVENTS} keys and values")
                self._take(event)
        except yaml.MarkedYAMLError as error:
            bracket = next((o.start for o in reversed(self._open) if self._is_flow(o)), None)
            self._problems.append(syntax_problem(self._page, error, bracket))
        except (ValueError, OverflowError):  # an escape or a version that is not a number
            place = self._page.place(loader.get_mark().index)
            self._problems.append(Problem("number out of range", place))
        if self._problems:
            raise SpecError(self._problems)

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(event, "expected a single YAML document")
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._refuse_extras(event)
            parent = self._open[-1] if self._open else None
            if parent and isinstance(parent.value, dict) and parent.key is None:
                self._take_key(parent, event)
            else:
                self._take_value(parent, event)

    def _take_key(self, parent: _Open, event: yaml.NodeEvent) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self._stop(event, "a key must be a plain string", "quote brackets and braces")
        key = parent.key = event.value
        path = (*parent.path, key)
        if not key:
            self._refuse(event, "a key must not be empty")
        elif key == "<<" and not event.style:
            self._refuse(event, "merge keys (<<) are not allowed in a spec")
        elif path in self.keys:
            line = self.keys[path].line
            self._refuse(event, f"'{shortened(key)}' is a duplicate key; first used on line {line}")
        elif not event.style and spacing_hint(key):
            self._refuse(event, "expected 'key: value'", spacing_hint(key))
        self.keys.setdefault(path, self._place(event))

    def _take_value(self, parent: _Open | None, event: yaml.NodeEvent) -> None:
        value, path = self._value(event), self._path(parent)
        self.places[path] = self._place(event)
        if parent is None:
            self.value, self.empty = (
                value,
                isinstance(event, yaml.ScalarEvent) and not (event.value or event.style),
            )
            self.top = event.value if isinstance(event, yaml.ScalarEvent) else ""
        elif isinstance(parent.value, list):
            parent.value.append(value)
        else:
            parent.value[str(parent.key)], parent.key = value, None
        if isinstance(value, dict | list):
            self._open.append(_Open(value, path, mark_index(event.start_mark)))

    def _path(self, parent: _Open | None) -> KeyPath:
        if parent is None:
            return ()
        inside = parent.value
        return (*parent.path, len(inside) if isinstance(inside, list) else str(parent.key))

    def _value(self, event: yaml.NodeEvent) -> Any:
        if isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= DEEPEST:
                self._stop(event, f"nested deeper than {DEEPEST}")
            if self._flow and not event.flow_style:
                self._stop(
                    event,
                    "expected a single value",
                    "quote text, or write [a list] or {a: mapping}",
                )
            return {} if isinstance(event, yaml.MappingStartEvent) else []
        if not isinstance(event, yaml.ScalarEvent):
            return None  # an alias, refused before
        if event.style:
            return event.value
        if doubt := ambiguity(event.value):
            self._refuse(event, *doubt)
            return None
        return plain_value(event.value)

    def _refuse_extras(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "aliases (*) are not allowed in a spec", "quote text with a *")
        elif event.anchor is not None:
            self._refuse(event, "anchors (&) are not allowed in a spec", "quote text with a &")
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            self._refuse(event, "tags (!) are not allowed in a spec", "quote text with a !")
        if isinstance(event, yaml.ScalarEvent) and _NO_TEXT.search(event.value):
            self._refuse(event, "invalid character escape")

    def _refuse(self, event: yaml.Event, message: str, hint: str = "") -> None:
        """Note a problem and go on."""
        self._problems.append(Problem(message, self._place(event), hint))

    def _stop(self, event: yaml.Event, message: str, hint: str = "") -> NoReturn:
        """Raise a problem after which nothing more can be known, with those before it."""
        raise SpecError([*self._problems, Problem(message, self._place(event), hint)])

    def _place(self, event: yaml.Event) -> Place:
        start = mark_index(event.start_mark)
        return self._page.place(start, mark_index(event.end_mark) if _is_scalar(event) else start)

    def _is_flow(self, opened: _Open) -> bool:
        return self._page.text[opened.start] in "[{"


def _is_scalar(event: yaml.Event) -> bool:
    return isinstance(event, yaml.ScalarEvent | yaml.AliasEvent)


def decoded(raw: str | bytes, source: str) -> str:
    """The text, checked for size, encoding and control characters. Raises SpecError."""
    if len(raw) > LARGEST:
        problem = Problem(f"the spec must be at most {LARGEST // 1024} kB", Place(source, 1, 1, ""))
        raise SpecError([problem])
    text = (raw if isinstance(raw, str) else _text(raw, source)).removeprefix("\ufeff")
    if match := yaml.SafeLoader.NON_PRINTABLE.search(text):
        message = f"control character U+{ord(match[0]):04X} is not allowed"
        raise SpecError([Problem(message, SourceText(source, text).place(match.start()))])
    return text


def _text(raw: bytes, source: str) -> str:
    if (byte := raw.find(b"\0")) >= 0:
        raise _bad_byte(raw, byte, source, f"not a text file: NUL at byte {byte}")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = error.start
        raise _bad_byte(raw, byte, source, f"not valid UTF-8 at byte {byte}") from None


def _bad_byte(text: bytes, byte: int, source: str, message: str) -> SpecError:
    page = SourceText(source, text.decode("utf-8", "replace"))
    place = page.place(len(text[:byte].decode("utf-8", "replace")))
    return SpecError([Problem(message, place, "save the spec as text in UTF-8")])


def _files_beside(path: Path) -> Iterator[str]:
    try:
        yield from (each.name for each in islice(path.parent.iterdir(), MOST_NAMES))
    except OSError:
        return
