"""The panel `input`: the data, and the output of the network over the plane."""

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from nnviz_cli.draw.canvas import Array, Canvas, Flag, MarkerSize, Show, nothing
from nnviz_cli.draw.legend import heading
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.panels.fit import answer, curve_limits, data
from nnviz_cli.draw.points import still_clouds
from nnviz_cli.draw.ranges import drawable, input_view
from nnviz_cli.draw.ticks import scales
from nnviz_cli.recording.shape import Shape

if TYPE_CHECKING:
    from nnviz_cli.draw.theme import Theme
    from nnviz_cli.recording.recording import Surface

SURFACE_OPACITY = 0.42  # where the network is sure
LARGEST_SCORE = 1e37  # of a score; float32 ends at 3e38


def input_plane(
    canvas: Canvas,
    *,
    marker_size: MarkerSize = 6.0,
    surface: Annotated[
        Flag, Field(description="whether the output is drawn as a coloured surface")
    ] = True,
    boundary: Annotated[Flag, Field(description="whether the decision boundary is drawn")] = True,
) -> Show:
    """The inputs: points, the output as a surface, the decision boundary; or a curve."""
    from matplotlib.collections import LineCollection

    recording, theme = canvas.recording, canvas.theme
    if recording.x.shape[1] == 1:
        return _input_line(canvas)
    input_view(canvas)
    grid = LineCollection(list(recording.grid), colors=theme.faint, linewidths=1.3, alpha=0.6)
    canvas.axes.add_collection(grid, autolim=False)
    tint = _surface(canvas) if surface else nothing
    still_clouds(canvas, marker_size)
    divide = contour(canvas, "boundary") if boundary else nothing
    heading(canvas, "the input plane", "inputs")

    def show(frame: int) -> None:
        tint(frame)
        divide(frame)

    return show


def misfit(shape: Shape, **_: Any) -> str:
    """Why the panel cannot be drawn: it requires classes and two inputs, or one input; or ''."""
    plane_of_classes = shape.units[0] == 2 and shape.task != "regression"
    curve = shape.units[0] == shape.units[-1] == 1
    return "" if plane_of_classes or curve else "requires two inputs and classes, or one input"


def _input_line(canvas: Canvas) -> Show:
    """One input: the data over it, and the network's answer."""
    axes, recording = canvas.axes, canvas.recording
    axes.set_xlim(*recording.bounds[0])
    axes.set_ylim(*curve_limits([recording.data_y], recording.output))
    inset = scales(canvas)
    follow = answer(canvas, 4)
    data(canvas)
    wordings = ("inputs and network output", "inputs and output", "inputs")
    heading(canvas, *wordings, inset=inset)
    return follow


def visible(canvas: Canvas) -> "Surface":
    """The scores over at least what the axes show of the input plane."""
    if canvas.reach is not None:
        return canvas.recording.surface(canvas.reach)
    view = np.array([canvas.axes.get_xlim(), canvas.axes.get_ylim()], float)
    columns, rows = np.diff(view)[:, 0] / np.diff(canvas.recording.bounds)[:, 0].astype(float)
    return canvas.recording.surface((max(1.0, float(columns)), max(1.0, float(rows))))


def _scores(surface: "Surface", frame: int) -> Array:
    """Scores (scores, rows, columns), no greater than can be subtracted."""
    scores: Array = np.nan_to_num(surface.scores[frame]).clip(-LARGEST_SCORE, LARGEST_SCORE)
    return scores


def margins(logit: Array, task: str) -> Array:
    """By how much each score leads the best of the others (scores, rows, columns).

    Of a binary network there is one, the logit, which is positive where class 1 leads.
    """
    if task == "binary":
        return logit
    order = np.partition(logit, -2, axis=0)
    lead: Array = logit - np.where(logit == order[-1], order[-2], order[-1])
    return lead


