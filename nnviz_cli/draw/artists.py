"""Artists that matplotlib does not have."""

from collections.abc import Iterable

import numpy as np
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

NOTHING = (255, 255, 255, 0)  # what a renderer holds at first


class Pixels(Artist):
    """An image that is put on whole pixels as it is, which no image of matplotlib's does.

    Resampling one to the size that it already has would take 2 ms of a frame.
    """

    def __init__(self, left: int, bottom: int) -> None:
        """Its lower left corner, in pixels from the canvas's."""
        super().__init__()
        self._corner = (left, bottom)
        self._image: NDArray[np.uint8] = np.zeros((1, 1, 4), np.uint8)

    def set_data(self, image: NDArray[np.uint8]) -> None:
        """RGBA (rows, columns, 4), the lowest row first."""
        self._image = image
        self.stale = True

    def get_data(self) -> NDArray[np.uint8]:
        """What `set_data` was given."""
        return self._image

    @allow_rasterization  # type: ignore[untyped-decorator]
    def draw(self, renderer: RendererBase) -> None:
        """Put the image on the canvas, over what is there."""
        if self.get_visible():
            renderer.draw_image(renderer.new_gc(), *self._corner, self._image)


def empty_renderer(figure: Figure | SubFigure) -> RendererAgg:
    """A transparent canvas of a figure's size."""
    width, height = (round(side) for side in figure.bbox.size)
    return RendererAgg(width, height, figure.dpi)


def drawn_once(artists: Iterable[Artist], renderer: RendererAgg, box: Bbox) -> Pixels:
    """A picture of artists that never move, which is put down in a fifth of their time.

    They are drawn on an empty renderer of the figure's size, and taken from it: what is seen
    of them in a box in pixels.
    """
    for artist in artists:
        artist.draw(renderer)
    canvas = np.asarray(renderer.buffer_rgba())[::-1]  # the lowest row first
    (left, bottom), (right, top) = np.floor(box.min).astype(int), np.ceil(box.max).astype(int)
    left, bottom = max(left, 0), max(bottom, 0)
    room = canvas[bottom:top, left:right]
    rows, columns = (np.flatnonzero(room[..., 3].any(axis=axis)) for axis in (1, 0))
    picture = Pixels(left + columns[:1].sum(), bottom + rows[:1].sum())
    if len(rows):
        picture.set_data(room[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy())
    room[...] = NOTHING
    return picture


class DigitText(Artist):
    """A text of monospaced digits that changes; each character is drawn once for each place.

    Setting a text anew would take matplotlib 0.6 ms a frame.
    """

    def __init__(self, text: Text, advance: float) -> None:
        """`text` ends where the digits end; `advance` is a character's width in pixels."""
        super().__init__()
        self.set_figure(text.get_figure())  # type: ignore[arg-type]
        self._text = text
        self._advance = advance
        self._end = text.get_transform().transform(text.get_position())
        self._shown = ""
        self._pictures: dict[tuple[str, int], Pixels] = {}
        self._renderer = empty_renderer(text.figure)
        text.set(visible=False, ha="right")

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._shown = text
        self.stale = True

    def get_text(self) -> str:
        """The text that is shown."""
        return self._shown

    @allow_rasterization  # type: ignore[untyped-decorator]
    def draw(self, renderer: RendererBase) -> None:
        """Put each character in its place, counted from the end."""
        if self.get_visible():
            for place, character in enumerate(reversed(self._shown)):
                if character != " ":
                    self._picture(character, place).draw(renderer)

    def _picture(self, character: str, place: int) -> Pixels:
        key = (character, place)
        if key not in self._pictures:
            x, y = self._end - (place * self._advance, 0)
            where = self._text.get_transform().inverted().transform((x, y))
            self._text.set(text=character, visible=True, position=tuple(where))
            box = self._text.get_window_extent(self._renderer).padded(2)
            self._pictures[key] = drawn_once([self._text], self._renderer, box)
            self._text.set_visible(False)
        return self._pictures[key]
