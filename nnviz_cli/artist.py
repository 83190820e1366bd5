"""Artists that matplotlib does not have."""

from collections.abc import Iterable

import numpy as np
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text
from numpy.typing import NDArray


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


def drawn_once(figure: Figure | SubFigure, artists: Iterable[Artist]) -> Pixels:
    """A picture of artists that never move, which is put down in a fifth of their time."""
    width, height = (round(side) for side in figure.bbox.size)
    renderer = RendererAgg(width, height, figure.dpi)
    for artist in artists:
        artist.draw(renderer)
    image = np.asarray(renderer.buffer_rgba())[::-1]  # the lowest row first
    rows, columns = (np.flatnonzero(image[..., 3].any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return Pixels(0, 0)
    picture = Pixels(int(columns[0]), int(rows[0]))
    picture.set_data(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy())
    return picture


class Figures(Artist):
    """A text of monospaced figures that changes; a character is drawn once in each place.

    Setting a text anew would take matplotlib 0.6 ms a frame.
    """

    def __init__(self, text: Text, advance: float) -> None:
        """`text` ends where the figures end; `advance` is a character's width in pixels."""
        super().__init__()
        self.set_figure(text.get_figure())  # type: ignore[arg-type]
        self._text = text
        self._advance = advance
        self._end = text.get_transform().transform(text.get_position())
        self._shown = ""
        self._pictures: dict[tuple[str, int], Pixels] = {}
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
            self._pictures[key] = drawn_once(self._text.figure, [self._text])
            self._text.set_visible(False)
        return self._pictures[key]
