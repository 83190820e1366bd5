"""Whether NumPy's forward pass agrees with what Keras computed."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.recording.forward import forward
from nnviz_cli.recording.shape import Shape

Array = NDArray[Any]
TOLERANCE = 1e-5  # of the largest activation of a layer, or of 1


class Places(Protocol):
    """Where the network was probed."""

    @property
    def points(self) -> Array:
        """(points, inputs)."""

    @property
    def grid(self) -> Array:
        """(lines, points, inputs)."""


def forward_error(shape: Shape, places: Places, frame: Mapping[str, Array]) -> float | None:
    """By how much the forward pass differs from a frame of Keras's, or None if it agrees.

    The greatest difference of an activation, over the largest activation of its layer, at least
    1. The probed layer and the output are compared at every point; of each layer the least and
    the greatest activation over points and grid.
    """
    errors = list(_errors(shape, places, frame))
    with np.errstate(invalid="ignore"):
        worst = float(np.nan_to_num(np.array(errors), nan=np.inf).max())
    return None if worst <= TOLERANCE else worst


def _errors(shape: Shape, places: Places, frame: Mapping[str, Array]) -> Iterator[float]:
    every = np.concatenate([places.points, places.grid.reshape(-1, shape.units[0])])
    layers = range(1, len(shape.units))
    weights = [
        {
            name.rpartition("/")[2]: array
            for name, array in frame.items()
            if name.startswith(f"weights/{layer}/")
        }
        for layer in layers
    ]
    activations, _ = forward(shape.layers, weights, np.ascontiguousarray(every.T, np.float32))
    count = len(places.points)
    for layer, ours in zip(layers, activations, strict=True):
        pairs = [
            (ours.min(axis=1), frame[f"low/{layer}"]),
            (ours.max(axis=1), frame[f"high/{layer}"]),
        ]
        if layer == shape.probe:
            pairs.append((ours[:, :count].T, frame[f"activation/{layer}"]))
        if layer == layers[-1]:
            pairs.append((ours[:, :count].T, frame["output"]))
        largest = max(1.0, *(float(np.abs(theirs).max(initial=0)) for _, theirs in pairs))
        for mine, theirs in pairs:
            yield float(np.abs(mine.astype(float) - theirs).max(initial=0)) / largest
