"""The panel `units`: the output of each unit of each layer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import SCALE_SIZE, Array, Canvas, Show
from nnviz_cli.draw.labels import fitting, points
from nnviz_cli.draw.legend import heading
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.ranges import NARROWEST, drawable, greatest
from nnviz_cli.number import value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.draw.theme import Theme

MOST_UNITS = 16  # units of a layer that are shown
GAP = 0.12  # between tiles, in parts of a tile


def units(canvas: Canvas) -> Show:
    """The output of each unit over the inputs: a small map, or a curve."""
    axes, recording, theme = canvas.axes, canvas.recording, canvas.theme
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    if recording.x.shape[1] == 2:
        for color, label in ((theme.positive, "positive"), (theme.negative, "negative")):
            axes.plot([], [], "s", ms=15, mew=0, color=color, label=label)
    heading(canvas, "output of each unit over the inputs", "output of each unit", "units")
    axes.patch.set_visible(False)
    shows = []
    columns = len(recording.maps)
    for column, layer in enumerate(recording.maps):
        shown = min(recording.facts.units[layer], MOST_UNITS)
        scale = reach(recording.maps[layer])
        x, room = (column + 0.5) / columns, 0.96 * axes.bbox.width / points(axes) / columns
        name = fitting(axes, _names(canvas, layer, scale), room)
        axes.text(x, 0.99, name, ha="center", va="top", fontsize=SCALE_SIZE, color=theme.soft)
        boxes = _boxes(axes, x, shown, columns)
        for unit, box in enumerate(boxes):
            shows.append(_unit(canvas, (layer, unit), box, scale))

    def show(frame: int) -> None:
        for each in shows:
            each(frame)

    return show


def _names(canvas: Canvas, layer: int, scale: float) -> list[str]:
    """What a layer is called, its scale, and how many of its units are shown, ever shorter."""
    units = canvas.recording.facts.units
    name = "output" if layer == len(units) - 1 else f"hidden {layer}"
    if units[layer] <= MOST_UNITS:
        return [f"{name}, ±{value(scale)}", name, str(layer)]
    part = f"{MOST_UNITS} of {units[layer]}"
    return [f"{name} ({part}), ±{value(scale)}", f"{name} ({part})", part, name, str(layer)]


def reach(maps: Iterable[Array]) -> float:
    """The largest absolute output of a layer's units (frames, units, …)."""
    return max(NARROWEST, greatest(maps))


def _boxes(axes: "Axes", x: float, count: int, columns: int) -> list[tuple[float, ...]]:
    """Square boxes around x, in as many ranks as make them large: left, bottom, width, height."""
    wide, high = axes.bbox.size
    room = 1 - 1.9 * SCALE_SIZE * axes.figure.dpi / 72 / high  # without the name
    best, side = 1, 0.0
    for ranks in range(1, count + 1):
        down = -(-count // ranks)
        fits = min(room * high / (down * (1 + GAP)), 0.9 * wide / columns / (ranks * (1 + GAP)))
        if fits > side:
            best, side = ranks, fits
    down = -(-count // best)
    w, h = side / wide, side / high
    left, top = x - best * w * (1 + GAP) / 2, room / 2 + down * h * (1 + GAP) / 2
    return [
        (
            left + (i // down) * w * (1 + GAP) + w * GAP / 2,
            top - (i % down + 1) * h * (1 + GAP) + h * GAP / 2,
            w,
            h,
        )
        for i in range(count)
    ]


def _unit(
    canvas: Canvas,
    which: tuple[int, int],
    box: tuple[float, ...],
    scale: float,
) -> Show:
    """One unit in its box."""
    axes, theme = canvas.axes, canvas.theme
    layer, unit = which
    maps = canvas.recording.maps[layer]
    if maps.ndim == 4:
        return unit_map(canvas, lambda frame: maps[frame, unit], box, scale)
    left, bottom, width, height = box
    x = left + width * np.linspace(0, 1, maps.shape[2])
    axes.fill_between([left, left + width], bottom, bottom + height, color=theme.panel)
    axes.plot([left, left + width], [bottom + height / 2] * 2, color=theme.faint, lw=1.2)
    (curve,) = axes.plot([], [], color=theme.answer, lw=2.5, animated=True)

    def show(frame: int) -> None:
        y = np.clip(drawable(maps[frame, unit]) / scale, -1, 1)
        curve.set_data(x, bottom + height * (0.5 + 0.46 * y))

    return show


def unit_map(
    canvas: Canvas,
    answers: Any,
    box: tuple[float, ...],
    scale: float,
    *,
    round_: bool = False,
) -> Show:
    """A unit's answers (rows, columns) of a frame as colours in a box of the data, by its sign."""
    from PIL import Image

    from nnviz_cli.draw.artists import Pixels

    axes = canvas.axes
    left, bottom, width, height = box
    corners = axes.transData.transform([(left, bottom), (left + width, bottom + height)])
    (x0, y0), (x1, y1) = np.round(corners).astype(int)
    size = (max(1, x1 - x0), max(1, y1 - y0))
    artist = Pixels(x0, y0)
    artist.set(animated=True, zorder=4)
    axes.add_artist(artist)
    shades = signed_shades(canvas.theme)
    mask = _disc(size) if round_ else None

    def show(frame: int) -> None:
        levels = 127.5 + 127.5 * np.clip(drawable(answers(frame)) / scale, -1, 1)
        image = Image.fromarray(np.round(levels).astype(np.uint8))
        fine = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
        pixels = shades[fine]
        if mask is not None:
            pixels[..., 3] = mask
        artist.set_data(pixels)

    return show


def signed_shades(theme: "Theme") -> Array:
    """RGBA bytes (256, 4), from the colour of negative over the panel's to that of positive."""
    from matplotlib.colors import to_rgb

    ends = np.array([to_rgb(color) for color in (theme.negative, theme.panel, theme.positive)])
    at = np.linspace(-1, 1, 256)
    rgb = np.stack([np.interp(at, (-1, 0, 1), ends[:, i]) for i in range(3)], axis=1)
    shades: Array = np.round(255 * np.column_stack([rgb, np.ones(256)])).astype(np.uint8)
    return shades


def _disc(size: tuple[int, int]) -> Array:
    """Opacities of a disc with a soft edge (rows, columns), bytes."""
    x, y = (np.arange(side) + 0.5 - side / 2 for side in size)
    inside = min(size) / 2 - np.hypot(*np.meshgrid(x, y))
    disc: Array = np.round(255 * np.clip(inside + 0.5, 0, 1)).astype(np.uint8)
    return disc


PANEL = Panel(draw=units, alt_text="the output of each unit")
