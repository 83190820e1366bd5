"""PyYAML's syntax errors in plain words."""

import re
from typing import Any

import yaml

from nnviz_cli.errors import Problem
from nnviz_cli.spec.source_text import SourceText, spacing_hint

# PyYAML's words, a message and a hint; the first that is found counts
_SYNTAX = (
    (r"'<document start>'", "not expected here: the spec has ended",
     "what belongs together starts in one column"),
    (r"but found '<(block mapping|block sequence) start>'", "indented unlike the lines around it",
     "what belongs together starts in one column"),
    (r"<block end>, but found '-'", "a list item where a key is expected", ""),
    (r"<block end>, but found '\?'", "a key where a list item is expected", ""),
    (r"<block end>, but found '<scalar>'", "unexpected text after a value",
     "quote all of it; in single quotes an apostrophe is ''"),
    (r"character '(.)' that cannot start", "text cannot start with '{}'", "quote it"),
    (r"unknown escape character '(.*)'", "unknown escape '\\{}'",
     "use single quotes, or write two backslashes"),
    (r"content, but found '<?(.*?)>?'", "expected a value, found '{}'", ""),
    (r"but got '<?(.*?)>?'", "expected a comma or the closing bracket, found '{}'", ""),
    (r"sequence entries are not allowed", "a list item cannot start here",
     "start the list in a new line, or write [a, b]"),
    (r"(.*)", "not YAML: {}", ""),
)  # fmt: skip


def syntax_problem(page: SourceText, error: yaml.MarkedYAMLError, bracket: int | None) -> Problem:
    """An error of PyYAML in plain words; `bracket` is the innermost one that is open."""
    said, context = error.problem or "", error.context or ""
    at, since = mark_index(error.problem_mark), mark_index(error.context_mark)
    line = page.line(at)
    if r"'\t'" in said:
        if not page.text[page.starts[line] : at].strip():
            return Problem("tab used for indentation; use spaces", page.place(at))
        return Problem("tab used between words; use spaces", page.place(at))
    if "quoted scalar" in context and ("end of stream" in said or "separator" in said):
        return Problem(f"{page.text[since]} is never closed", page.place(since))
    if bracket is not None and ("'<stream end>'" in said or "'<document" in said):
        return Problem(f"{page.text[bracket]} is never closed", page.place(bracket))
    if bracket is not None and "but got ':'" in said and line > page.line(bracket):
        close = {"[": "]", "{": "}"}[page.text[bracket]]
        message = f"{page.text[bracket]} needs a comma or {close} before line {line + 1}"
        return Problem(message, page.place(bracket))
    if "could not find expected ':'" in said:
        return _no_key(page, since)
    if "mapping values are not allowed" in said:
        return _colon_problem(page, at)
    for pattern, message, hint in _SYNTAX:
        if match := re.search(pattern, said):
            return Problem(message.format(*match.groups()), page.place(at), hint)
    raise AssertionError  # the last pattern fits all


def _no_key(page: SourceText, start: int) -> Problem:
    """A line among `key: value` lines that is not one."""
    text = page.lines[page.line(start)][start - page.starts[page.line(start)] :]
    place = page.place(start, start + len(text.rstrip()))
    return Problem("expected 'key: value'", place, spacing_hint(text.rstrip()))


def _colon_problem(page: SourceText, at: int) -> Problem:
    """A colon where there can be none: the second of a line, or after a line that is no key."""
    line = page.line(at)
    before = page.text[page.starts[line] : at]
    above = next((i for i in range(line - 1, -1, -1) if page.lines[i].strip()), None)
    if ": " in before:
        hint = "quote text that has a colon and a space in it"
        return Problem("a second colon in one value", page.place(at), hint)
    if above is not None and spacing_hint(page.lines[above].strip()):
        indent = len(page.lines[above]) - len(page.lines[above].lstrip())
        return _no_key(page, page.starts[above] + indent)
    start = page.starts[line] + len(before) - len(before.lstrip())
    hint = "what belongs together starts in one column"
    return Problem("a key cannot start here", page.place(start, at), hint)


def mark_index(mark: Any) -> int:
    """The index of the character at a mark of PyYAML; 0 without a mark."""
    return int(mark.index) if mark else 0
