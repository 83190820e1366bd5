"""A scale of the film's time, for films whose frames are not at even distances."""

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import Canvas, Show
from nnviz_cli.draw.layout import Rows
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.ticks import are_even, film_time

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

TICK = 5  # points to either side of the line


def is_wanted(recording: "Recording", rows: Rows) -> bool:
    """Whether frames are not at even distances, and no panel shows the time."""
    epochs = np.asarray(recording.step[: recording.held]) / recording.facts.steps_per_epoch
    return not are_even(epochs) and not any(PANELS[name].shows_time for name, _ in chain(*rows))


def timeline(canvas: Canvas) -> Show:
    """A line as long as the film, with round epochs where they are, and a mark at now."""
    axes, theme = canvas.axes, canvas.theme
    axes.patch.set_visible(False)
    axes.set(ylim=(-1, 1), yticks=[])
    film_time(canvas)
    last = canvas.recording.held - 1
    axes.plot([0, last], [0, 0], color=theme.faint, lw=2, clip_on=False)
    shown = axes.get_xticks()
    style: dict[str, Any] = {"ls": "", "marker": "|", "ms": 2 * TICK, "mew": 2, "clip_on": False}
    axes.plot(shown, np.zeros(len(shown)), color=theme.faint, **style)
    (past,) = axes.plot([], [], color=theme.soft, lw=3, animated=True, clip_on=False)
    (now,) = axes.plot([], [], "o", ms=11, mew=0, color=theme.ink, animated=True, clip_on=False)

    def show(frame: int) -> None:
        at = min(frame, last)
        past.set_data([0, at], [0, 0])
        now.set_data([at], [0])

    return show
