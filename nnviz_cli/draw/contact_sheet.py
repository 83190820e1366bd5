"""A contact sheet: frames of a whole film beside each other on one picture."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

GAP = 0.02  # between two frames, in parts of a frame's width

Pixels = NDArray[np.uint8]  # (height, width, 4), RGBA


class Sheet:
    """So many columns and rows of frames of one size, left to right, then down."""

    def __init__(self, grid: tuple[int, int], tile: tuple[int, int], frames: int) -> None:
        """A film with fewer `frames` than there are places has fewer places."""
        count = min(grid[0] * grid[1], frames)
        columns = min(grid[0], count)
        rows = -(-count // columns)
        self._tile = tile
        self._columns = columns
        self._gap = 2 * round(GAP * tile[0] / 2)
        self.frames = [round(i * (frames - 1) / max(1, count - 1)) for i in range(count)]
        self.size = (
            columns * (tile[0] + self._gap) + self._gap,
            rows * (tile[1] + self._gap) + self._gap,
        )

    def gathered(self, drawn: Iterator[Pixels], paper: str) -> Pixels:
        """All frames on paper of a colour like '#ffffff'."""
        width, height = self.size
        picture = np.empty((height, width, 4), np.uint8)
        picture[...] = (*bytes.fromhex(paper[1:]), 255)
        for place, pixels in enumerate(drawn):
            row, column = divmod(place, self._columns)
            left = self._gap + column * (self._tile[0] + self._gap)
            top = self._gap + row * (self._tile[1] + self._gap)
            picture[top : top + self._tile[1], left : left + self._tile[0]] = pixels
        return picture
