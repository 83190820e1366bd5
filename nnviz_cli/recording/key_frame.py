"""The frame that tells most of a film in one picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnviz_cli.recording.events import Event

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

FALLEN = 0.99  # of the way that the loss falls; at 0.95 a curve is seen to be unfinished


def telling(recording: "Recording", happened: Sequence[Event]) -> int:
    """The first frame that shows what the training came to; never the untrained network.

    By then the loss has done most of its fall, and whatever is reached at all has been: the
    accuracies, classes that are separable. Later frames would only show a longer curve. A
    run that reaches nothing is told by its last frame with finite numbers.
    """
    loss = np.asarray(recording.history["loss"], float)[: recording.held]
    last = len(loss) - 1
    fall = loss[0] - loss.min()
    if not fall > 0:
        return last
    fallen = int(np.argmax(loss <= loss[0] - FALLEN * fall))
    reached = [event.frame for event in happened if event.reached]
    return min(max(1, fallen, *reached), last)
