"""Numbers along an axis: which, how they are written, and the room that they take."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import SCALE_SIZE, Array, Canvas
from nnviz_cli.draw.labels import points, signed, width_of
from nnviz_cli.number import epoch as epoch_text
from nnviz_cli.number import ticks
from nnviz_cli.number import value as value_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from nnviz_cli.draw.theme import Theme

# in points of 1/72 inch
PAD = 8  # between an axis and its numbers
APART = 12  # between two numbers
OVER = (24, 15)  # that a number may stand out at the left end of an axis, and at the right one
BESIDE = 32  # that numbers may stand out to the left of a panel

MOST_STEPS = 5  # steps between the numbers of an axis
STEPS = (1, 2, 5, 10)
UNEVEN = 0.1  # of a frame's time, that frames may be off

SIDES = {0.0: "left", 0.5: "center", 1.0: "right"}

Marks = tuple[Array, list[str]]  # places on an axis, and what is written there


def scales(canvas: Canvas) -> float:
    """Numbers along both axes, and a grid.

    Where those along y are wide, the axes give way to them: by how much, in pixels.
    """
    axes = canvas.axes
    inset = _along_y(canvas)
    axes.grid(color=canvas.theme.faint, alpha=0.35, lw=1)
    axes.set_axisbelow(True)
    along_x(canvas, linear_marks(axes.get_xlim()))
    return inset


def along_x(canvas: Canvas, candidates: Iterable[Marks]) -> None:
    """The first marks along x that do not touch, or one; at its ends they stand out by a little."""
    axes = canvas.axes
    places, texts = np.empty(0), [""]
    for places, texts in candidates:
        if _are_apart(axes, places, texts):
            break
    else:
        places, texts = places[:1], texts[:1]
    _write(axes.xaxis, canvas.theme, places, texts)
    _, _, sides = _extents(axes, places, texts)
    for label, side in zip(axes.get_xticklabels(), sides, strict=True):
        label.set(ha=SIDES[float(side)])


def _are_apart(axes: "Axes", places: Array, texts: list[str]) -> bool:
    """Whether rising marks along x do not touch."""
    starts, stops, _ = _extents(axes, places, texts)
    return bool((starts[1:] >= stops[:-1] + APART).all())


def _extents(axes: "Axes", places: Array, texts: list[str]) -> tuple[Array, Array, Array]:
    """Where texts along x start and stop, in points, and how much of each is before its place."""
    width, (low, high) = axes.bbox.width / points(axes), axes.get_xlim()
    at = width * (places - low) / (high - low)
    widths = np.array([width_of(axes, text) for text in texts])
    sides = np.full(len(texts), 0.5)
    sides[at + widths / 2 > width + OVER[1]] = 1
    sides[at - widths / 2 < -OVER[0]] = 0
    return at - sides * widths, at + (1 - sides) * widths, sides


def _along_y(canvas: Canvas) -> float:
    """Numbers at the left of the axes, which give way to the widest; by how much, in pixels."""
    axes = canvas.axes
    places, texts = high_marks(axes, linear_marks(axes.get_ylim()))
    _write(axes.yaxis, canvas.theme, places, texts)
    widest = max((width_of(axes, text) for text in texts), default=0.0)
    inset = max(0.0, widest + PAD - BESIDE) * points(axes)
    left, bottom, width, height = axes.get_position().bounds
    share = inset / axes.figure.bbox.width
    axes.set_position((left + share, bottom, width - share, height))
    return inset


def high_marks(axes: "Axes", candidates: Iterable[Marks], *, inside: bool = False) -> Marks:
    """The first marks along y that do not touch, or the first of the last ones.

    `inside`: the numbers stand on their lines, but under a line with no room over it.
    """
    places, texts = np.empty(0), [""]
    for places, texts in candidates:
        starts = heights(axes, places)
        if inside:
            starts = starts - SCALE_SIZE * are_under(axes, places)
        if (np.diff(starts) >= SCALE_SIZE).all():
            return places, texts
    return places[:1], texts[:1]


def are_under(axes: "Axes", places: Array) -> Array:
    """Which numbers inside the axes have no room over their lines (places,), bool."""
    over: Array = axes.bbox.height / points(axes) - heights(axes, places)
    return over <= SCALE_SIZE


def heights(axes: "Axes", places: Array) -> Array:
    """How far places along y are from the lower edge of the axes, in points."""
    pixels = axes.get_yaxis_transform().transform([(0, place) for place in places])[:, 1]
    at: Array = (pixels - axes.bbox.y0) / points(axes)
    return at


def _write(axis: "Axis", theme: "Theme", places: Array, texts: list[str]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator

    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter(texts))
    axis.set_tick_params(length=0, pad=PAD, labelsize=SCALE_SIZE, labelcolor=theme.soft)


def linear_marks(
    limits: tuple[float, float], most: int = MOST_STEPS, **how: Any
) -> Iterator[Marks]:
    """Round numbers from the lower limit to the upper one, ever fewer."""
    from matplotlib.ticker import MaxNLocator

    low, high = limits
    slack, ends = 1e-9 * (high - low), np.array([low])
    for count in range(most, 0, -1):
        places = np.asarray(MaxNLocator(count, steps=STEPS, **how).tick_values(low, high))
        places = places[(places >= low - slack) & (places <= high + slack)]
        if len(places):
            yield _marks(places, ticks(places))
            ends = places[:: max(1, len(places) - 1)]
    yield _marks(ends, ticks(ends))


def log_marks(limits: tuple[float, float], most: int = MOST_STEPS) -> Iterator[Marks]:
    """Powers of ten from the lower limit to the upper one, ever fewer; finer where there is one."""
    low, high = np.log10(limits)
    powers = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
    if len(powers) < 2:
        decades = range(int(np.floor(low)), int(np.floor(high)) + 1)
        for digits in ((1, 2, 5), (1, 5), (1, 3)):
            fine = np.array([digit * 10.0**decade for decade in decades for digit in digits])
            fine = fine[(np.log10(fine) >= low) & (np.log10(fine) <= high)]
            if len(fine) > 1:
                yield _marks(fine, map(value_text, fine))
        yield from linear_marks(limits, most)
    for stride in range(1, len(powers)):
        for chosen in (powers[powers % stride == 0], powers[::-stride][::-1]):
            if 1 < len(chosen) <= most + 1:
                places = 10.0**chosen
                yield _marks(places, map(value_text, places))


def _marks(places: Array, texts: Iterable[str]) -> Marks:
    return places, [signed(text) for text in texts]


def film_time(canvas: Canvas, rooms: tuple[float, float] = (0, 0)) -> None:
    """Film time along x, a frame a unit, with round epochs as its numbers, 'epoch 0' the first.

    `rooms` are left free at either side, in points. Frames that only hold the last finite state
    have no time of their own.
    """
    axes, recording = canvas.axes, canvas.recording
    epochs = np.asarray(recording.step[: recording.held]) / recording.facts.steps_per_epoch
    last = max(len(epochs) - 1, 1)
    left, right = (
        room * last / max(axes.bbox.width / points(axes) - sum(rooms), 1) for room in rooms
    )
    axes.set_xlim(-left, last + right)
    if not epochs[-1] or are_even(epochs):
        shown = (places for places, _ in linear_marks((0.0, epochs[-1]), integer=epochs[-1] >= 1))
        along_x(canvas, (_epochs(epochs, each) for each in shown))
    else:
        along_x(canvas, [_as_many_as_fit(axes, epochs)])


def _epochs(epochs: Array, shown: Array) -> Marks:
    """Where some epochs are among those of the frames, and how they are written."""
    places = np.interp(shown, epochs, np.arange(len(epochs)))
    return places, ["epoch 0", *map(epoch_text, shown[1:])]


def _as_many_as_fit(axes: "Axes", epochs: Array) -> Marks:
    """0 and powers of ten, then five times and twice these, as far as they do not touch."""
    marks = _epochs(epochs, np.zeros(1))
    shown = [0.0]
    for epoch in (digit * 10.0**power for digit in (1, 5, 2) for power in range(-4, 9)):
        more = _epochs(epochs, np.array(sorted([*shown, epoch])))
        if epoch <= epochs[-1] and _are_apart(axes, *more):
            shown, marks = sorted([*shown, epoch]), more
    return marks


def are_even(epochs: Array) -> bool:
    """Whether frames are at even distances in the training, but for whole steps."""
    allowed = UNEVEN * float(epochs[-1]) / len(epochs) + 1e-9
    return len(epochs) < 3 or bool(np.ptp(np.diff(epochs)) <= allowed)
