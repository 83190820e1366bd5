"""One view of a Recording in one axes, by name.

A panel is a function `(axes, recording, theme, *, options) -> show`: it makes its artists
once and returns `show(frame)`, which only moves them. What moves is made `animated`, so
that the figure can keep everything else as a picture. Lengths are in points; the figure
scales them with its size. The caption is the axes' left title.

matplotlib is imported inside the functions, because names and options of panels are needed
where no picture is drawn.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    from nnviz_cli.recording import Recording
    from nnviz_cli.theme import Theme

Array = NDArray[Any]
Show = Callable[[int], None]

CAPTION_SIZE = 22
SCALE_SIZE = 19  # numbers along an axis
LINE_PIECE = 25  # grid points; a grid line fades piece by piece
MARGIN = 0.06  # of the range of the data, around it
SURFACE_OPACITY = 0.42  # where the network is sure
DEAD = 1e-6  # a unit whose answers differ by less says nothing
NARROWEST = 1e-3  # half a range; a layer that is constant still has a plane

MarkerSize = Annotated[float, Field(gt=0, le=40, description="diameter of a marker, at 720p")]


def fit(
    axes: "Axes",
    recording: "Recording",
    theme: "Theme",
    *,
    line_width: Annotated[float, Field(gt=0, le=40, description="of the answer, at 720p")] = 4.0,
) -> Show:
    """The curve to be learnt and the network's answer to it."""
    x, target = recording.x[:, 0], recording.y[:, 0]
    caption = _caption(axes, theme, "the curve, and the network's answer")
    axes.set_xlim(*recording.bounds[0])
    axes.set_ylim(*_fit_limits(target, recording.output))
    _scales(axes, theme)
    axes.plot(x, target, color=theme.target, lw=2.6 * line_width, alpha=0.55, label="target")
    (answer,) = axes.plot([], [], color=theme.answer, lw=line_width, label="answer", animated=True)
    _legend(axes, theme, caption)

    def show(frame: int) -> None:
        answer.set_data(x, _drawable(recording.output[frame, :, 0]))

    return show


def hidden(
    axes: "Axes",
    recording: "Recording",
    theme: "Theme",
    *,
    marker_size: MarkerSize = 6.0,
    grid: Annotated[bool, Field(strict=True, description="the bent grid of the inputs")] = True,
    boundary: Annotated[bool, Field(strict=True, description="where the answer changes")] = True,
) -> Show:
    """The plane of a layer of two units: points, the bent grid of the inputs, the boundary."""
    _caption(axes, theme, f"inside {_layer_name(recording)}: the same plane, bent")
    _plane(axes, np.asarray(recording.low), np.asarray(recording.high))
    lines = _grid_lines(axes, recording, theme) if grid and len(recording.grid) else _nothing
    _, move = _clouds(axes, recording, theme, marker_size)
    straight = boundary and recording.facts.divides
    divide = _boundary(axes, recording, theme) if straight else _nothing
    remark = _remark(axes, recording, theme, straight=straight)

    def show(frame: int) -> None:
        lines(frame)
        move(recording.activation[frame])
        divide(frame)
        remark(frame)

    return show


def input_plane(
    axes: "Axes",
    recording: "Recording",
    theme: "Theme",
    *,
    marker_size: MarkerSize = 6.0,
    surface: Annotated[bool, Field(strict=True, description="how sure the network is")] = True,
    boundary: Annotated[bool, Field(strict=True, description="where the answer changes")] = True,
) -> Show:
    """The plane of the inputs: points, how sure the network is of what, the boundary."""
    from matplotlib.collections import LineCollection

    caption = _caption(axes, theme, "the input plane")
    bounds = np.asarray(recording.bounds)
    _plane(axes, bounds[None, :, 0], bounds[None, :, 1])
    grid = LineCollection(list(recording.grid), colors=theme.faint, linewidths=1.3, alpha=0.6)
    axes.add_collection(grid, autolim=False)
    tint = _surface(axes, recording, theme) if surface else _nothing
    _still_clouds(axes, recording, theme, marker_size)
    divide = _contour(axes, recording, theme) if boundary else _nothing
    _legend(axes, theme, caption)

    def show(frame: int) -> None:
        tint(frame)
        divide(frame)

    return show


