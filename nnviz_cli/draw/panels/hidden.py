"""The panel `hidden`: the activations of a layer, the transformed grid, the decision boundary."""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from nnviz_cli.draw.canvas import Array, Canvas, Flag, MarkerSize, Show, nothing
from nnviz_cli.draw.geometry import borders, widest
from nnviz_cli.draw.labels import note
from nnviz_cli.draw.legend import heading, told_before
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.panels.line import layer_line
from nnviz_cli.draw.panels.orbit import layer_space
from nnviz_cli.draw.points import clouds
from nnviz_cli.draw.ranges import floats, plane, tame
from nnviz_cli.recording.grid import upright_lines
from nnviz_cli.recording.shape import Shape

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Look

DASHES = (0, (3.5, 2))
LINE_PIECE = 25  # grid points; a grid line fades piece by piece


def _which(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str | None):
        raise ValueError("expected the index or the name of a layer")
    return value


Which = Annotated[
    int | str | None,
    BeforeValidator(_which),
    Field(description="index or name of the layer; by default that of probe"),
]


def hidden(
    canvas: Canvas,
    *,
    layer: Which = None,
    marker_size: MarkerSize = 6.0,
    grid: Annotated[
        Flag, Field(description="whether the transformed grid of the inputs is drawn")
    ] = True,
    boundary: Annotated[Flag, Field(description="whether the decision boundary is drawn")] = True,
    orbit: Annotated[
        float,
        Field(ge=-720, le=720, description="degrees by which the camera orbits around 3 units"),
    ] = 60.0,
    projection: Annotated[
        Literal["pca", "decision"],
        Field(
            description="projection of more than 3 units: onto the 2 directions of most variance "
            "(pca), or with the one across the decision boundary (decision)"
        ),
    ] = "pca",
    separator: Annotated[
        Flag,
        Field(
            description="for 2 units: a dashed line that classifies all training points correctly"
        ),
    ] = False,
) -> Show:
    """A layer of any width: activations of points and grid, the decision boundary."""
    recording = canvas.recording
    at = recording.facts.layer(layer)
    grid = grid and len(recording.grid) > 0
    boundary = boundary and recording.facts.divides(at)
    called = recording.facts.called(at)
    name = f"inside {called}"
    look = tame(recording.looks[at])
    units = recording.facts.units[at]
    better: Show = nothing
    if units == 1:
        lies = f"position of each {'output' if recording.facts.task == 'regression' else 'class'}"
        words = [f"{name}: {lies}", name]
        draw = layer_line(canvas, look, marker_size, boundary=boundary)
    elif units == 2:
        bent = "the input plane, transformed" if recording.x.shape[1] == 2 else "2 units"
        words = [f"{name}: {bent}", name]
        draw = _layer_plane(canvas, look, marker_size, grid, boundary)
        better = _separator(canvas, look) if separator else nothing
    elif units == 3:
        words = [f"{name}: 3 units", name]
        draw = layer_space(canvas, look, marker_size, grid=grid, boundary=boundary, orbit=orbit)
    else:
        draw, share = _wide_layer(canvas, at, look, marker_size, grid, projection)
        told = f"{100 * share:.0f} % of the variance"
        words = [
            f"{name}, {units} units: {told}",
            f"{name}: {told}",
            f"{units} units: {told}",
            told,
        ]
    small = (called, called.split(maxsplit=1)[1])
    heading(canvas, *words, small=small, known=told_before(canvas.axes))

    def show(frame: int) -> None:
        draw(frame)
        better(frame)

    return show


def misfit(shape: Shape, *, layer: int | str | None, separator: bool = False, **_: Any) -> str:
    """Why the panel cannot be drawn: no such layer, or no plane for a separator; or ''."""
    try:
        at = shape.layer(layer)
    except LookupError as error:
        return f"cannot show layer {layer!r}: {error.args[0]}"
    if separator and (shape.units[at] != 2 or shape.task == "regression"):
        have = f"layer {at} has {shape.units[at]}"
        return f"requires classes and a layer of 2 units for a separator; {have}"
    return ""


def _layer_plane(
    canvas: Canvas,
    look: "Look",
    size: float,
    grid: bool,
    boundary: bool,
) -> Show:
    """The plane of a layer of two units."""
    axes, recording = canvas.axes, canvas.recording
    plane(axes, *look.ends())
    lines: Show = nothing
    if grid:
        lines = _grid_lines(canvas, recording.grid, lambda frame: look.grid_activation[frame])
    _, move = clouds(canvas, size)
    divide, remark = _boundary(canvas), _remark(canvas, look)

    def show(frame: int) -> None:
        lines(frame)
        move(look.activation[frame])
        found = None
        if boundary:
            found = borders(*recording.scores(frame), axes.get_xlim(), axes.get_ylim())
        divide(found or [])
        remark(frame, found)

    return show


