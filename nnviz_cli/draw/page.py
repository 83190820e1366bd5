"""A figure measured in points, and frames drawn on it as pixels.

Everything is designed for 1280×720 and scaled by the area of the picture. What does not
move is drawn once and kept as a picture; each frame restores it and draws what moves.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParams, rcParamsDefault
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from numpy.typing import NDArray

from nnviz_cli.draw.fonts import PLAIN_FONT, families, is_installed
from nnviz_cli.draw.layout import Box, Room, scale
from nnviz_cli.draw.theme import Theme

FREE = 6  # points between a panel's heading and what is over it

Pixels = NDArray[np.uint8]  # (height, width, 4), RGBA
Show = Callable[[int], None]


def prepare(
    make: "Callable[[Page], Sequence[Show]]", theme: Theme, words: str, size: tuple[int, int]
) -> "Draw":
    """Prepare a picture by what makes its artists and gives what moves them.

    `words` are all that may need another font.
    """
    with rc_context(), warnings.catch_warnings():
        # what no font has is told once, when the film is done
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        settings: Any = _settings(theme, words)
        rcParams.update(settings)
        page = _empty(theme, size)
        shows = make(page)
        return Draw(page.figure, shows, size, cut=_cut(page.figure, words))


def with_fonts(theme: Theme) -> Theme:
    """The theme, with the default monospaced font if its own is not installed."""
    return (
        theme if is_installed(theme.mono_font) else replace(theme, mono_font=f"{PLAIN_FONT} Mono")
    )


def _empty(theme: Theme, size: tuple[int, int]) -> "Page":
    width, height = size
    zoom = scale(size)
    dpi = 72 * zoom
    # a hundredth of a pixel more, or a size like 819.9999 loses one
    figure = Figure(figsize=((width + 0.01) / dpi, (height + 0.01) / dpi), dpi=dpi)
    figure.set_facecolor(theme.paper)
    FigureCanvasAgg(figure)
    return Page(figure, width / zoom, height / zoom)


def _settings(theme: Theme, words: str) -> dict[str, Any]:
    """Matplotlib's own defaults, whatever the user's matplotlibrc says, in our type."""
    ours = {
        "font.family": families(theme.text, words)[0],
        "text.parse_math": False,
        "text.usetex": False,
        "path.simplify": True,
        "agg.path.chunksize": 0,
    }
    plain: Any = rcParamsDefault
    return {**{key: plain[key] for key in plain if key != "backend"}, **ours}


class Draw:
    """Draws one frame into a buffer that it uses again: restores what is still, draws what moves.

    `cut` are words that ended with an ellipsis for want of room.
    """

    def __init__(
        self, figure: Figure, shows: Sequence[Show], size: tuple[int, int], *, cut: tuple[str, ...]
    ) -> None:
        for show in shows:
            show(0)
        canvas: Any = figure.canvas
        canvas.draw()
        self.cut = cut
        self._canvas, self._renderer = canvas, canvas.get_renderer()
        self._still = canvas.copy_from_bbox(figure.bbox)
        self._shows, self._moving = shows, _moving(figure)
        self._pixels: Pixels = np.asarray(canvas.buffer_rgba())
        if self._pixels.shape != (size[1], size[0], 4):
            raise AssertionError(f"drew {self._pixels.shape} for a film of {size}")

    def __call__(self, frame: int) -> Pixels:
        """The pixels of a frame, until the next one."""
        self._canvas.restore_region(self._still)
        for show in self._shows:
            show(frame)
        for artist in self._moving:
            artist.draw(self._renderer)
        return self._pixels


def _cut(figure: Figure, words: str) -> tuple[str, ...]:
    """Texts of a figure that were cut; words that came with an ellipsis were not."""
    texts = (text.get_text() for text in figure.findobj(Text))
    cut = {text for text in texts if len(text) > 1 and text.endswith("…") and text not in words}
    return tuple(sorted(cut))


def _moving(figure: Figure) -> list[Artist]:
    """All animated artists, panel by panel, each by z-order; last what lies over the panels."""
    found: list[Artist] = []
    for parent in (*figure.axes, figure):
        children = [child for child in parent.get_children() if child.get_animated()]
        found += sorted(children, key=lambda child: child.get_zorder())
    return found


class Page:
    """A figure measured in points from its upper left corner."""

    def __init__(self, figure: Figure, width: float, height: float) -> None:
        self.figure = figure
        self.width = width
        self.height = height

    def text(self, x: float, y: float, text: str, **style: Any) -> Text:
        """Text whose baseline starts, or ends, at a place."""
        return self.figure.text(x / self.width, 1 - y / self.height, text, **style)

    def axes(self, box: Box) -> Axes:
        """Axes in a rectangle, without a frame."""
        rectangle = (
            box.left / self.width,
            1 - (box.top + box.height) / self.height,
            box.width / self.width,
            box.height / self.height,
        )
        axes = self.figure.add_axes(rectangle)
        axes.spines[:].set_visible(False)
        return axes

    def room_around(self, axes: Axes, usual: Room) -> Room:
        """What texts over and under some axes take, if it is more than is usual."""
        over = [each for each in axes.get_children() if isinstance(each, Text | Legend)]
        under = [label for label in axes.get_xticklabels() if label.get_text()]
        above = max((each.get_window_extent().y1 for each in over), default=0) - axes.bbox.y1
        below = axes.bbox.y0 - min((each.get_window_extent().y0 for each in under), default=1e9)
        above, below = (room * 72 / self.figure.dpi for room in (above, below))
        return Room(max(usual.above, above + FREE), max(usual.below, below))

    def clear_axes(self) -> None:
        """Take all axes from the page."""
        for axes in self.figure.axes:
            axes.remove()

    def width_of(self, text: Text) -> float:
        """How wide a text is."""
        pixels = text.get_window_extent(self.figure.canvas.get_renderer()).width  # type: ignore[attr-defined]
        return float(pixels) * 72 / self.figure.dpi

    def width_of_words(self, words: str, size: float, **style: Any) -> float:
        """How wide words would be."""
        text = self.text(0, 0, words, fontsize=size, **style)
        width = self.width_of(text)
        text.remove()
        return width

    def shorten(self, text: Text, room: float, smallest: float) -> None:
        """Make a text fit: first smaller, then cut with an ellipsis."""
        size = float(text.get_fontsize())
        while self.width_of(text) > room and size > smallest:
            size -= 1
            text.set_fontsize(size)
        words = text.get_text()
        if (width := self.width_of(text)) > 2 * room:  # 200 letters one by one would take 0.1 s
            words = words[: int(2 * len(words) * room / width)]
            text.set_text(words + "…")
        while self.width_of(text) > room and len(words) > 1:
            words = words[:-1].rstrip()
            text.set_text(words + "…")