def loss(
    axes: "Axes",
    recording: "Recording",
    theme: "Theme",
) -> Show:
    """The loss over the whole film, and where it is now."""
    values = _drawable(np.asarray(recording.history["loss"], float))
    epochs = np.asarray(recording.step) / recording.facts.steps_per_epoch
    _caption(axes, theme, "loss")
    axes.patch.set_visible(False)
    axes.set_xlim(0, epochs[-1] or 1)
    if values.min() > 0 and values.max() > 100 * values.min():
        axes.set_yscale("log")
        axes.set_ylim(values.min() / 1.3, values.max() * 1.3)
    else:
        axes.set_ylim(min(0.0, values.min()), max(values.max(), NARROWEST) * 1.08)
    axes.set_yticks([], minor=True)
    axes.set(yticks=[])
    _scales(axes, theme, "x")
    axes.plot(epochs, values, color=theme.faint, lw=2, clip_on=False)
    (past,) = axes.plot([], [], color=theme.answer, lw=3, animated=True, clip_on=False)
    (now,) = axes.plot(
        [], [], marker="o", ms=11, mew=0, color=theme.ink, animated=True, clip_on=False
    )

    def show(frame: int) -> None:
        past.set_data(epochs[: frame + 1], values[: frame + 1])
        now.set_data(epochs[frame : frame + 1], values[frame : frame + 1])

    return show


def default_panels(inputs: int, probed: int, task: str) -> list[list[str]]:
    """The mosaic of a film that does not choose its panels."""
    if task == "regression":
        return [["fit"], ["loss"]] if inputs == 1 else [["loss"]]
    planes = [name for name, units in (("input", inputs), ("hidden", probed)) if units == 2]
    return [planes, ["loss"] * len(planes)] if planes else [["loss"]]


def misfit(panel: str, inputs: int, outputs: int, probed: int, task: str) -> str:
    """Why a panel cannot draw an experiment, or nothing."""
    if panel == "fit" and (task, inputs, outputs) != ("regression", 1, 1):
        return "draws a regression with one input and one output"
    if panel == "input" and (inputs != 2 or task == "regression"):
        return "draws classes over two inputs"
    if panel == "hidden" and (probed != 2 or task == "regression"):
        return f"draws classes in a layer of 2 units; the probed one has {probed}"
    return ""


# parts of panels ------------------------------------------------------------------------


def _nothing(_: int) -> None:
    """Show nothing."""


def _drawable(values: Array) -> Array:
    """Values that matplotlib can place: finite, and not beyond reason."""
    clipped: Array = np.nan_to_num(values, nan=1e12, posinf=1e12, neginf=-1e12).clip(-1e12, 1e12)
    return clipped


def _limits(low: Array, high: Array) -> tuple[Array, Array]:
    """Fixed limits for the whole film, from the extremes of each frame (frames, units)."""
    low, high = _drawable(low).min(axis=0), _drawable(high).max(axis=0)
    half = np.maximum((high - low) / 2, NARROWEST) * (1 + 2 * MARGIN)
    middle = (low + high) / 2
    return middle - half, middle + half


def _fit_limits(target: Array, outputs: Array) -> tuple[float, float]:
    """Room for the target, and for all but the wildest answers (frames, watched, 1)."""
    ends = _drawable(np.array([(each.min(), each.max()) for each in outputs]))  # frame by frame
    low, high = float(target.min()), float(target.max())
    room = max(high - low, NARROWEST)
    low = max(min(low, ends.min()), low - room)
    high = min(max(high, ends.max()), high + room)
    return low - MARGIN * room, high + MARGIN * room


def _plane(axes: "Axes", low: Array, high: Array) -> None:
    """Fixed limits that hold everything, with one scale for both directions; no numbers."""
    low, high = _limits(low, high)
    middle, half = (low + high) / 2, (high - low) / 2
    box = np.array([axes.bbox.width, axes.bbox.height])
    half = box * (half / box).max()
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set(xticks=[], yticks=[])


def _caption(axes: "Axes", theme: "Theme", text: str) -> "Text":
    return axes.set_title(text, loc="left", fontsize=CAPTION_SIZE, color=theme.soft, pad=10)


def _layer_name(recording: "Recording") -> str:
    facts = recording.facts
    last = facts.probe == len(facts.units) - 1
    return "the output" if last else f"hidden layer {facts.probe}"


def _scales(axes: "Axes", theme: "Theme", which: str = "both") -> None:
    """A few numbers along the axes, in soft ink; no ticks."""
    from matplotlib.ticker import MaxNLocator

    names = ("x", "y") if which == "both" else (which,)
    for name in names:
        axis = getattr(axes, f"{name}axis")
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=which == "x"))
        axis.set_tick_params(length=0, pad=8, labelsize=SCALE_SIZE, labelcolor=theme.soft)
    if which == "both":
        axes.grid(color=theme.faint, alpha=0.35, lw=1)
        axes.set_axisbelow(True)


def _legend(axes: "Axes", theme: "Theme", caption: "Text") -> None:
    """What is drawn, in words, on the line of the caption, which yields if there is no room."""
    legend = axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.35,
        borderpad=0,
        ncols=4,
        frameon=False,
        fontsize=CAPTION_SIZE - 2,
        labelcolor=theme.soft,
        handlelength=1.3,
        handletextpad=0.5,
        columnspacing=1.4,
    )
    if legend.get_window_extent().x0 < caption.get_window_extent().x1 + 4:
        caption.set_visible(False)