def _separator(canvas: Canvas, look: "Look") -> Show:
    """A separating line, while the classes are separable and the boundary is not yet correct."""
    from matplotlib.collections import LineCollection

    from nnviz_cli.recording.separability import Separator

    axes, recording, theme = canvas.axes, canvas.recording, canvas.theme
    kept = np.flatnonzero(~recording.held_out)
    separator = Separator(recording.y[kept, 0])
    lines = LineCollection([], colors=theme.ink, linewidths=2.5, linestyles=[DASHES], zorder=3)
    lines.set_animated(True)
    axes.add_collection(lines, autolim=False)
    axes.plot([], [], color=theme.ink, lw=2.5, ls=DASHES, label="separating line")

    def show(frame: int) -> None:
        found = None
        if recording.misclassified[frame]:
            found = separator.scores(look.activation[frame][kept])
        view = (axes.get_xlim(), axes.get_ylim())
        lines.set_segments(borders(*found, *view) if found else [])

    return show


def _wide_layer(
    canvas: Canvas,
    at: int,
    look: "Look",
    size: float,
    grid: bool,
    projection: str,
) -> tuple[Show, float]:
    """More than 3 units on one plane, the same for the whole film; its share of the variance."""
    recording = canvas.recording
    last = recording.frames - 1
    kernel = recording.scores(last)[0] if recording.facts.divides(at) else None
    normal = (
        kernel[:, 1] - kernel[:, 0] if projection == "decision" and kernel is not None else None
    )
    middle, directions, share = widest(look.activation, normal)
    kind = floats(look)

    def flat(places: Array) -> Array:
        seen: Array = (places - middle).astype(kind) @ directions.astype(kind)
        return seen

    every = (flat(look.activation[frame]) for frame in range(recording.frames))
    both = np.array([(each.min(axis=0), each.max(axis=0)) for each in every])
    plane(canvas.axes, both[:, 0], both[:, 1])
    lines: Show = nothing
    if grid:
        lines = _grid_lines(canvas, recording.grid, lambda frame: flat(look.grid_activation[frame]))
    _, move = clouds(canvas, size)

    def show(frame: int) -> None:
        lines(frame)
        move(flat(look.activation[frame]))

    return show, share


def _grid_lines(canvas: Canvas, grid: Array, bent: Callable[[int], Array]) -> Show:
    """The grid of the input plane as the layer bends it, fainter where it is compressed."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba_array

    axes = canvas.axes
    lines, points = grid.shape[:2]
    upright = upright_lines(grid)
    starts = range(0, points - 1, LINE_PIECE)
    held = np.array(grid[..., :2], float)  # pieces look into it: new ones would take 1 ms a frame
    pieces = [line[start : start + LINE_PIECE + 1] for start in starts for line in held]
    collection = LineCollection(pieces, linewidths=1.3, animated=True, gid="grid")
    axes.add_collection(collection, autolim=False)
    colors: Any = np.repeat(to_rgba_array(canvas.theme.faint), lines * len(starts), axis=0)
    pixels = axes.transData.get_matrix()[0, 0] * 72 / axes.figure.dpi  # at 720p, of a data unit

    def show(frame: int) -> None:
        held[...] = bent(frame)  # (lines, points, 2)
        apart = pixels * gap(held, upright)  # (lines, points)
        gaps = np.stack([apart[:, start : start + LINE_PIECE + 1].mean(axis=1) for start in starts])
        colors[:, 3] = np.clip(gaps / 12, 0.15, 1).ravel()
        collection.set_color(colors)

    return show


def gap(places: Array, upright: int) -> Array:
    """The distance of each point of a grid line to the next line of its direction.

    `places` (lines, points, 2), the upright lines first.
    """
    gaps = np.empty(places.shape[:2])
    for first, last in pairwise((0, upright, len(places))):
        between = np.diff(places[first:last], axis=0)
        step = np.hypot(between[..., 0], between[..., 1])
        gaps[first:last] = np.concatenate([step, step[-1:]])
    return gaps


def _boundary(canvas: Canvas) -> Callable[[list[Array]], None]:
    """The decision boundary: where two classes have the same score."""
    axes, theme = canvas.axes, canvas.theme
    (halo,) = axes.plot([], [], color=theme.panel, lw=9, alpha=0.7, animated=True)
    (line,) = axes.plot([], [], color=theme.ink, lw=3.5, animated=True, label="boundary")
    gap = np.full((1, 2), np.nan)

    def show(found: list[Array]) -> None:
        ends = np.concatenate([part for each in found for part in (each, gap)][:-1] or [gap[:0]])
        for artist in (halo, line):
            artist.set_data(ends[:, 0], ends[:, 1])

    return show


def _remark(canvas: Canvas, look: "Look") -> Callable[[int, list[Array] | None], None]:
    """Notes on what would look like an error in the picture: no boundary, or dead units."""
    say = note(canvas)

    def show(frame: int, found: list[Array] | None) -> None:
        words = []
        dead = np.flatnonzero(~look.alive(frame))
        if len(dead):
            units = " and ".join(str(unit + 1) for unit in dead)
            words.append(
                f"unit{'s' * (len(dead) > 1)} {units} dead: the same output for every input"
            )
        if found == []:
            words.append("boundary outside the view")
        say(words)

    return show


def alt_text(shape: Shape, *, layer: int | str | None = None, **_: Any) -> str:
    """The alt text: which layer is shown."""
    return shape.called(shape.layer(layer))


PANEL = Panel(draw=hidden, misfit=misfit, alt_text=alt_text)