def _surface(canvas: Canvas) -> Show:
    """The tint of the likelier class, stronger where the network is surer.

    Made at the size it is seen in, which takes a third of the time of an image that
    matplotlib resamples; the mesh's outermost points lie on the extent's edge.
    """
    from PIL import Image

    from nnviz_cli.draw.artists import Pixels

    axes, recording, theme = canvas.axes, canvas.recording, canvas.theme
    view = np.array([axes.get_xlim(), axes.get_ylim()])
    surface = visible(canvas)
    extent = drawable(np.asarray(surface.extent, float))
    seen = np.stack([np.maximum(view, extent)[:, 0], np.minimum(view, extent)[:, 1]])  # (2, x y)
    (left, bottom), (right, top) = np.round(axes.transData.transform(seen)).astype(int)
    artist = Pixels(left, bottom)
    artist.set(animated=True, zorder=1)
    axes.add_artist(artist)
    binary = recording.facts.task == "binary"
    shades = _shades(theme)
    rows, columns = surface.scores.shape[2:]
    share = (seen - extent[:, 0]) / np.diff(extent)[:, 0]
    centres: Any = tuple((0.5 + share * (columns - 1, rows - 1)).ravel())

    def show(frame: int) -> None:
        size = (max(1, right - left), max(1, top - bottom))
        logit = _scores(surface, frame)
        if not binary:
            levels = Image.fromarray(_tints(logit, theme), "RGBa")
            tinted = levels.resize(size, Image.Resampling.BILINEAR, centres).convert("RGBA")
            artist.set_data(np.array(tinted))  # a copy, since Agg wants to be able to write
            return
        sure = np.tanh(logit[0].clip(-30, 30) / 2)  # 2 p − 1
        levels = Image.fromarray(np.round(127.5 + 127.5 * sure).astype(np.uint8))
        fine = np.asarray(levels.resize(size, Image.Resampling.BILINEAR, centres))
        artist.set_data(shades.take(fine).view(np.uint8).reshape(*fine.shape, 4))

    return show


def _shades(theme: "Theme") -> Array:
    """RGBA in 32 bits (256,), from sure of the first class over undecided to the second."""
    from matplotlib.colors import to_rgba_array

    sure = np.linspace(-1, 1, 256)
    colors = to_rgba_array(theme.classes[:2])[(sure > 0).astype(int)]
    colors[:, 3] = SURFACE_OPACITY * np.abs(sure)
    shades: Array = np.round(255 * colors).astype(np.uint8).view(np.uint32).ravel()
    return shades


def _tints(logit: Array, theme: "Theme") -> Array:
    """The colour of the likeliest class (rows, columns, 4), RGBA multiplied by its opacity.

    It is opaque by how much more likely that class is than the next, so that it vanishes where
    the two are equal.
    """
    from matplotlib.colors import to_rgb

    power = np.exp((logit - logit.max(axis=0)).clip(-60, 0))
    likely = np.partition(power / power.sum(axis=0), -2, axis=0)
    opacity = SURFACE_OPACITY * (likely[-1] - likely[-2])
    colors = np.array([to_rgb(color) for color in theme.classes])
    rgb = colors[logit.argmax(axis=0) % len(colors)]
    return np.round(255 * np.dstack([rgb * opacity[..., None], opacity])).astype(np.uint8)


def contours(surface: "Surface", task: str, frame: int) -> list[Array]:
    """The lines (points, 2) over the input plane on which the answer changes."""
    from contourpy import contour_generator

    rows, columns = surface.scores.shape[2:]
    (x0, x1), (y0, y1) = np.asarray(surface.extent, float)
    x, y = np.linspace(x0, x1, columns), np.linspace(y0, y1, rows)
    lead = margins(_scores(surface, frame), task)
    lines: Any = [line for each in lead for line in contour_generator(x, y, each).lines(0.0)]
    found: list[Array] = lines
    return found


def contour(canvas: Canvas, label: str) -> Show:
    """The boundary over the input plane, now."""
    from matplotlib.collections import LineCollection

    axes, theme = canvas.axes, canvas.theme
    halo = LineCollection([], colors=theme.panel, linewidths=9, alpha=0.7, animated=True, zorder=3)
    line = LineCollection([], colors=theme.ink, linewidths=3.5, animated=True, zorder=3)
    for artist in (halo, line):
        axes.add_collection(artist, autolim=False)
    axes.plot([], [], color=theme.ink, lw=3.5, label=label)
    surface, task = visible(canvas), canvas.recording.facts.task

    def show(frame: int) -> None:
        lines = contours(surface, task, frame)
        for artist in (halo, line):
            artist.set_segments(lines)

    return show


PANEL = Panel(
    draw=input_plane,
    misfit=misfit,
    alt_text="the input plane with the decision boundary",
    surface=True,
)
