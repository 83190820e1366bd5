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
    caption,
    drawable,
    epoch_ticks,
    legend,
    scales,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.recording import Recording
    from nnviz_cli.theme import Theme

TALL = 130  # points; lower panels have no numbers and no second curve


def loss(
    axes: "Axes",
    recording: "Recording",
    theme: "Theme",
    *,
    metrics: Annotated[Flag, Field(description="their curves too, where there is room")] = True,
) -> Show:
    """The loss over the whole film, on points held out too, and where it is now."""
    values = drawable(np.asarray(recording.history["loss"], float))
    curves = {"loss": values}
    if "val_loss" in recording.history:
        curves["held out"] = drawable(np.asarray(recording.history["val_loss"], float))
    every = np.concatenate(list(curves.values()))
    title = caption(axes, theme, "loss")
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
    shows = [
        _curve(axes, each, theme, theme.answer if name == "loss" else theme.soft, name)
        for name, each in reversed(curves.items())
    ]
    if tall:
        _numbers(axes, theme)
    if tall and metrics and any("accuracy" in name for name in recording.history):
        shows += _accuracies(axes, recording, theme)
    if len(shows) > 1:
        legend(axes, theme, title)

    def show(frame: int) -> None:
        for each in shows:
            each(frame)

    return show


def _curve(axes: "Axes", values: Array, theme: "Theme", color: str, label: str) -> Show:
    """What is to come, what was, and a dot at now."""
    frames = np.arange(len(values))
    axes.plot(frames, values, color=theme.faint, lw=2, clip_on=False)
    (past,) = axes.plot([], [], color=color, lw=3, label=label, animated=True, clip_on=False)
    dot = theme.ink if label == "loss" else color
    (now,) = axes.plot([], [], marker="o", ms=11, mew=0, color=dot, animated=True, clip_on=False)

    def show(frame: int) -> None:
        past.set_data(frames[: frame + 1], values[: frame + 1])
        now.set_data(frames[frame : frame + 1], values[frame : frame + 1])

    return show


def _numbers(axes: "Axes", theme: "Theme") -> None:
    """A few levels of the loss, inside at the left, where they take no room."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

    log = axes.get_yscale() == "log"
    axes.yaxis.set_major_locator(LogLocator(numticks=4) if log else MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(axis="y", color=theme.faint, alpha=0.35, lw=1)
    axes.tick_params("y", length=0, pad=-6, labelsize=SCALE_SIZE, labelcolor=theme.soft)
    for label in axes.get_yticklabels():
        label.set(ha="left", va="bottom")


def _accuracies(axes: "Axes", recording: "Recording", theme: "Theme") -> list[Show]:
    """Accuracies from 0 to 100 %, over the same time, from the bottom to the top."""
    from matplotlib.transforms import blended_transform_factory

    shows: list[Show] = []
    share = blended_transform_factory(axes.transData, axes.transAxes)
    for name, style in (("accuracy", "-"), ("val_accuracy", "--")):
        if name not in recording.history:
            continue
        values = np.asarray(recording.history[name], float) / 1.06
        label = "accuracy" if name == "accuracy" else "accuracy held out"
        (line,) = axes.plot([], [], style, color=theme.target, lw=2.5, label=label)
        line.set(transform=share, animated=True)
        frames = np.arange(len(values))
        shows.append(_grower(line, frames, values))
    return shows


def _grower(line: Any, frames: Array, values: Array) -> Show:
    return lambda frame: line.set_data(frames[: frame + 1], values[: frame + 1])