def _clouds(
    axes: "Axes", recording: "Recording", theme: "Theme", size: float
) -> tuple[list["Line2D"], Callable[[Array], None]]:
    """The points of all classes there are, the last class first, and what moves them together."""
    classes = recording.facts.classes
    labels = [label for label in reversed(range(len(classes))) if (recording.y == label).any()]
    clouds = [_cloud(axes, theme, label, classes[label], size) for label in labels]
    members = [_members(recording.y[:, 0], label) for label in labels]

    def move(places: Array) -> None:
        for cloud, member in zip(clouds, members, strict=True):
            seen = one_per_pixel(axes, places[member])
            for markers in cloud:
                markers.set_data(seen[:, 0], seen[:, 1])

    return [markers for cloud in clouds for markers in cloud], move


def _members(labels: Array, label: int) -> Array | slice:
    """Which points are of a class: a slice, which copies nothing, where they stand together."""
    found = np.flatnonzero(labels == label)
    together = len(found) > 0 and found[-1] - found[0] == len(found) - 1
    return slice(found[0], found[-1] + 1) if together else found


def _still_clouds(axes: "Axes", recording: "Recording", theme: "Theme", size: float) -> None:
    """The points of all classes where the inputs are, drawn once and kept as a picture."""
    from nnviz_cli.artist import drawn_once, empty_renderer

    clouds, move = _clouds(axes, recording, theme, size)
    move(recording.x)
    picture = drawn_once(clouds, empty_renderer(axes.figure), axes.bbox)
    picture.set(animated=True, zorder=clouds[0].get_zorder())
    axes.add_artist(picture)
    for markers in clouds:
        markers.remove()


def _cloud(axes: "Axes", theme: "Theme", label: int, name: str, size: float) -> list["Line2D"]:
    """Markers for the points of one class; odd classes are solid, even ones hollow."""
    from matplotlib.colors import to_rgb

    color = theme.classes[label % len(theme.classes)]
    look: dict[str, Any] = {"ls": "", "marker": "o", "mew": 0, "animated": True}
    cloud: list[Line2D] = axes.plot([], [], ms=size, color=color, **look)
    legend_face: Any = color
    if label % 2 == 0:
        core = 0.22 * np.array(to_rgb(color)) + 0.78 * np.array(to_rgb(theme.panel))
        cloud += axes.plot([], [], ms=0.55 * size, color=tuple(core), **look)
        legend_face = tuple(core)
    axes.plot([], [], "o", ms=13, mew=3, mec=color, mfc=legend_face, label=name)
    return cloud


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


