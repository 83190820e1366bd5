"""Artists that matplotlib does not have."""

import numpy as np
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.backend_bases import RendererBase
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
