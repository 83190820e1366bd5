"""The panel `network`: units as nodes, weights as edges."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import SCALE_SIZE, Array, Canvas, Show
from nnviz_cli.draw.labels import fitting, points
from nnviz_cli.draw.legend import heading
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.panels.units import reach, unit_map
from nnviz_cli.draw.ranges import drawable, greatest

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MOST_UNITS = 10  # units of a layer that are shown
SMALL = 6  # units; layers as small as these have maps in their nodes
THICKEST = 9.0  # points, of an edge


def network(canvas: Canvas) -> Show:
    """A diagram: units, weights by width and colour, biases as rings; maps if it is small."""
    axes, recording, theme = canvas.axes, canvas.recording, canvas.theme
    wide, high = axes.bbox.size
    axes.set(xlim=(0, wide / high), ylim=(0, 1), xticks=[], yticks=[])
    units = recording.facts.units
    columns = [_nodes(column, units, wide / high) for column in range(len(units))]
    radius = min(0.075, 0.36 / min(MOST_UNITS, max(units)), 0.16 * wide / high / len(units))
    edges = [_edges(canvas, layer, columns) for layer in recording.kernels]
    nodes = [_layer(canvas, layer, columns[layer], radius) for layer in recording.kernels]
    for column, (places, width) in enumerate(zip(columns, units, strict=True)):
        if len(places) < width:
            more = f"+ {width - len(places)}"
            text = fitting(axes, [more, more.replace(" ", ""), ""], _apart(axes, len(units)))
            style: dict[str, Any] = {"fontsize": SCALE_SIZE, "color": theme.soft}
            axes.text(places[0, 0], 0.015, text, ha="center", **style)
        if column == 0:
            _inputs(canvas, places, radius)
    for color, label in ((theme.positive, "positive"), (theme.negative, "negative")):
        axes.plot([], [], color=color, lw=5, label=label)
    heading(canvas, "the network: weights and biases", "the network", "network")

    def show(frame: int) -> None:
        for each in (*edges, *nodes):
            each(frame)

    return show


def _nodes(column: int, units: tuple[int, ...], width: float) -> Array:
    """Places of the units of a layer that are shown (units, 2)."""
    count = min(units[column], MOST_UNITS)
    room = 0.84 if units[column] <= MOST_UNITS else 0.78
    step = min(room / count, 0.24)
    y = 0.5 + step * ((count - 1) / 2 - np.arange(count))
    x = width * (0.09 + 0.82 * column / max(1, len(units) - 1))
    return np.column_stack([np.full(count, x), y])


def _apart(axes: "Axes", layers: int) -> float:
    """How far it is from one layer to the next, in points."""
    return 0.82 * axes.bbox.width / points(axes) / max(1, layers - 1)


def _edges(canvas: Canvas, layer: int, columns: list[Array]) -> Show:
    """The weights into a layer; the widest of the film is as thick as can be."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgb

    theme = canvas.theme
    before, after = columns[layer - 1], columns[layer]
    kernels = canvas.recording.kernels[layer]
    shown = np.s_[: len(before), : len(after)]
    most = greatest(each[shown] for each in kernels)
    pairs = [(a, b) for a in before for b in after]
    lines = LineCollection([np.array(pair) for pair in pairs], animated=True, zorder=2)
    lines.set_capstyle("round")
    canvas.axes.add_collection(lines, autolim=False)
    signs = np.array([to_rgb(theme.negative), to_rgb(theme.positive)])

    def show(frame: int) -> None:
        weights = drawable(kernels[frame][shown]).ravel()
        size = np.minimum(np.abs(weights) / most, 1)
        opacity = np.clip(0.18 + 0.8 * np.sqrt(size), 0, 1)
        colors = np.column_stack([signs[(weights > 0).astype(int)], opacity])
        lines.set(linewidths=0.5 + THICKEST * size, colors=colors)

    return show


def _layer(
    canvas: Canvas,
    layer: int,
    places: Array,
    radius: float,
) -> Show:
    """The nodes of a layer: rings by the bias, maps inside where they were recorded."""
    from matplotlib.colors import to_rgba_array

    axes, recording, theme = canvas.axes, canvas.recording, canvas.theme
    high = axes.bbox.height / points(axes)
    biases = recording.biases[layer]
    most = greatest(biases)
    rings = axes.scatter(
        places[:, 0], places[:, 1], s=(2 * radius * high + 8) ** 2, animated=True, zorder=3
    )
    face = axes.scatter(
        places[:, 0], places[:, 1], s=(2 * radius * high) ** 2, color=theme.panel, zorder=3.5
    )
    face.set_animated(True)
    signs = to_rgba_array([theme.negative, theme.faint, theme.positive])
    maps = [
        unit_map(
            canvas,
            lambda frame, unit=unit: recording.maps[layer][frame, unit],
            (x - radius, y - radius, 2 * radius, 2 * radius),
            reach(recording.maps[layer]),
            round_=True,
        )
        for unit, (x, y) in enumerate(places)
        if max(recording.facts.units) <= SMALL and recording.maps[layer].ndim == 4
    ]

    def show(frame: int) -> None:
        share = np.clip(drawable(biases[frame][: len(places)]) / most, -1, 1)
        colors = np.stack(
            [np.interp(share, (-1, 0, 1), signs[:, channel]) for channel in range(4)], axis=1
        )
        rings.set_facecolor(list(map(tuple, colors)))
        for each in maps:
            each(frame)

    return show


def _inputs(canvas: Canvas, places: Array, radius: float) -> None:
    """The inputs by name."""
    axes, theme = canvas.axes, canvas.theme
    high = axes.bbox.height / points(axes)
    dots = axes.scatter(
        places[:, 0], places[:, 1], s=(1.5 * radius * high) ** 2, color=theme.panel, zorder=3
    )
    dots.set(edgecolor=theme.soft, linewidth=2, animated=True)
    for i, (x, y) in enumerate(places, 1):
        name = "x" if len(places) == 1 else f"x{chr(0x2080 + i)}"
        text = axes.text(x, y, name, ha="center", va="center", fontsize=SCALE_SIZE)
        text.set(color=theme.ink, zorder=5, animated=True)


PANEL = Panel(draw=network, alt_text="the network")