def _grid_lines(axes: "Axes", recording: "Recording", theme: "Theme") -> Show:
    """The grid of the input plane as the layer bends it, fainter where it is crushed."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba_array

    lines, points = recording.grid.shape[:2]
    starts = range(0, points - 1, LINE_PIECE)
    pieces = [line[start : start + LINE_PIECE + 1] for start in starts for line in recording.grid]
    collection = LineCollection(pieces, linewidths=1.3, animated=True)
    paths = collection.get_paths()  # their points are moved: new paths would take 1 ms a frame
    axes.add_collection(collection, autolim=False)
    colors = np.repeat(to_rgba_array(theme.faint), lines * len(starts), axis=0)
    pixels = axes.transData.get_matrix()[0, 0] * 72 / axes.figure.dpi  # at 720p, of a data unit

    def show(frame: int) -> None:
        places = recording.grid_activation[frame]  # (lines, points, 2)
        gap = pixels * _gap(places)  # (lines, points)
        for i, path in enumerate(paths):
            start = starts[i // lines]
            vertices = cast("Array", path.vertices)
            vertices[:] = places[i % lines, start : start + LINE_PIECE + 1]
        gaps = np.stack([gap[:, start : start + LINE_PIECE + 1].mean(axis=1) for start in starts])
        colors[:, 3] = np.clip(gaps / 12, 0.15, 1).ravel()
        collection.set_color(list(map(tuple, colors)))

    return show


def _gap(places: Array) -> Array:
    """How far each point of a grid line is from the next line of its direction."""
    half = len(places) // 2
    gaps = np.empty(places.shape[:2])
    for first, last in pairwise((0, half, len(places))):
        between = np.diff(places[first:last].astype(float), axis=0)  # squares of 1e30 fit
        step = np.linalg.norm(between, axis=2)
        gaps[first:last] = np.concatenate([step, step[-1:]])
    return gaps


def _boundary(axes: "Axes", recording: "Recording", theme: "Theme") -> Show:
    """The line on which the network is undecided: a·x + b·y + c = 0."""
    (halo,) = axes.plot([], [], color=theme.panel, lw=9, alpha=0.7, animated=True)
    (line,) = axes.plot([], [], color=theme.ink, lw=3.5, animated=True)

    def show(frame: int) -> None:
        ends = _boundary_ends(axes, recording, frame)
        for artist in (halo, line):
            artist.set_data(ends[:, 0], ends[:, 1])

    return show


def _boundary_ends(axes: "Axes", recording: "Recording", frame: int) -> Array:
    """Where the boundary enters and leaves the view, if it does."""
    a, b = recording.kernel[frame, :, 0]
    c = recording.bias[frame, 0] - (recording.facts.threshold or 0.0)
    return clip_line(a, b, c, axes.get_xlim(), axes.get_ylim())


def _remark(axes: "Axes", recording: "Recording", theme: "Theme", *, straight: bool) -> Show:
    """Words for what would look like a fault of the picture: no line, or all points in one."""
    text = axes.text(0.02, 0.03, "", transform=axes.transAxes, fontsize=SCALE_SIZE)
    text.set(color=theme.soft, animated=True, zorder=9)
    text.set_bbox({"facecolor": theme.panel, "edgecolor": "none", "alpha": 0.8, "pad": 2})

    def show(frame: int) -> None:
        words = []
        dead = np.flatnonzero(recording.extent(frame) <= DEAD)
        if len(dead):
            units = " and ".join(str(unit + 1) for unit in dead)
            words.append(f"unit{'s' * (len(dead) > 1)} {units}: one answer to every input")
        if straight and not len(_boundary_ends(axes, recording, frame)):
            words.append("boundary outside the view")
        text.set_text("\n".join(words))

    return show


def _surface(axes: "Axes", recording: "Recording", theme: "Theme") -> Show:
    """The tint of the likelier class, stronger where the network is surer.

    Made at the size it is seen in, which takes a third of the time of an image that
    matplotlib resamples; the mesh's outermost points lie on the bounds.
    """
    from PIL import Image

    from nnviz_cli.artist import Pixels

    corners = axes.transData.transform(np.asarray(recording.bounds).T)
    (left, bottom), (right, top) = np.round(corners).astype(int)
    artist = Pixels(left, bottom)
    artist.set(animated=True, zorder=1)
    axes.add_artist(artist)
    shades = _shades(theme)
    rows, columns = recording.logit.shape[1:]
    centres = (0.5, 0.5, columns - 0.5, rows - 0.5)

    def show(frame: int) -> None:
        sure = np.tanh(np.nan_to_num(recording.logit[frame]).clip(-30, 30) / 2)  # 2 p − 1
        levels = Image.fromarray(np.round(127.5 + 127.5 * sure).astype(np.uint8))
        size = (max(1, right - left), max(1, top - bottom))
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


def _contour(axes: "Axes", recording: "Recording", theme: "Theme") -> Show:
    """The boundary over the input plane: where the logit is zero."""
    from contourpy import contour_generator
    from matplotlib.collections import LineCollection

    rows, columns = recording.logit.shape[1:]
    (x0, x1), (y0, y1) = recording.bounds
    x, y = np.linspace(x0, x1, columns), np.linspace(y0, y1, rows)
    halo = LineCollection([], colors=theme.panel, linewidths=9, alpha=0.7, animated=True, zorder=3)
    line = LineCollection([], colors=theme.ink, linewidths=3.5, animated=True, zorder=3)
    for artist in (halo, line):
        axes.add_collection(artist, autolim=False)
    axes.plot([], [], color=theme.ink, lw=3.5, label="boundary")

    def show(frame: int) -> None:
        lines: Any = contour_generator(x, y, np.nan_to_num(recording.logit[frame])).lines(0.0)
        for artist in (halo, line):
            artist.set_segments(lines)

    return show


def clip_line(
    a: float, b: float, c: float, x_range: tuple[float, float], y_range: tuple[float, float]
) -> Array:
    """The part of a·x + b·y + c = 0 inside a box: its two ends (2, 2), or none (0, 2).

    Each edge of the box is asked where the sign of a·x + b·y + c changes along it, so no
    direction of the line is special: b may be 0, and a.
    """
    (x0, x1), (y0, y1) = x_range, y_range
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
    scale = max(abs(a), abs(b), abs(c))
    if not np.isfinite(scale) or scale == 0:
        return np.empty((0, 2))
    values = corners @ np.array([a / scale, b / scale]) + c / scale
    ends = [
        corners[i] + (corners[i + 1] - corners[i]) * (values[i] / (values[i] - values[i + 1]))
        for i in range(4)
        if (values[i] >= 0) != (values[i + 1] >= 0)
    ]
    return np.array(ends) if len(ends) == 2 else np.empty((0, 2))


PANELS: dict[str, Callable[..., Show]] = {
    "fit": fit,
    "hidden": hidden,
    "input": input_plane,
    "loss": loss,
}
