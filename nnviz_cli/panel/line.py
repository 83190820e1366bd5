"""A layer of one unit: a line, and where on it each class lies."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.panel.part import (
    NARROWEST,
    SCALE_SIZE,
    Array,
    Show,
    groups,
    limits,
    nothing,
    scales,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.panel.part import Group
    from nnviz_cli.recording import Look, Recording
    from nnviz_cli.theme import Theme

BINS = 160
SMOOTH = np.hanning(9) / np.hanning(9).sum()
HEIGHT = 0.78  # of a row that a ridge may take


def layer_line(
    axes: "Axes",
    recording: "Recording",
    theme: "Theme",
    look: "Look",
    size: float,
    *,
    boundary: bool,
) -> Show:
    """A row for each class: how many of its points the unit answers with what."""
    low, high = limits(look.low, look.high)
    found = groups(recording, theme)[::-1]
    left = low[0] - _room(axes, found) * (high[0] - low[0])  # names stand beside the ridges
    axes.set_xlim(left, high[0])
    axes.set_ylim(0, len(found))
    axes.set_yticks([])
    scales(axes, theme, "x")
    ridges = [_ridge(axes, group, row, theme, size) for row, group in enumerate(found)]
    divide = _cuts(axes, recording, theme) if boundary else nothing

    def show(frame: int) -> None:
        answers = look.activation[frame][:, 0]
        for group, ridge in zip(found, ridges, strict=True):
            ridge(answers[group.members])
        divide(frame)

    return show


def _room(axes: "Axes", found: list["Group"]) -> float:
    """What the names of the rows take, in parts of what is left."""
    longest = max(len(group.name) for group in found)
    share = (0.66 * longest + 1) * SCALE_SIZE * axes.figure.dpi / 72 / axes.bbox.width
    return min(share, 0.4) / (1 - min(share, 0.4))


def _ridge(axes: "Axes", group: "Group", row: int, theme: "Theme", size: float) -> Any:
    """The density of a class over its base line, in parts of its peak; its points on the line."""
    from matplotlib.collections import PolyCollection

    from nnviz_cli.panel.part import markers

    base = row + 0.12
    shape = PolyCollection([], facecolors=group.color, alpha=0.4, animated=True)
    axes.add_collection(shape, autolim=False)
    (edge,) = axes.plot([], [], color=group.color, lw=2.5, animated=True)
    axes.axhline(base, color=theme.faint, lw=1.3)
    points = markers(axes, group, theme, size)
    axes.text(
        0.012,
        (row + 0.4) / axes.get_ylim()[1],
        group.name,
        transform=axes.transAxes,
        fontsize=SCALE_SIZE,
        color=theme.soft,
        va="center",
        zorder=4,
    )

    def show(answers: Array) -> None:
        left, right = axes.get_xlim()
        counts, edges = np.histogram(answers, BINS, (left, right))
        smooth = np.convolve(counts, SMOOTH, "same")
        x = (edges[1:] + edges[:-1]) / 2
        y = base + HEIGHT * smooth / max(smooth.max(), NARROWEST)
        shape.set_verts([np.column_stack([[x[0], *x, x[-1]], [base, *y, base]])])
        edge.set_data(x, y)
        seen = np.unique(np.round((answers - left) / (right - left) * 2000)) / 2000
        for artist in points:
            artist.set_data(left + seen * (right - left), np.full(len(seen), base))

    return show


def _cuts(axes: "Axes", recording: "Recording", theme: "Theme") -> Show:
    """Upright lines where the greatest score changes hands."""
    (halo,) = axes.plot([], [], color=theme.panel, lw=9, alpha=0.7, animated=True)
    (line,) = axes.plot([], [], color=theme.ink, lw=3.5, animated=True)

    def show(frame: int) -> None:
        kernel, bias = recording.scores(frame)
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
