"""A layer of one unit: a line with a density curve per class."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import SCALE_SIZE, Array, Canvas, Show, nothing
from nnviz_cli.draw.labels import points, width_of, wrapped
from nnviz_cli.draw.points import groups, keys, markers
from nnviz_cli.draw.ranges import NARROWEST, limits
from nnviz_cli.draw.ticks import along_x, linear_marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.draw.points import Group
    from nnviz_cli.recording.recording import Look

BINS = 160
SMOOTH = np.hanning(9) / np.hanning(9).sum()
NAMES = 0.4  # of the width, that the names of the rows may take
HEIGHT = 0.78  # of a row that a ridge may take


def layer_line(
    canvas: Canvas,
    look: "Look",
    size: float,
    *,
    boundary: bool,
) -> Show:
    """A row per class: the density of the unit's output over its points."""
    axes = canvas.axes
    low, high = limits(*look.ends())
    found = groups(canvas)[::-1]
    beside = axes.bbox.height / points(axes) > 1.2 * SCALE_SIZE * len(found)
    left = low[0] - beside * _room(axes, found) * (high[0] - low[0])
    axes.set_xlim(left, high[0])
    axes.set_ylim(0, len(found))
    axes.set_yticks([])
    along_x(canvas, linear_marks((low[0], high[0])))
    ridges = [_ridge(canvas, group, row, size) for row, group in enumerate(found)]
    if beside:
        _names(canvas, found)
    else:
        keys(canvas, found)
    divide = _cuts(canvas) if boundary else nothing

    def show(frame: int) -> None:
        answers = look.activation[frame][:, 0]
        for group, ridge in zip(found, ridges, strict=True):
            ridge(answers[group.members])
        divide(frame)

    return show


def _room(axes: "Axes", found: list["Group"]) -> float:
    """What the names of the rows take, in parts of what is left."""
    widest = max(width_of(axes, group.name) for group in found) + SCALE_SIZE
    share = min(NAMES, widest * points(axes) / axes.bbox.width)
    return share / (1 - share)


def _names(canvas: Canvas, found: list["Group"]) -> None:
    """The names of the rows, beside the ridges."""
    axes = canvas.axes
    room = NAMES * axes.bbox.width / points(axes) - SCALE_SIZE
    style: dict[str, Any] = {"fontsize": SCALE_SIZE, "color": canvas.theme.soft, "va": "center"}
    for row, group in enumerate(found):
        name = "\n".join(wrapped(axes, group.name, room))
        place = (0.012, (row + 0.4) / len(found))
        axes.text(*place, name, transform=axes.transAxes, zorder=4, **style)


def _ridge(canvas: Canvas, group: "Group", row: int, size: float) -> Any:
    """The density of a class over its base line, in parts of its peak; its points on the line."""
    from matplotlib.collections import PolyCollection

    axes = canvas.axes
    base = row + 0.12
    shape = PolyCollection([], facecolors=group.color, alpha=0.4, animated=True)
    axes.add_collection(shape, autolim=False)
    (edge,) = axes.plot([], [], color=group.color, lw=2.5, animated=True)
    axes.axhline(base, color=canvas.theme.faint, lw=1.3)
    marks = markers(canvas, group, size)

    def show(answers: Array) -> None:
        left, right = axes.get_xlim()
        counts, edges = np.histogram(answers, BINS, (left, right))
        smooth = np.convolve(counts, SMOOTH, "same")
        x = (edges[1:] + edges[:-1]) / 2
        y = base + HEIGHT * smooth / max(smooth.max(), NARROWEST)
        shape.set_verts([np.column_stack([[x[0], *x, x[-1]], [base, *y, base]])])
        edge.set_data(x, y)
        seen = np.unique(np.round((answers - left) / (right - left) * 2000)) / 2000
        for artist in marks:
            artist.set_data(left + seen * (right - left), np.full(len(seen), base))

    return show


def _cuts(canvas: Canvas) -> Show:
    """Upright lines where the greatest score changes hands."""
    axes, theme = canvas.axes, canvas.theme
    (halo,) = axes.plot([], [], color=theme.panel, lw=9, alpha=0.7, animated=True)
    (line,) = axes.plot([], [], color=theme.ink, lw=3.5, animated=True, label="boundary")

    def show(frame: int) -> None:
        kernel, bias = canvas.recording.scores(frame)
        left, right = axes.get_xlim()
        places = cuts(kernel[0], bias, left, right)
        x = np.repeat(places, 3)
        y = np.tile([*axes.get_ylim(), np.nan], len(places))
        for artist in (halo, line):
            artist.set_data(x, y)

    return show


def cuts(slopes: Array, shifts: Array, left: float, right: float) -> Array:
    """Where the greatest of the lines slopes·x + shifts changes, between left and right."""
    rise = slopes[:, None] - slopes
    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = ((shifts - shifts[:, None]) / rise)[np.triu_indices(len(slopes), 1)]
    pairs = np.array(np.triu_indices(len(slopes), 1)).T
    inside = np.isfinite(crossings) & (crossings > left) & (crossings < right)
    found = [
        x
        for x, (i, _) in zip(crossings[inside], pairs[inside], strict=True)
        if (slopes * x + shifts).max() <= slopes[i] * x + shifts[i] + 1e-9 * (1 + abs(shifts[i]))
    ]
    return np.sort(np.array(found))
