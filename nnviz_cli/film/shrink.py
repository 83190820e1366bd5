"""Reductions of a film that is larger than allowed: fewer frames, then pixels, then colours."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from nnviz_cli.errors import SizeError, VideoError
from nnviz_cli.limits import in_bytes

LEAST_FPS = 8  # motion is not visible below
LEAST_SIDE = 480  # pixels of the longer side; below, text needs the room of the panels
COLOURS = (256, 128, 64, 32)
EIGHTHS = (7, 6, 5, 4, 3, 2, 1)  # of the sides
Film = TypeVar("Film")  # what `make` returns


@dataclass(frozen=True)
class Reduction:
    """A film as it was requested, or with fewer frames, pixels or colours; equally long."""

    size: tuple[int, int]
    fps: Fraction
    every: int = 1  # frames requested per frame shown
    colours: int = COLOURS[0]

    def thinned(self, frames: Sequence[int]) -> list[int]:
        """Every n-th frame, evenly, including the first and the last."""
        count = math.ceil(len(frames) / self.every)
        step = (len(frames) - 1) / max(1, count - 1)
        return [frames[round(i * step)] for i in range(count)]

    def compared_to(self, whole: "Reduction") -> str:
        """The differences from the whole film, as text; '' if there are none."""
        changes = []
        if self.fps != whole.fps:
            changes.append(
                f"{float(self.fps):.3g} frames per second instead of {float(whole.fps):.3g}"
            )
        if self.size != whole.size:
            now, was = (f"{width}x{height}" for width, height in (self.size, whole.size))
            changes.append(f"{now} instead of {was}")
        if self.colours != whole.colours:
            changes.append(f"{self.colours} colours instead of {whole.colours}")
        return ", ".join(changes)


def reductions(whole: Reduction, *, palette: bool) -> list[Reduction]:
    """The whole film, then ever smaller ones: fewer frames first, then pixels, then colours."""
    smaller = [whole]
    every = 2
    while whole.fps / every >= LEAST_FPS:
        smaller.append(replace(whole, fps=whole.fps / every, every=every))
        every += 1
    for eighths in EIGHTHS:
        width, height = (2 * round(side * eighths / 16) for side in whole.size)
        if max(width, height) >= LEAST_SIDE:
            smaller.append(replace(smaller[-1], size=(width, height)))
    fewer = COLOURS[1:] if palette else ()
    return smaller + [replace(smaller[-1], colours=colours) for colours in fewer]


def shrink(
    name: str,
    possible: Sequence[Reduction],
    max_bytes: int,
    make: Callable[[Reduction, int], Film],
) -> tuple[Reduction, Film]:
    """Make the first of ever smaller films that takes at most `max_bytes`.

    `make(reduction, bytes)` writes a film, or raises SizeError and writes none. Sizes decrease
    along `possible`, so bisection needs few trials, and no trial is kept. Raises VideoError if
    the smallest film is too large.
    """
    try:
        return possible[0], make(possible[0], max_bytes)
    except SizeError as error:
        least = error.size
    low, high = 1, len(possible)  # too large before `low`, small enough from `high` on
    while low < high:
        middle = (low + high) // 2
        least = _measured(possible[middle], make)
        low, high = (low, middle) if least <= max_bytes else (middle + 1, high)
    if low == len(possible):
        less = possible[-1].compared_to(possible[0])
        text = f"{name} takes {in_bytes(least)}{' with ' * bool(less)}{less}"
        raise VideoError(
            f"{text}; the maximum is {in_bytes(max_bytes)}; use fewer frames or increase max_size"
        )
    return possible[low], make(possible[low], max_bytes)


def _measured(reduction: Reduction, make: Callable[[Reduction, int], object]) -> int:
    """The size of a film in bytes; it is made with a maximum of 0 bytes, so it is not kept."""
    try:
        make(reduction, 0)
    except SizeError as error:
        return error.size
    raise AssertionError("a film of 0 bytes")
