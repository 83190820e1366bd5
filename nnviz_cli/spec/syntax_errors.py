"""Messages for the syntax errors of PyYAML."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from nnviz_cli.errors import Problem
from nnviz_cli.spec.source_text import SourceText, spacing_hint

_ALIGN = "indent keys and items of one level equally"


@dataclass(frozen=True, kw_only=True)
class _Error:
    """A syntax error of PyYAML in a text; all numbers are indices of characters."""

    page: SourceText
    at: int  # of the error
    since: int  # where the token or collection begins that PyYAML was reading
    bracket: int | None  # the innermost bracket that is open


def syntax_problem(page: SourceText, error: yaml.MarkedYAMLError, bracket: int | None) -> Problem:
    """Explain an error of PyYAML; `bracket` is the index of the innermost open bracket."""
    found = _Error(
        page=page,
        at=mark_index(error.problem_mark),
        since=mark_index(error.context_mark),
        bracket=bracket,
    )
    text = f"{error.context or ''}\n{error.problem or ''}"
    for pattern, explain in _RULES:
        match = re.search(pattern, text)
        if match and (problem := explain(found, match)):
            return problem
    raise AssertionError  # the last rule matches every text


def _tab(error: _Error, _: re.Match[str]) -> Problem:
    page = error.page
    before = page.text[page.starts[page.line(error.at)] : error.at]
    where = "between words" if before.strip() else "for indentation"
    return Problem(f"tab used {where}; use spaces", page.place(error.at))


def _open_quote(error: _Error, _: re.Match[str]) -> Problem:
    return _never_closed(error.page, error.since)


def _open_bracket(error: _Error, _: re.Match[str]) -> Problem | None:
    return None if error.bracket is None else _never_closed(error.page, error.bracket)


def _never_closed(page: SourceText, index: int) -> Problem:
    return Problem(f"{page.text[index]} is not closed", page.place(index))


def _missing_comma(error: _Error, _: re.Match[str]) -> Problem | None:
    """A key in a later line than the bracket that is open there."""
    page, line = error.page, error.page.line(error.at)
    if error.bracket is None or line == page.line(error.bracket):
        return None
    bracket = page.text[error.bracket]
    close = {"[": "]", "{": "}"}[bracket]
    message = f"{bracket}: expected a comma or {close} before line {line + 1}"
    return Problem(message, page.place(error.bracket))


def _missing_colon(error: _Error, _: re.Match[str]) -> Problem:
    return _no_key(error.page, error.since)


def _no_key(page: SourceText, start: int) -> Problem:
    """A line among `key: value` lines that is not one."""
    line = page.line(start)
    text = page.text[start : page.starts[line] + len(page.lines[line])].rstrip()
    place = page.place(start, start + len(text))
    return Problem("expected 'key: value'", place, spacing_hint(text))


def _misplaced_colon(error: _Error, _: re.Match[str]) -> Problem:
    """The second colon of a line, or the first after a line that is not `key: value`."""
    page, line = error.page, error.page.line(error.at)
    before = page.text[page.starts[line] : error.at]
    if ": " in before:
        hint = "quote text that contains a colon and a space"
        return Problem("unexpected second colon in a value", page.place(error.at), hint)
    above = next((i for i in range(line - 1, -1, -1) if page.lines[i].strip()), None)
    if above is not None and spacing_hint(page.lines[above].strip()):
        indent = len(page.lines[above]) - len(page.lines[above].lstrip())
        return _no_key(page, page.starts[above] + indent)
    start = page.starts[line] + len(before) - len(before.lstrip())
    return Problem("a key cannot start here", page.place(start, error.at), _ALIGN)


_Explain = Callable[[_Error, re.Match[str]], Problem | None]


def _say(message: str, hint: str = "") -> _Explain:
    """An explanation with the groups of the pattern in place of {}."""
    return lambda error, match: Problem(
        message.format(*match.groups()), error.page.place(error.at), hint
    )


# a pattern of PyYAML's context and problem (two lines), and its explanation; the first counts
_RULES: tuple[tuple[str, _Explain], ...] = (
    (r"'\\t'", _tab),
    (r"quoted scalar\n.*(end of stream|separator)", _open_quote),
    (r"'<(stream end|document)", _open_bracket),
    (r"but got ':'", _missing_comma),
    (r"could not find expected ':'", _missing_colon),
    (r"mapping values are not allowed", _misplaced_colon),
    (r"'<document start>'", _say("unexpected text after the end of the spec", _ALIGN)),
    (r"but found '<block (mapping|sequence) start>'", _say("unexpected indentation", _ALIGN)),
    (r"<block end>, but found '-'", _say("expected a key, found a list item")),
    (r"<block end>, but found '\?'", _say("expected a list item, found a key")),
    (r"<block end>, but found '<scalar>'",
     _say("unexpected text after a value",
          "quote the whole value; inside single quotes write '' for an apostrophe")),
    (r"character '(.)' that cannot start", _say("text cannot start with '{}'", "quote it")),
    (r"unknown escape character '(.*)'",
     _say("unknown escape '\\{}'", "use single quotes, or write two backslashes")),
    (r"content, but found '<?(.*?)>?'", _say("expected a value, found '{}'")),
    (r"but got '<?(.*?)>?'", _say("expected a comma or the closing bracket, found '{}'")),
    (r"sequence entries are not allowed",
     _say("a list item cannot start here", "start the list on a new line, or write [a, b]")),
    (r"(.*)\Z", _say("invalid YAML: {}")),
)  # fmt: skip


def mark_index(mark: Any) -> int:
    """The index of the character at a mark of PyYAML; 0 without a mark."""
    return int(mark.index) if mark else 0
