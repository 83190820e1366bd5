"""Source text whose characters have places."""

import re
from bisect import bisect_right

from nnviz_cli.errors import Place

MOST_QUOTED = 40  # characters of the source that a message repeats

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # where PyYAML ends a line
_UNSPACED = re.compile(r"([A-Za-z_][\w-]*)(?::(?=\S)|\s*=\s*)(.+)")  # units:3 and units = 3


class SourceText:
    """A text, and the place of each of its characters."""

    def __init__(self, source: str, text: str) -> None:
        self.source = source
        self.text = text
        self.lines = _BREAK.split(text)
        self.starts = [0, *(match.end() for match in _BREAK.finditer(text))]

    def line(self, index: int) -> int:
        """The number, from 0, of the line in which a character stands."""
        return bisect_right(self.starts, index) - 1

    def place(self, start: int, end: int = 0) -> Place:
        """The place of the characters from start to end, as far as one line goes."""
        line = self.line(start)
        column, text = start - self.starts[line], self.lines[line]
        length = min(end - start, len(text) - column)
        return Place(self.source, line + 1, column + 1, text, max(1, length))


def shortened(text: str) -> str:
    """Text cut to the length that a message repeats."""
    return text if len(text) <= MOST_QUOTED else text[: MOST_QUOTED - 1] + "…"


def spacing_hint(text: str) -> str:
    """What to write for `units:3` and `units = 3`, or nothing."""
    match = _UNSPACED.fullmatch(text)
    return f"write '{match[1]}: {shortened(match[2])}'" if match else ""
