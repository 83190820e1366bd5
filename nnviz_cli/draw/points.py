"""The points of each class: their markers, their signs in the legend, and what moves them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import Array, Canvas
from nnviz_cli.draw.ranges import NARROWEST, drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from nnviz_cli.draw.theme import Theme

MOST_RINGS = 120  # more would hide the colours of the points
SHAPES = "osD^"  # of the markers; two classes share one, hollow and solid


@dataclass(frozen=True)
class Group:
    """Points that look alike: a class, or neighbours by what a regression is to answer."""

    name: str  # for the legend; '' for none
    rank: int  # its label, or its place among the answers
    color: str
    shape: str  # matplotlib's marker
    hollow: bool
    members: Array | slice


def groups(canvas: Canvas) -> list[Group]:
    """All points in groups that have some, the last label first."""
    recording, theme = canvas.recording, canvas.theme
    if recording.facts.task == "regression":
        return _by_answer(drawable(recording.y[:, 0].astype(float)), theme)
    labels = recording.y[:, 0]
    colors = theme.classes
    return [
        Group(
            name=recording.facts.classes[label],
            rank=label,
            color=colors[label % len(colors)],
            shape=SHAPES[label // 2 % len(SHAPES)],
            hollow=label % 2 == 0,
            members=members(labels == label),
        )
        for label in reversed(range(len(recording.facts.classes)))
        if (labels == label).any()
    ]


def _by_answer(y: Array, theme: "Theme") -> list[Group]:
    """Points by the right answer to them, from the lowest to the highest, in even steps."""
    low, high = float(y.min()), float(y.max())
    count = len(theme.ramp)
    steps = np.clip((y - low) / max(high - low, NARROWEST) * count, 0, count - 1).astype(int)
    names = {0: f"y = {low:.3g}", count - 1: f"y = {high:.3g}"}
    return [
        Group(names.get(step, ""), step, theme.ramp[step], "o", False, members(steps == step))
        for step in range(count)
        if (steps == step).any()
    ]


def members(chosen: Array) -> Array | slice:
    """Which points are chosen: a slice, which copies nothing, where they stand together."""
    found = np.flatnonzero(chosen)
    together = len(found) > 0 and found[-1] - found[0] == len(found) - 1
    return slice(found[0], found[-1] + 1) if together else found


def clouds(canvas: Canvas, size: float) -> tuple[list["Line2D"], Callable[[Array], None]]:
    """The points of all groups, and what moves them together to places (watched, 2)."""
    found = groups(canvas)
    drawn = [markers(canvas, group, size) for group in found]
    keys(canvas, found)

    def move(places: Array) -> None:
        for group, cloud in zip(found, drawn, strict=True):
            seen = one_per_pixel(canvas.axes, places[group.members])
            for artist in cloud:
                artist.set_data(seen[:, 0], seen[:, 1])

    return [artist for cloud in drawn for artist in cloud], move


def still_clouds(canvas: Canvas, size: float) -> None:
    """The points of all classes where the inputs are, drawn once and kept as a picture."""
    from nnviz_cli.draw.artists import drawn_once, empty_renderer

    axes, recording = canvas.axes, canvas.recording
    drawn, move = clouds(canvas, size)
    move(recording.x)
    if recording.held_out.any():
        drawn += _held_out(canvas, size)
    picture = drawn_once(drawn, empty_renderer(axes.figure), axes.bbox)
    picture.set(animated=True, zorder=drawn[0].get_zorder())
    axes.add_artist(picture)
    for artist in drawn:
        artist.remove()


def _held_out(canvas: Canvas, size: float) -> list["Line2D"]:
    """Rings in ink around points that the training never sees; around some, if they are many."""
    axes, recording = canvas.axes, canvas.recording
    style: dict[str, Any] = {"ls": "", "marker": "o", "mfc": "none", "mec": canvas.theme.ink}
    places = recording.x[recording.held_out]
    places = places[:: max(1, len(places) // MOST_RINGS)]
    axes.plot([], [], ms=13, mew=2, label="held out", **style)
    return axes.plot(places[:, 0], places[:, 1], ms=size + 3, mew=1.2, animated=True, **style)


def markers(canvas: Canvas, group: Group, size: float, fog: float = 0.0) -> list["Line2D"]:
    """Markers for the points of one group, solid or hollow, sunk in fog by a share."""
    axes, theme = canvas.axes, canvas.theme
    color = mixed(group.color, theme.panel, fog)
    style: dict[str, Any] = {"ls": "", "marker": group.shape, "mew": 0, "animated": True}
    cloud: list[Line2D] = axes.plot([], [], ms=size, color=color, **style)
    if group.hollow:
        cloud += axes.plot([], [], ms=0.55 * size, color=mixed(color, theme.panel, 0.78), **style)
    return cloud


def keys(canvas: Canvas, found: Sequence[Group]) -> None:
    """The groups' signs in the legend, the first label, or the lowest answer, first."""
    for group in sorted(found, key=lambda group: group.rank):
        face = mixed(group.color, canvas.theme.panel, 0.78) if group.hollow else group.color
        label = group.name or "_"
        canvas.axes.plot([], [], group.shape, ms=13, mew=3, mec=group.color, mfc=face, label=label)


def mixed(color: Any, other: Any, share: float) -> tuple[float, ...]:
    """A colour with a share of another in it, as RGB."""
    from matplotlib.colors import to_rgb

    both = (1 - share) * np.array(to_rgb(color)) + share * np.array(to_rgb(other))
    return tuple(both)


def one_per_pixel(axes: "Axes", places: Array) -> Array:
    """Of all places (points, 2) in one pixel, one: matplotlib puts markers on whole pixels.

    Opaque markers of one colour hide each other there, and only their soft edges add up
    when all are drawn: with one, the picture is nearer to that of exact places (by 0.2 to
    7 dB). 40000 points of the rings fall on some 9000 pixels: a third of the time.
    """
    reach = 16  # pixels around the axes from which a marker may still be seen
    matrix, box = axes.transData.get_matrix(), axes.bbox
    scale, shift = matrix[[0, 1], [0, 1]], matrix[:2, 2] - np.floor(box.min) + reach
    columns, rows = np.ceil(box.size).astype(int) + 2 * reach

    def cells(axis: int, count: int) -> Array:
        """Pixels along an axis, as Agg rounds; the first and the last take all beyond."""
        with np.errstate(over="ignore", invalid="ignore"):
            pixels = places[:, axis] * np.float32(scale[axis]) + np.float32(shift[axis] + 0.5)
        inside: Array = np.fmin(np.fmax(pixels, 0), count - 1).astype(np.int32)
        return inside

    pixels = cells(1, rows) * np.int32(columns) + cells(0, columns)
    order = np.arange(len(places), dtype=np.int32)
    last = np.empty(rows * columns, np.int32)  # in each pixel; the others are never read
    last[pixels] = order
    chosen: Array = places[last[pixels] == order]
    return chosen
