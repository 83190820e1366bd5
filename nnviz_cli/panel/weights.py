"""How weights, activations and gradients are distributed in each layer, over the film."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.panel.part import NARROWEST, SCALE_SIZE, Array, Show, drawable, heading
from nnviz_cli.shape import Needs, Shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.recording import Recording
    from nnviz_cli.theme import Theme

BANDS = ((0, 6, 0.16), (1, 5, 0.26), (2, 4, 0.42))  # indices of quantiles, opacity
COLUMNS = ("weights", "activations", "gradient norm")
ROOM = 200  # points; narrower pictures have no numbers
GAP = 0.02  # between columns, of the axes
MOST = 5  # layers that are shown, the last ones


def weights(axes: "Axes", recording: "Recording", theme: "Theme") -> Show:
    """Weights, activations and gradient norms of each layer over time, from least to greatest."""
    wordings = (
        "weights, activations and gradient norm of each layer",
        "weights by layer",
        "weights",
    )
    heading(axes, theme, *wordings)
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    axes.patch.set_visible(False)
    spread, layers = recording.spread, recording.spread["weights"].shape[1]
    shown = range(max(0, layers - MOST), layers)
    line = 1.5 * SCALE_SIZE * axes.figure.dpi / 72 / axes.bbox.height  # of text
    shows = []
    for row, layer in enumerate(shown):
        for column, name in enumerate(COLUMNS):
            box = _box(row, column, len(shown), line)
            if name == "gradient norm":
                values = drawable(spread["gradients"][:, layer].astype(float))
                shows.append(_norms(axes, theme, values, box))
            else:
                values = drawable(spread[name][:, layer])
                shows.append(_bands(axes, theme, values, box))
            _range(axes, theme, (values.min(), values.max()), box)
        _label(axes, theme, _called(recording, layer + 1), _box(row, 0, len(shown), line))
    for column, name in enumerate(COLUMNS):
        left, bottom, width, height = _box(0, column, len(shown), line)
        _label(axes, theme, name, (left, bottom + line, width, height))

    def show(frame: int) -> None:
        for each in shows:
            each(frame)

    return show


def needs(_: Shape, **__: Any) -> Needs:
    """Quantiles and norms."""
    return Needs(spread=True)


def _box(row: int, column: int, rows: int, line: float) -> tuple[float, float, float, float]:
    """Left, bottom, width, height of a small picture, with a line of text over it."""
    width, height = (1 + GAP) / len(COLUMNS), (1 - line) / rows
    return column * width, 1 - line - (row + 1) * height, width - GAP, height - 1.1 * line


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
    return _veil(axes, theme, len(quantiles), box)


def _norms(axes: "Axes", theme: "Theme", values: Array, box: tuple[float, ...]) -> Show:
    """A length over time; its logarithm where it spans decades."""
    left, bottom, width, height = box
    if values.min() > 0 and values.max() > 100 * values.min():
        values = np.log(values)
    room = max(float(np.ptp(values)), NARROWEST * 1e-3)
    x = left + width * np.linspace(0, 1, len(values))
    axes.fill_between([left, left + width], bottom, bottom + height, color=theme.panel)
    y = bottom + height * (0.06 + 0.88 * (values - values.min()) / room)
    axes.plot(x, y, color=theme.answer, lw=2.5)
    return _veil(axes, theme, len(values), box)


def _range(axes: "Axes", theme: "Theme", ends: tuple[float, float], box: tuple[float, ...]) -> None:
    """The least and the greatest number, over the right end of a small picture."""
    left, bottom, width, height = box
    if width * axes.bbox.width * 72 / axes.figure.dpi < ROOM:
        return
    low, high = (0.0 if abs(end) < 1e-3 * max(map(abs, ends)) else end for end in ends)
    words = f"{low:.2g} … {high:.2g}".replace("-", "\N{MINUS SIGN}")
    _text(axes, words, theme.soft, x=left + width, y=bottom + height, ha="right")


def _label(axes: "Axes", theme: "Theme", words: str, box: tuple[float, ...]) -> None:
    """What a row or a column shows, over the left end of a small picture."""
    left, bottom, _, height = box
    _text(axes, words, theme.ink, x=left, y=bottom + height)


def _text(axes: "Axes", words: str, color: str, **place: Any) -> None:
    axes.text(s=words, fontsize=SCALE_SIZE, color=color, va="bottom", **place)


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
