"""The panel `loss`: the loss and the metrics over time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from nnviz_cli.draw.canvas import SCALE_SIZE, Array, Canvas, Flag, Show, nothing
from nnviz_cli.draw.labels import points, width_of
from nnviz_cli.draw.legend import heading
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.ranges import ends
from nnviz_cli.draw.ticks import are_under, film_time, high_marks, linear_marks, log_marks
from nnviz_cli.recording.metric_scale import is_loss_like

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TALL = 130  # points; lower panels have no metrics
MOST_STEPS = {True: 4, False: 1}  # steps between the numbers of a panel that is tall, or is not
BESIDE = 12  # points from numbers to the curves
SPREAD = 100  # times the least loss, from which on the scale is logarithmic
HELD_OUT = (0, (3, 1.6))  # dashes

Scale = Annotated[
    Literal["auto", "linear", "log"],
    Field(
        description="scale of the loss; auto is log if the maximum exceeds 100 times the minimum"
    ),
]


@dataclass(frozen=True)
class Curve:
    """Numbers over the film, and what they are called."""

    name: str  # as in the history
    values: Array  # (frames,), NaN where there is none
    color: str
    held_out: bool = False
    right: bool = False  # read on the scale at the right


def loss(
    canvas: Canvas,
    *,
    metrics: Annotated[
        Flag, Field(description="whether the metrics are drawn too, if there is space")
    ] = True,
    scale: Scale = "auto",
) -> Show:
    """The loss over the whole film, also on held-out points, and its current value."""
    axes = canvas.axes
    tall = axes.bbox.height / points(axes) > TALL
    curves = _curves(canvas, metrics=metrics and tall)
    left = [curve for curve in curves if not curve.right]
    log = _is_log(left, scale)
    _limit(axes, left, log=log)
    rooms = [_numbers(canvas, tall=tall, log=log), 0.0]
    other = canvas
    if len(left) < len(curves):
        other = replace(canvas, axes=_right(axes, [curve for curve in curves if curve.right]))
        rooms[1] = _numbers(other, tall=tall, log=False, side="right")
    axes.patch.set_visible(False)
    film_time(canvas, (rooms[0], rooms[1]))
    shows = [_curve(other if curve.right else canvas, curve) for curve in reversed(curves)]
    if len(curves) > 1:
        _keys(canvas, curves)
    heading(canvas, *(["loss, logarithmic", "loss, log"] if log else []), "loss")

    def show(frame: int) -> None:
        for each in shows:
            each(frame)

    return show


def _curves(canvas: Canvas, *, metrics: bool) -> list[Curve]:
    """The loss, then the metrics; each also on held-out points."""
    recording, theme = canvas.recording, canvas.theme
    history = {
        name: np.asarray(values[: recording.held], float)
        for name, values in recording.history.items()
    }
    names = [name for name in history if not name.startswith("val_") and name != "loss"]
    colors = (theme.answer, theme.soft, theme.target, *theme.ramp)
    found = []
    for name, color in zip(["loss", *(names if metrics else [])], colors, strict=False):
        for key, held_out in ((name, False), (f"val_{name}", True)):
            if key in history:
                values = np.where(np.isfinite(history[key]), history[key], np.nan)
                found.append(Curve(key, values, color, held_out, right=not is_loss_like(name)))
    return found


def _is_log(curves: Sequence[Curve], scale: str) -> bool:
    """Whether the scale is logarithmic, which nothing but numbers above 0 can have."""
    low, high = ends(curve.values for curve in curves)
    if scale == "log":
        return high > 0
    return scale == "auto" and low > 0 and high > SPREAD * low


def _limit(axes: "Axes", curves: Sequence[Curve], *, log: bool) -> None:
    """Limits that hold all curves, and 0 on a linear scale."""
    if log:
        every = np.concatenate([curve.values for curve in curves])
        low, high = ends([every[every > 0]])
        axes.set_yscale("log", nonpositive="mask")
        axes.set_ylim(low / 1.3, high * 1.3)
        return
    low, high = ends([*(curve.values for curve in curves), np.zeros(1)])
    axes.set_ylim(low, (high + 0.08 * (high - low)) if high > low else 1.0)


def _right(axes: "Axes", curves: Sequence[Curve]) -> "Axes":
    """Axes over the same time, with a scale at their right; from 0 to 1 where that holds all."""
    right = axes.twinx()
    right.spines[:].set_visible(False)
    right.patch.set_visible(False)
    low, high = ends([*(curve.values for curve in curves), np.array([0.0, 1.0])])
    right.set_ylim(low, high + 0.06 * (high - low))
    return right


def _numbers(
    canvas: Canvas, *, tall: bool, log: bool, side: Literal["left", "right"] = "left"
) -> float:
    """A few numbers inside the panel, and the room that they take, in points."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    axes, theme = canvas.axes, canvas.theme
    marks = log_marks if log else linear_marks
    places, texts = high_marks(axes, marks(axes.get_ylim(), MOST_STEPS[tall]), inside=True)
    centred = len(places) < 2  # one number makes no scale
    if centred:
        places, texts = high_marks(axes, marks(axes.get_ylim(), MOST_STEPS[tall]))
    axes.yaxis.set_major_locator(FixedLocator(list(places)))
    axes.yaxis.set_major_formatter(FixedFormatter(texts))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.tick_params("y", length=0, pad=-2, labelsize=SCALE_SIZE, labelcolor=theme.soft)
    widest = max((width_of(axes, text) for text in texts), default=0.0)
    if side == "right":
        axes.tick_params("y", length=widest, direction="in", color=theme.faint)
    else:
        axes.grid(axis="y", color=theme.faint, alpha=0.35, lw=1)
    for label, under in zip(axes.get_yticklabels(), are_under(axes, places), strict=True):
        label.set(ha=side, va="center" if centred else "top" if under else "bottom")
    return widest + BESIDE


def _keys(canvas: Canvas, curves: Sequence[Curve]) -> None:
    """Colours by quantity, and dashes for held-out points."""
    axes = canvas.axes
    for curve in curves:
        if not curve.held_out:
            name = curve.name.replace("_", " ") + " (right)" * curve.right
            axes.plot([], [], color=curve.color, lw=3, label=name)
    if any(curve.held_out for curve in curves):
        axes.plot([], [], color=canvas.theme.soft, lw=3, ls=HELD_OUT, label="held out")


def _curve(canvas: Canvas, curve: Curve) -> Show:
    """The curve so far, dashed for held-out points; of a loss the rest too, and a dot now."""
    axes, theme = canvas.axes, canvas.theme
    values, last = curve.values, len(curve.values) - 1
    frames, known = np.arange(len(values)), np.isfinite(values)
    if not known.any():
        return nothing
    is_loss = curve.name.endswith("loss")
    style: dict[str, Any] = {"ls": HELD_OUT if curve.held_out else "-", "clip_on": False}
    if is_loss:
        axes.plot(frames, values, color=theme.faint, lw=2, **style)
    style |= {"color": curve.color, "lw": 3 if is_loss else 2.5, "animated": True}
    (past,) = axes.plot([], [], gid=curve.name, **style)
    style = {"ms": 11, "mew": 0, "color": theme.ink, "animated": True, "clip_on": False}
    (now,) = axes.plot([], [], "o", **style)

    def show(frame: int) -> None:
        end = min(frame, last) + 1
        start = end - 1 if is_loss and known[end - 1] else end
        end = end if known[:end].any() else 0
        past.set_data(frames[:end], values[:end])
        now.set_data(frames[start:end], values[start:end])

    return show


PANEL = Panel(draw=loss, alt_text="the loss", shows_time=True, below=28, strip=56)
