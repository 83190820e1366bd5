"""The key frame: the one that represents a film as a single picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnviz_cli.recording.events import Event

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

FALLEN = 0.99  # share of the total decrease of the loss; at 0.95 a curve looks unfinished


def key_frame(recording: "Recording", happened: Sequence[Event]) -> int:
    """The index of the first frame that shows the result of the training; never frame 0.

    By then 99 % of the loss's decrease is done, and every goal that is reached at all has been:
    the accuracies, separable classes. Later frames would only show a longer curve. If the loss
    does not decrease, it is the last frame with finite numbers.
    """
    loss = np.asarray(recording.history["loss"], float)[: recording.held]
    last = len(loss) - 1
    fall = loss[0] - loss.min()
    if not fall > 0:
        return last
    fallen = int(np.argmax(loss <= loss[0] - FALLEN * fall))
    reached = [event.frame for event in happened if event.reached]
    return min(max(1, fallen, *reached), last)
