"""Words inside a panel: how wide they are, and what is done where there is too little room."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from nnviz_cli.draw.canvas import SCALE_SIZE, Canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MINUS = "\N{MINUS SIGN}"
CORNER = (0.02, 0.03)  # of the axes, where a note begins


def signed(text: str) -> str:
    """A number with a minus as long as a plus."""
    return text.replace("-", MINUS)


def points(axes: "Axes") -> float:
    """Pixels of a point."""
    return float(axes.figure.dpi) / 72


def width_of(axes: "Axes", words: str, size: float = SCALE_SIZE) -> float:
    """How wide words are, in points."""
    from matplotlib import rcParams

    return _width(words, size, float(axes.figure.dpi), tuple(rcParams["font.family"]))


@lru_cache(4096)
def _width(words: str, size: float, dpi: float, family: tuple[str, ...]) -> float:
    """Words in a font, as they are drawn at so many pixels per inch."""
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

    font = FontProperties(family=family, size=size)
    width, _, _ = RendererAgg(1, 1, dpi).get_text_width_height_descent(words, font, False)
    return float(width) * 72 / dpi


def fitting(axes: "Axes", wordings: Sequence[str], room: float, size: float = SCALE_SIZE) -> str:
    """The first wording that is no wider than some points, or the last one, cut."""
    for words in wordings:
        if width_of(axes, words, size) <= room:
            return words
    cut = wordings[-1]
    while cut and width_of(axes, cut + "…", size) > room:
        cut = cut[:-1].rstrip()
    return cut + "…"


def wrapped(axes: "Axes", words: str, room: float) -> Iterator[str]:
    """Words in lines that are no wider than some points; a word that is wider is cut."""
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if line and width_of(axes, longer) > room:
            yield line
            longer = word
        line = fitting(axes, [longer], room)
    yield line


def note(canvas: Canvas) -> Callable[[Sequence[str]], None]:
    """Words in the lower left corner, a line each, or more where one is wider than the panel."""
    axes, theme = canvas.axes, canvas.theme
    text = axes.text(*CORNER, "", transform=axes.transAxes, fontsize=SCALE_SIZE)
    text.set(color=theme.soft, animated=True, zorder=9)
    text.set_bbox({"facecolor": theme.panel, "edgecolor": "none", "alpha": 0.8, "pad": 2})
    room = (1 - 2 * CORNER[0]) * axes.bbox.width / points(axes)
    lines: dict[str, list[str]] = {}

    def say(told: Sequence[str]) -> None:
        for words in told:
            if words not in lines:
                lines[words] = list(wrapped(axes, words, room))
        text.set_text("\n".join(line for words in told for line in lines[words]))

    return say
