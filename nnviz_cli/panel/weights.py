"""How weights, activations and gradients are distributed in each layer, over the film."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.panel.part import NARROWEST, SCALE_SIZE, Array, Show, caption, drawable
from nnviz_cli.shape import Needs, Shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.recording import Recording
    from nnviz_cli.theme import Theme

BANDS = ((0, 6, 0.16), (1, 5, 0.26), (2, 4, 0.42))  # indices of quantiles, opacity
COLUMNS = ("weights", "activations", "gradient")
ROOM = 210  # points; narrower pictures have no numbers
MOST = 5  # layers that are shown, the last ones


def weights(axes: "Axes", recording: "Recording", theme: "Theme") -> Show:
    """Weights, activations and gradient norms of each layer over time, from least to greatest."""
    caption(axes, theme, "weights, activations and gradient norm of each layer", "weights by layer")
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    axes.patch.set_visible(False)
    spread, layers = recording.spread, recording.spread["weights"].shape[1]
    rows = range(max(0, layers - MOST), layers)
    top = 1 - 1.6 * SCALE_SIZE * axes.figure.dpi / 72 / axes.bbox.height
    shows = []
    for row, layer in enumerate(rows):
        for column, name in enumerate(COLUMNS):
            box = _box(row, column, len(rows), top)
            if name == "gradient":
                norms = drawable(spread["gradients"][:, layer].astype(float))
                shows.append(_norms(axes, theme, norms, box))
            else:
                shows.append(_bands(axes, theme, drawable(spread[name][:, layer]), box))
        _name(axes, theme, _called(recording, layer + 1), box)
    for column, name in enumerate(COLUMNS):
        left, _, width, _ = _box(0, column, len(rows), top)
        text = axes.text(left + width / 2, 0.995, name, ha="center", va="top")
        text.set(fontsize=SCALE_SIZE, color=theme.soft)

    def show(frame: int) -> None:
        for each in shows:
            each(frame)

    return show


def needs(_: Shape, **__: Any) -> Needs:
    """Quantiles and norms."""
    return Needs(spread=True)


def _box(row: int, column: int, rows: int, top: float) -> tuple[float, float, float, float]:
    """Left, bottom, width, height of a small picture, in parts of the axes."""
    gap = 0.012
    width, height = 1 / len(COLUMNS), top / rows
    bottom = top - (row + 1) * height
    return column * width + gap / 2, bottom + 2 * gap, width - gap, height - 3 * gap


def _bands(axes: "Axes", theme: "Theme", quantiles: Array, box: tuple[float, ...]) -> Show:
    """Bands between quantiles (frames, quantiles), and the median."""
    left, bottom, width, height = box
    low, high = float(quantiles.min()), float(quantiles.max())
    room = max(high - low, NARROWEST)
    x = left + width * np.linspace(0, 1, len(quantiles))
    y = bottom + height * (0.04 + 0.92 * (quantiles - low) / room)
    axes.fill_between([left, left + width], bottom, bottom + height, color=theme.panel)
    for below, above, opacity in BANDS:
        look: dict[str, Any] = {"color": theme.answer, "alpha": opacity, "lw": 0}
        axes.fill_between(x, y[:, below], y[:, above], **look)
    axes.plot(x, y[:, 3], color=theme.answer, lw=2)
    if low < 0 < high:
        zero = bottom + height * (0.04 - 0.92 * low / room)
        axes.plot([left, left + width], [zero, zero], color=theme.soft, lw=1, ls=":")
    _ends(axes, theme, (f"{high:.2g}", f"{low:.2g}"), box)
    return _veil(axes, theme, len(quantiles), box)


def _norms(axes: "Axes", theme: "Theme", values: Array, box: tuple[float, ...]) -> Show:
    """A length over time; its logarithm where it spans decades."""
    left, bottom, width, height = box
    ends = (f"{values.max():.2g}", f"{values.min():.2g}")
    if values.min() > 0 and values.max() > 100 * values.min():
        values = np.log(values)
    room = max(float(np.ptp(values)), NARROWEST * 1e-3)
    x = left + width * np.linspace(0, 1, len(values))
    axes.fill_between([left, left + width], bottom, bottom + height, color=theme.panel)
    y = bottom + height * (0.06 + 0.88 * (values - values.min()) / room)
    axes.plot(x, y, color=theme.answer, lw=2.5)
    _ends(axes, theme, ends, box)
    return _veil(axes, theme, len(values), box)


def _ends(axes: "Axes", theme: "Theme", words: tuple[str, str], box: tuple[float, ...]) -> None:
    """The greatest and the least number, at the right edge."""
    left, bottom, width, height = box
    if width * axes.bbox.width * 72 / axes.figure.dpi < ROOM:
        return
    for text, y, va in ((words[0], bottom + height, "top"), (words[1], bottom, "bottom")):
        shown = axes.text(left + width - 0.008, y, text, ha="right", va=va, fontsize=SCALE_SIZE)
        shown.set(color=theme.soft, zorder=6)
        shown.set_bbox({"facecolor": theme.panel, "edgecolor": "none", "alpha": 0.7, "pad": 1})


def _name(axes: "Axes", theme: "Theme", name: str, box: tuple[float, ...]) -> None:
    """The layer, in the picture of its weights."""
    _, bottom, _, height = box
    text = axes.text(0.016, bottom + 0.95 * height, name, va="top", fontsize=SCALE_SIZE)
    text.set(color=theme.ink, zorder=6)
    text.set_bbox({"facecolor": theme.panel, "edgecolor": "none", "alpha": 0.7, "pad": 1})


def _called(recording: "Recording", layer: int) -> str:
    return "output" if layer == len(recording.facts.units) - 1 else f"hidden {layer}"


def _veil(axes: "Axes", theme: "Theme", frames: int, box: tuple[float, ...]) -> Show:
    """Covers what is to come; its edge is now."""
    from matplotlib.patches import Rectangle

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
