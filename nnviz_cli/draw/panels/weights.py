"""The panel `weights`: distributions of weights and activations, and gradient norms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import SCALE_SIZE, Array, Canvas, Show
from nnviz_cli.draw.labels import fitting, points, signed, width_of
from nnviz_cli.draw.legend import heading
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.ranges import drawable, ends
from nnviz_cli.number import value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from nnviz_cli.recording.recording import Recording

BANDS = ((0, 6, 0.16), (1, 5, 0.26), (2, 4, 0.42))  # indices of quantiles, opacity
SHADES = (0.64, 0.38, 0.16)  # of these, the innermost first, one over the other
COLUMNS = (  # what is shown, and how it is called
    ("weights", ["weights", "w"]),
    ("activations", ["activations", "act."]),
    ("gradients", ["gradient norm", "gradients", "norm"]),
)
SPREAD = 100  # times the least norm, from which on the scale is logarithmic
GAP = 0.02  # between columns, of the axes
MOST_LAYERS = 5  # layers that are shown, the last ones


@dataclass(frozen=True)
class Range:
    """The ends of what a small picture shows, as text, in a box of the axes."""

    low: str
    high: str
    log: bool
    box: tuple[float, float, float, float]  # left, bottom, width, height
    name: str  # what stands over its left end

    @property
    def words(self) -> str:
        """Both ends."""
        return f"{self.low} … {self.high}" + ", log" * self.log

    def room(self, axes: "Axes") -> float:
        """The width of the box, in points."""
        return self.box[2] * float(axes.bbox.width) / points(axes)

    def fits_over(self, axes: "Axes") -> bool:
        """Whether there is room beside the name."""
        taken = width_of(axes, self.words) + width_of(axes, self.name) + SCALE_SIZE
        return taken <= self.room(axes)

    def fits_inside(self, axes: "Axes") -> bool:
        """Whether there is room for two lines in the box."""
        widest = max(width_of(axes, self.low), width_of(axes, self.high))
        return widest <= self.room(axes) and self.box[3] > 2 * _line(axes)


def weights(canvas: Canvas) -> Show:
    """Distributions of weights and activations, and the gradient norm, of each layer over time."""
    axes, recording, theme = canvas.axes, canvas.recording, canvas.theme
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    axes.patch.set_visible(False)
    shown, line = _layers(recording), _line(axes)
    shows = []
    ranges: list[Range] = []
    for row, layer in enumerate(shown):
        name = _called(recording, layer + 1)
        for column, (kind, _) in enumerate(COLUMNS):
            box = _box(row, column, len(shown), line)
            values = drawable(recording.spread[kind][: recording.held, layer])
            log = kind == "gradients" and _is_log(values)
            draw = _norms if kind == "gradients" else _bands
            shows.append(draw(canvas, np.log(values) if log else values, box))
            low, high = (signed(value(end)) for end in ends([values]))
            ranges.append(Range(low, high, log, box, "" if column else name))
        _label(canvas, name, _box(row, 0, len(shown), line))
    for column, (_, names) in enumerate(COLUMNS):
        left, bottom, width, height = _box(0, column, len(shown), line)
        name = fitting(axes, names, width * axes.bbox.width / points(axes))
        _label(canvas, name, (left, bottom + line, width, height))
    _numbers(canvas, ranges)
    axes.plot([], [], color=theme.answer, lw=3, label="median")
    for name, opacity in zip(("half", "90 %", "all"), SHADES, strict=True):
        axes.plot([], [], "s", ms=15, mew=0, color=theme.answer, alpha=opacity, label=name)
    wordings = ("weights, activations and gradient norm of each layer", "weights by layer")
    heading(canvas, *wordings, "weights")

    def show(frame: int) -> None:
        for each in shows:
            each(min(frame, recording.held - 1))

    return show


def _layers(recording: "Recording") -> range:
    """The layers that are shown."""
    layers = recording.spread["weights"].shape[1]
    return range(max(0, layers - MOST_LAYERS), layers)


def _line(axes: "Axes") -> float:
    """The height of a line of text, of the axes."""
    return 1.5 * SCALE_SIZE * points(axes) / float(axes.bbox.height)


def _is_log(values: Array) -> bool:
    low, high = ends([values])
    return low > 0 and high > SPREAD * low


def _box(row: int, column: int, rows: int, line: float) -> tuple[float, float, float, float]:
    """Left, bottom, width, height of a small picture, with a line of text over it."""
    width, height = (1 + GAP) / len(COLUMNS), (1 - line) / rows
    return column * width, 1 - line - (row + 1) * height, width - GAP, height - 1.1 * line


def _bands(canvas: Canvas, quantiles: Array, box: tuple[float, ...]) -> Show:
    """Bands between quantiles (frames, quantiles), and the median."""
    axes, theme = canvas.axes, canvas.theme
    left, bottom, width, height = box
    low, high = ends([quantiles])
    room = high - low or 1.0
    x = left + width * np.linspace(0, 1, len(quantiles))
    y = bottom + height * (0.04 + 0.92 * (quantiles - low) / room)
    axes.fill_between([left, left + width], bottom, bottom + height, color=theme.panel)
    for below, above, opacity in BANDS:
        style: dict[str, Any] = {"color": theme.answer, "alpha": opacity, "lw": 0}
        axes.fill_between(x, y[:, below], y[:, above], **style)
    axes.plot(x, y[:, 3], color=theme.answer, lw=2)
    if low < 0 < high:
        zero = bottom + height * (0.04 - 0.92 * low / room)
        axes.plot([left, left + width], [zero, zero], color=theme.soft, lw=1, ls=":")
    return _veil(canvas, len(quantiles), box)


def _norms(canvas: Canvas, values: Array, box: tuple[float, ...]) -> Show:
    """A length over time."""
    axes, theme = canvas.axes, canvas.theme
    left, bottom, width, height = box
    low, high = ends([values])
    room = high - low or 1.0
    x = left + width * np.linspace(0, 1, len(values))
    axes.fill_between([left, left + width], bottom, bottom + height, color=theme.panel)
    y = bottom + height * (0.06 + 0.88 * (values - low) / room)
    axes.plot(x, y, color=theme.answer, lw=2.5)
    return _veil(canvas, len(values), box)


def _numbers(canvas: Canvas, ranges: Sequence[Range]) -> None:
    """The least and the greatest number of each small picture: over all, or else inside them."""
    axes, theme = canvas.axes, canvas.theme
    if all(each.fits_over(axes) for each in ranges):
        for each in ranges:
            left, bottom, width, height = each.box
            place = {"x": left + width, "y": bottom + height, "ha": "right", "va": "bottom"}
            _text(axes, each.words, theme.soft, **place)
    elif all(each.fits_inside(axes) for each in ranges):
        ground = {"facecolor": theme.panel, "edgecolor": "none", "alpha": 0.7, "pad": 1}
        inside = []
        for each in ranges:
            left, bottom, _, height = each.box
            style = {"x": left + GAP / 8, "bbox": ground}
            high = fitting(axes, [each.high + ", log" * each.log, each.high], each.room(axes))
            inside.append(_text(axes, high, theme.ink, y=bottom + height, va="top", **style))
            inside.append(_text(axes, each.low, theme.ink, y=bottom, va="bottom", **style))
        _over_veils(axes, inside)


def _over_veils(axes: "Axes", texts: Sequence["Text"]) -> None:
    """Draw texts over the veils, once for all frames."""
    from nnviz_cli.draw.artists import drawn_once, empty_renderer

    renderer = empty_renderer(axes.figure)
    for text in texts:
        picture = drawn_once([text], renderer, text.get_window_extent(renderer).padded(4))
        picture.set(animated=True, zorder=6)
        axes.add_artist(picture)
        text.set_visible(False)


def _label(canvas: Canvas, words: str, box: tuple[float, ...]) -> None:
    """What a row or a column shows, over the left end of a small picture."""
    left, bottom, _, height = box
    _text(canvas.axes, words, canvas.theme.ink, x=left, y=bottom + height, va="bottom")


def _text(axes: "Axes", words: str, color: str, **place: Any) -> "Text":
    return axes.text(s=words, fontsize=SCALE_SIZE, color=color, **place)


def _called(recording: "Recording", layer: int) -> str:
    return "output" if layer == len(recording.facts.units) - 1 else f"hidden {layer}"


def _veil(canvas: Canvas, frames: int, box: tuple[float, ...]) -> Show:
    """Covers what is to come; its edge is now."""
    from matplotlib.patches import Rectangle

    axes, theme = canvas.axes, canvas.theme
    left, bottom, width, height = box
    veil = Rectangle((left, bottom), width, height, color=theme.panel, alpha=0.72, lw=0)
    veil.set(animated=True, zorder=4)
    axes.add_patch(veil)
    (now,) = axes.plot([], [], color=theme.ink, lw=2, animated=True, zorder=5)

    def show(frame: int) -> None:
        x = left + width * frame / max(1, frames - 1)
        veil.set(x=x, width=left + width - x)
        now.set_data([x, x], [bottom, bottom + height])

    return show


PANEL = Panel(draw=weights, alt_text="distributions of weights, activations and gradients")
