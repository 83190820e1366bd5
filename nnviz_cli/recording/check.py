"""Whether NumPy's forward pass agrees with what Keras computed."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.recording.forward import forward
from nnviz_cli.recording.shape import Shape

Array = NDArray[Any]
CHUNK = 1 << 14  # places that are computed at once, since all of them may not fit into the memory
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
    weights = [_weights(frame, layer) for layer in layers]
    low, high = ({k: frame[f"{end}/{k}"] for k in layers} for end in ("low", "high"))
    largest = {k: max(1.0, _greatest(low[k]), _greatest(high[k])) for k in layers}
    ends: list[list[Array]] = [[] for _ in layers]
    for start in range(0, len(every), CHUNK):
        chunk = np.ascontiguousarray(every[start : start + CHUNK].T, np.float32)
        activations, _ = forward(shape.layers, weights, chunk)
        for found, ours in zip(ends, activations, strict=True):
            found.append(np.array([ours.min(axis=1), ours.max(axis=1)]))
        for name, k in ((f"activation/{shape.probe}", shape.probe), ("output", layers[-1])):
            theirs = frame[name][start : start + CHUNK]
            ours = activations[k - 1][:, : len(theirs)].T
            yield _greatest(ours - theirs) / largest[k]
    for k, found in zip(layers, ends, strict=True):
        yield _greatest(np.min(found, axis=0)[0] - low[k]) / largest[k]
        yield _greatest(np.max(found, axis=0)[1] - high[k]) / largest[k]


def _weights(frame: Mapping[str, Array], layer: int) -> dict[str, Array]:
    """The weights of a layer by Keras's names."""
    prefix = f"weights/{layer}/"
    return {
        name.removeprefix(prefix): array for name, array in frame.items() if name.startswith(prefix)
    }


def _greatest(values: Array) -> float:
    return float(np.abs(values).max(initial=0))
