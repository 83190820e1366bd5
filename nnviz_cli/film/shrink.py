"""How a film is made to take no more bytes than it may: fewer frames, pixels, colours."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from nnviz_cli.errors import SizeError, VideoError
from nnviz_cli.limits import in_bytes

LEAST_FPS = 8  # slower is no motion
LEAST_SIDE = 480  # pixels of the longer side; below, text takes the room of the panels
COLOURS = (256, 128, 64, 32)
Film = TypeVar("Film")  # what is known of one that was made
EIGHTHS = (7, 6, 5, 4, 3, 2, 1)  # of the sides


@dataclass(frozen=True)
class Cut:
    """A film as it was asked for, or with less of something; it lasts as long."""

    size: tuple[int, int]
    fps: Fraction
    every: int = 1  # frames asked for to one that is shown
    colours: int = COLOURS[0]

    def thinned(self, frames: Sequence[int]) -> list[int]:
        """Those frames that are left: evenly, and the first and the last of them."""
        count = math.ceil(len(frames) / self.every)
        step = (len(frames) - 1) / max(1, count - 1)
        return [frames[round(i * step)] for i in range(count)]

    def than(self, whole: "Cut") -> str:
        """What was given up of the whole one, in words; '' if nothing."""
        told = []
        if self.fps != whole.fps:
            told.append(f"{float(self.fps):.3g} frames a second instead of {float(whole.fps):.3g}")
        if self.size != whole.size:
            now, was = (f"{width}x{height}" for width, height in (self.size, whole.size))
            told.append(f"{now} instead of {was}")
        if self.colours != whole.colours:
            told.append(f"{self.colours} colours instead of {whole.colours}")
        return ", ".join(told)


def cuts(whole: Cut, *, palette: bool) -> list[Cut]:
    """The whole film, then less and less of it: fewer frames first, then pixels, then colours."""
    found = [whole]
    every = 2
    while whole.fps / every >= LEAST_FPS:
        found.append(replace(whole, fps=whole.fps / every, every=every))
        every += 1
    for eighths in EIGHTHS:
        width, height = (2 * round(side * eighths / 16) for side in whole.size)
        if max(width, height) >= LEAST_SIDE:
            found.append(replace(found[-1], size=(width, height)))
    fewer = COLOURS[1:] if palette else ()
    return found + [replace(found[-1], colours=colours) for colours in fewer]


def fit(
    name: str, possible: Sequence[Cut], most: int, make: Callable[[Cut, int], Film]
) -> tuple[Cut, Film]:
    """Make the first of ever smaller cuts that takes at most so many bytes.

    `make(cut, bytes)` leaves a film, or raises SizeError and leaves none. Bytes fall from cut
    to cut, so that bisection finds the place in a few trials, of which none is kept.
    """
    try:
        return possible[0], make(possible[0], most)
    except SizeError as error:
        least = error.size
    low, high = 1, len(possible)  # too large before `low`, good from `high` on
    while low < high:
        middle = (low + high) // 2
        least = _measured(possible[middle], make)
        low, high = (low, middle) if least <= most else (middle + 1, high)
    if low == len(possible):
        less = possible[-1].than(possible[0])
        text = f"{name} takes {in_bytes(least)}{' with ' * bool(less)}{less}"
        raise VideoError(f"{text}, and may take {in_bytes(most)}; use fewer frames or allow more")
    return possible[low], make(possible[low], most)


def _measured(cut: Cut, make: Callable[[Cut, int], object]) -> int:
    """How many bytes a cut takes: a film that may take none is made and not kept."""
    try:
        make(cut, 0)
    except SizeError as error:
        return error.size
    raise AssertionError("a film takes no bytes")
