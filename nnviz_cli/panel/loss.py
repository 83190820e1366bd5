"""How the loss and the metrics went, and where they are now."""

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from nnviz_cli.panel.part import (
    NARROWEST,
    SCALE_SIZE,
    Array,
    Flag,
    Show,
    drawable,
    epoch_ticks,
    heading,
    scales,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.recording import Recording
    from nnviz_cli.theme import Theme

TALL = 130  # points; lower panels have no numbers and no accuracies
NUMBERS = 64  # points, for numbers beside the curves
HELD_OUT = (0, (3, 1.6))  # dashes


def loss(
    axes: "Axes",
    recording: "Recording",
    theme: "Theme",
    *,
    metrics: Annotated[Flag, Field(description="their curves too, where there is room")] = True,
) -> Show:
    """The loss over the whole film, on points held out too, and where it is now."""
    curves = {
        label: drawable(np.asarray(recording.history[name], float))
        for name, label in (("loss", "loss"), ("val_loss", "held out"))
        if name in recording.history
    }
    every = np.concatenate(list(curves.values()))
    axes.patch.set_visible(False)
    epoch_ticks(axes, recording)
    if every.min() > 0 and every.max() > 100 * every.min():
        axes.set_yscale("log")
        axes.set_ylim(every.min() / 1.3, every.max() * 1.3)
    else:
        axes.set_ylim(min(0.0, every.min()), max(every.max(), NARROWEST) * 1.08)
    axes.set_yticks([], minor=True)
    axes.set(yticks=[])
    scales(axes, theme, "x")
    tall = axes.bbox.height * 72 / axes.figure.dpi > TALL
    shows = [_curve(axes, values, theme, label) for label, values in reversed(curves.items())]
    if tall:
        _numbers(axes, theme)
    if tall and metrics:
        shows += _metrics(axes, recording, theme)
    heading(axes, theme, "loss", keys=len(shows) > 1)

    def show(frame: int) -> None:
        for each in shows:
            each(frame)

    return show


def _curve(axes: "Axes", values: Array, theme: "Theme", label: str) -> Show:
    """What is to come, what was, and a dot at now; dashed where the points are held out."""
    frames = np.arange(len(values))
    style = "-" if label == "loss" else HELD_OUT
    axes.plot(frames, values, ls=style, color=theme.faint, lw=2, clip_on=False)
    look: dict[str, Any] = {"color": theme.answer, "animated": True, "clip_on": False}
    (past,) = axes.plot([], [], ls=style, lw=3, label=label, **look)
    (now,) = axes.plot([], [], "o", ms=11, mew=0, **{**look, "color": theme.ink})

    def show(frame: int) -> None:
        past.set_data(frames[: frame + 1], values[: frame + 1])
        now.set_data(frames[frame : frame + 1], values[frame : frame + 1])

    return show


def _numbers(axes: "Axes", theme: "Theme") -> None:
    """A few levels of the loss, at the left of where the curves begin."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

    log = axes.get_yscale() == "log"
    axes.yaxis.set_major_locator(LogLocator(numticks=4) if log else MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(axis="y", color=theme.faint, alpha=0.35, lw=1)
    right, room = axes.get_xlim()[1], min(0.4, NUMBERS * axes.figure.dpi / 72 / axes.bbox.width)
    axes.set_xlim(-right * room / (1 - room), right)
    axes.tick_params("y", length=0, pad=-2, labelsize=SCALE_SIZE, labelcolor=theme.soft)
    for label in axes.get_yticklabels():
        label.set(ha="left", va="bottom")


def _metrics(axes: "Axes", recording: "Recording", theme: "Theme") -> list[Show]:
    """Each metric over the same time: an accuracy from 0 to 100 %, others over their own range."""
    from matplotlib.transforms import blended_transform_factory

    shows: list[Show] = []
    share = blended_transform_factory(axes.transData, axes.transAxes)
    names = [name for name in recording.history if not name.endswith("loss")]
    told = sorted({name.removeprefix("val_") for name in names})
    for color, metric in zip((theme.soft, theme.target), told, strict=False):
        both = [name for name in (metric, f"val_{metric}") if name in names]
        curves = [drawable(np.asarray(recording.history[name], float)) for name in both]
        low, high = (0.0, 1.0) if "accuracy" in metric else _ends(curves)
        for curve, style in zip(curves, ("-", HELD_OUT), strict=False):
            label = metric.replace("_", " ") + " held out" * (style == HELD_OUT)
            (line,) = axes.plot([], [], ls=style, color=color, lw=2.5, label=label)
            line.set(transform=share, animated=True)
            values = (curve - low) / max(high - low, NARROWEST) / 1.06
            shows.append(_grower(line, values))
    return shows


def _ends(curves: list[Array]) -> tuple[float, float]:
    return min(curve.min() for curve in curves), max(curve.max() for curve in curves)


def _grower(line: Any, values: Array) -> Show:
    frames = np.arange(len(values))
    return lambda frame: line.set_data(frames[: frame + 1], values[: frame + 1])
