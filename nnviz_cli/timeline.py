"""A scale of the film's time, for films whose frames are not at even distances."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.layout import Rows
from nnviz_cli.panel.part import SCALE_SIZE, Show, are_even, epoch_ticks, scales

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.recording import Recording
    from nnviz_cli.theme import Theme

TELLS = {"loss"}  # panels that have such a scale
TICK = 5  # points to either side of the line
LABEL = 8  # points from the axes to its numbers, as `scales` has it


def is_wanted(recording: "Recording", rows: Rows) -> bool:
    """Whether a moment of the film does not tell its epoch, and no panel does."""
    epochs = np.asarray(recording.step[: recording.held]) / recording.facts.steps_per_epoch
    return not are_even(epochs) and not TELLS & {name for row in rows for name, _ in row}


def timeline(axes: "Axes", recording: "Recording", theme: "Theme") -> Show:
    """A line as long as the film, with round epochs where they are, and a mark at now."""
    from matplotlib.ticker import FixedLocator

    axes.patch.set_visible(False)
    epoch_ticks(axes, recording)
    axes.set(ylim=(-1, 1), yticks=[])
    scales(axes, theme, "x")
    last = max(recording.frames - 1, 1)
    axes.plot([0, last], [0, 0], color=theme.faint, lw=2, clip_on=False)
    shown = [at for at in axes.get_xticks() if 0 <= at <= last]
    look: dict[str, Any] = {"ls": "", "marker": "|", "ms": 2 * TICK, "mew": 2, "clip_on": False}
    axes.plot(shown, np.zeros(len(shown)), color=theme.faint, **look)
    (past,) = axes.plot([], [], color=theme.soft, lw=3, animated=True, clip_on=False)
    (now,) = axes.plot([], [], "o", ms=11, mew=0, color=theme.ink, animated=True, clip_on=False)
    place, _, _ = axes.get_xaxis_text1_transform(LABEL)
    word = axes.text(0, 0, "epoch 0", transform=place, ha="left", va="top")
    word.set(fontsize=SCALE_SIZE, color=theme.soft)
    right = axes.transData.inverted().transform((word.get_window_extent().x1, 0))[0]
    room = right + last * SCALE_SIZE * 1.5 * axes.figure.dpi / 72 / axes.bbox.width
    axes.xaxis.set_major_locator(FixedLocator([at for at in shown if at > room]))

    def show(frame: int) -> None:
        past.set_data([0, frame], [0, 0])
        now.set_data([frame], [0])

    return show
