"""The steps of the training at which frames are recorded."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPACINGS = ("linear", "log", "change")
EVEN = 0.25  # of the film goes evenly, however little changes


def linear(frames: int, epochs_per_frame: float, steps_per_epoch: int) -> list[int]:
    """Optimiser steps of frames at even distances: whole steps, at least one per frame."""
    return [
        max(frame, round(frame * epochs_per_frame * steps_per_epoch)) for frame in range(frames)
    ]


def even(frames: int, last: int) -> list[int]:
    """Whole steps at even distances from 0 to the last, which must be at least frames - 1."""
    return [round(frame * last / (frames - 1)) for frame in range(frames)] if frames > 1 else [0]


def logarithmic(frames: int, last: int) -> list[int]:
    """From 0 to the last step, each distance greater than the one before by the same factor."""
    if frames == 1:
        return [0]
    return _rising([0, *np.geomspace(1, max(last, 1), frames - 1)], last)


def by_change(frames: int, steps: Sequence[int], change: NDArray[Any]) -> list[int]:
    """Denser where there was more change (n - 1,) between the steps (n,) of its measurement."""
    share = change / change.sum() if change.sum() > 0 else np.full(len(change), 1 / len(change))
    length = np.diff(steps) / (steps[-1] - steps[0])
    way = np.concatenate([[0], np.cumsum(EVEN * length + (1 - EVEN) * share)])
    return _rising(np.interp(np.linspace(0, way[-1], frames), way, steps), steps[-1])


def _rising(wanted: Any, last: int) -> list[int]:
    """Whole steps near those wanted, each after the one before, and none after the last."""
    count = len(wanted)
    steps: list[int] = []
    for frame, step in enumerate(wanted):
        least = steps[-1] + 1 if steps else 0
        steps.append(max(least, min(round(step), last - (count - 1 - frame))))
    return steps
