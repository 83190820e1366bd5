"""What panels are made of: numbers that can be placed, limits, and the points of each class."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nnviz_cli.draw.canvas import Canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from nnviz_cli.draw.theme import Theme
    from nnviz_cli.recording.recording import Look

Array = NDArray[Any]

CAPTION_SIZE = 22
SCALE_SIZE = 19  # numbers along an axis
MARGIN = 0.06  # of the range of the data, around it
NARROWEST = 1e-3  # half a range; a layer that is constant still has a plane
APART = 1e-6  # half a range in parts of its middle, which float32 and matplotlib can tell apart
WIDE = 1e37  # float32 ends at 3e38, and a few such numbers are added
FARTHEST = 1e100  # in place of infinity: float64 ends at 1.8e308, and three are multiplied
MOST_RINGS = 120  # more would hide the colours of the points
SHAPES = "osD^"  # of the markers; two classes share one, hollow and solid

Flag = Annotated[bool, Field(strict=True)]
MarkerSize = Annotated[float, Field(gt=0, le=40, description="diameter of a marker, at 720p")]


def drawable(values: Any) -> Array:
    """Numbers of which a few can be added: as they are, or as float64 where float32 could not.

    What is infinite or not a number becomes so large that it lies outside every picture.
    """
    given: Array = np.asarray(values)
    if given.dtype == np.float32 and np.abs(given).max(initial=0) <= WIDE:  # false for a NaN
        return given
    numbers: Array = np.nan_to_num(given.astype(float), nan=FARTHEST).clip(-FARTHEST, FARTHEST)
    return numbers


def ends(arrays: Iterable[Array]) -> tuple[float, float]:
    """The least and the greatest of all finite numbers of some arrays; 0 if there is none."""
    low, high = np.inf, -np.inf
    for each in arrays:
        values = np.asarray(each)
        least, most = values.min(initial=np.inf), values.max(initial=-np.inf)
        if not np.isfinite([least, most]).all():
            finite = values[np.isfinite(values)]
            least, most = finite.min(initial=np.inf), finite.max(initial=-np.inf)
        low, high = min(low, float(least)), max(high, float(most))
    return (low, high) if low <= high else (0.0, 0.0)


def greatest(arrays: Iterable[Array]) -> float:
    """The greatest finite number of some arrays without its sign, and not 0."""
    low, high = ends(arrays)
    return max(-low, high) or 1.0


class _Drawable:
    """An array whose frames are made drawable one by one, as they are asked for."""

    def __init__(self, array: Array) -> None:
        self._array = array
        self.shape = array.shape

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, frame: Any) -> Array:
        return drawable(self._array[frame])


def tame(look: "Look") -> "Look":
    """A layer's numbers as a picture can hold them; its own, where it can hold these."""
    low, high = drawable(look.low), drawable(look.high)
    if low is look.low and high is look.high:
        return look
    places: Any = (_Drawable(look.activation), _Drawable(look.grid_activation))
    return replace(look, activation=places[0], grid_activation=places[1], low=low, high=high)


def floats(look: "Look") -> Any:
    """The type in which a layer's numbers can be added: float32, if they are far from its end."""
    return np.float32 if greatest([look.low, look.high]) <= WIDE else float


def limits(low: Array, high: Array, margin: float = MARGIN) -> tuple[Array, Array]:
    """Fixed limits for the whole film, from the extremes of each frame (frames, units)."""
    each = [ends([low[:, unit], high[:, unit]]) for unit in range(low.shape[1])]
    least, most = np.array(each).T
    middle = (least + most) / 2
    narrowest = np.maximum(NARROWEST, APART * np.abs(middle))
    half = np.maximum((most - least) / 2, narrowest) * (1 + 2 * margin)
    return middle - half, middle + half


def plane(axes: "Axes", low: Array, high: Array, margin: float = MARGIN) -> None:
    """Fixed limits that hold everything, with one scale for both directions; no numbers."""
    low, high = limits(low, high, margin)
    middle, half = (low + high) / 2, (high - low) / 2
    box = np.array([axes.bbox.width, axes.bbox.height])
    half = box * (half / box).max()
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set(xticks=[], yticks=[])


def input_view(canvas: Canvas) -> None:
    """The plane of the inputs: their bounds, which have a margin, and what fits beside them."""
    bounds = np.asarray(canvas.recording.bounds)
    plane(canvas.axes, bounds[None, :, 0], bounds[None, :, 1], margin=0)


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
    look: dict[str, Any] = {"ls": "", "marker": "o", "mfc": "none", "mec": canvas.theme.ink}
    places = recording.x[recording.held_out]
    places = places[:: max(1, len(places) // MOST_RINGS)]
    axes.plot([], [], ms=13, mew=2, label="held out", **look)
    return axes.plot(places[:, 0], places[:, 1], ms=size + 3, mew=1.2, animated=True, **look)


def markers(canvas: Canvas, group: Group, size: float, fog: float = 0.0) -> list["Line2D"]:
    """Markers for the points of one group, solid or hollow, sunk in fog by a share."""
    axes, theme = canvas.axes, canvas.theme
    color = mixed(group.color, theme.panel, fog)
    look: dict[str, Any] = {"ls": "", "marker": group.shape, "mew": 0, "animated": True}
    cloud: list[Line2D] = axes.plot([], [], ms=size, color=color, **look)
    if group.hollow:
        cloud += axes.plot([], [], ms=0.55 * size, color=mixed(color, theme.panel, 0.78), **look)
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
