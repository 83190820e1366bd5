"""What can go wrong, as one tree.

NnvizError               the base that the command line catches; its text is for the user
├── SpecError            the spec or the command is wrong: every problem with its place (exit 2)
├── InstallationError    what a command needs is not installed (exit 2)
└── RenderError          a right spec could not be made into a film (exit 1)
    ├── TrainingError    Keras could not train it
    ├── DrawingError     a drawing process failed
    └── VideoError       ffmpeg or the disk could not write it
        └── SizeError    it is complete, but larger than max_size
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PROBLEMS_SHOWN = 20


class NnvizError(Exception):
    """Base of all errors that are reported to the user; `status` is the exit status."""

    status = 1


@dataclass(frozen=True)
class Place:
    """A position: a file (or a `--set` argument), line and column from 1.

    The value of another option (`--seed`) has no line: its source is the option's name.
    """

    source: str
    line: int  # 0 for an option
    column: int
    text: str  # the whole source line
    length: int = 1  # how many characters the caret underlines
    key: str = field(default="", compare=False)  # dotted, of a spec: 'training.epochs'

    @property
    def is_option(self) -> bool:
        """Whether this is the value of an option, which is named without a line."""
        return self.line == 0

    @property
    def typed(self) -> str:
        """The text at this place, as it was typed."""
        return self.text[self.column - 1 : self.column - 1 + self.length]

    def __str__(self) -> str:
        return self.source if self.is_option else f"{self.source}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One error in a spec or command: what, where, and what to do."""

    message: str
    place: Place | None = None
    hint: str = ""

    @property
    def text(self) -> str:
        """The message, without the key if the place is an option, which is named instead."""
        if self.place and self.place.is_option:
            return self.message.removeprefix(f"{self.place.key}: ")
        return self.message

    def __str__(self) -> str:
        """`file:line:column: message`, the source line, a caret, a hint."""
        message = printable(self.text)
        lines = [f"{self.place}: {message}" if self.place else message]
        if self.place and self.place.text.strip() and not self.place.is_option:
            lines += _excerpt(self.place)
        if self.hint:
            lines.append(f"  hint: {printable(self.hint)}")
        return "\n".join(lines)


class SpecError(NnvizError):
    """The spec or the command line is wrong; nothing was written."""

    status = 2

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        shown = [str(problem) for problem in self.problems[:PROBLEMS_SHOWN]]
        if len(self.problems) > PROBLEMS_SHOWN:
            shown.append(f"… and {len(self.problems) - PROBLEMS_SHOWN} more")
        super().__init__("\n".join(shown))


class InstallationError(NnvizError):
    """What a command needs is not installed."""

    status = 2


class RenderError(NnvizError):
    """A film could not be made from a valid spec."""


class TrainingError(RenderError):
    """Keras could not build or train the model."""


class DrawingError(RenderError):
    """A drawing process failed or died."""


class VideoError(RenderError):
    """The film could not be encoded or written."""


class SizeError(VideoError):
    """A film is larger than its maximum size; it was deleted."""

    def __init__(self, text: str, size: int) -> None:
        super().__init__(text)
        self.size = size  # in bytes


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'noise'?`, or nothing if no known word is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean '{by_lower[near[0]]}'?" if near else ""


def printable(text: str) -> str:
    """Text whose control characters are written out, so that a terminal does not interpret them."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _excerpt(place: Place, width: int = 100) -> list[str]:
    """The source line and a caret under the place, cut to a window around it."""
    start = max(0, place.column - 1 - width // 2) if len(place.text) > width else 0
    text = "".join(c if c.isprintable() else " " for c in place.text[start : start + width])
    caret = min(max(1, place.length), max(1, len(text) - (place.column - 1 - start)))
    number = str(place.line)
    return [
        f"  {number} | {text}",
        f"  {' ' * len(number)} | {' ' * (place.column - 1 - start)}{'^' * caret}",
    ]
