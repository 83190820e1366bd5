"""The forward pass of a recorded network in NumPy: what Keras computes at inference.

Values are (units, points) in float32: a layer's units lie one after the other in memory, which
takes half the time of (points, units).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.recording.activations import ACTIVATIONS

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class LayerInfo:
    """What a recording knows of a layer besides its weights."""

    kind: str = "dense"  # a name in LAYER_KINDS
    units: int  # its width
    activation: str = "linear"  # a name in ACTIVATIONS
    options: Mapping[str, Any] = field(default_factory=dict)  # of the activation
    kind_options: Mapping[str, Any] = field(default_factory=dict)  # of the kind, as `epsilon`

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON can store them; `LayerInfo(**fields)` is the inverse."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class LayerKind:
    """What is known of a kind of layer besides how it is drawn.

    The keyword-only arguments of `weighted` are the kind's options with Keras's defaults.
    """

    keras: str  # the class in `keras.layers`
    weights: tuple[str, ...]  # its arrays as Keras calls them; a layer may lack some
    weighted: Callable[..., Array]  # weights, x  # (inputs, points) -> (units, points)


def _dense(weights: Mapping[str, Array], x: Array) -> Array:
    weighted: Array = weights["kernel"].T @ x
    if "bias" in weights:
        weighted += weights["bias"][:, None]
    return weighted


def _dropout(weights: Mapping[str, Array], x: Array) -> Array:  # noqa: ARG001 (it has none)
    return x


def _batch_normalization(weights: Mapping[str, Array], x: Array, *, epsilon: float = 1e-3) -> Array:
    """Scale and shift by the moving averages, in TensorFlow's order of the arithmetic."""
    scale = 1 / np.sqrt(weights["moving_variance"] + epsilon) * weights.get("gamma", 1)
    offset = weights.get("beta", 0) - weights["moving_mean"] * scale
    result: Array = x * scale[:, None]
    result += offset[:, None]
    return result


LAYER_KINDS: dict[str, LayerKind] = {
    "batch_normalization": LayerKind(
        keras="BatchNormalization",
        weights=("gamma", "beta", "moving_mean", "moving_variance"),
        weighted=_batch_normalization,
    ),
    "dense": LayerKind(keras="Dense", weights=("kernel", "bias"), weighted=_dense),
    "dropout": LayerKind(keras="Dropout", weights=(), weighted=_dropout),
}


def forward(
    layers: Sequence[LayerInfo],
    weights: Sequence[Mapping[str, Array]],  # per layer, by Keras's names
    x: Array,  # (inputs, points)
) -> tuple[list[Array], Array]:
    """Activations of every layer and the weighted input of the last one, (units, points) each.

    Where a layer changes nothing (dropout, a linear activation) arrays are shared, not copied.
    """
    activations = []
    weighted = x
    with np.errstate(all="ignore"):  # a network that diverged has infinities and NaN
        for layer, arrays in zip(layers, weights, strict=True):
            weighted = LAYER_KINDS[layer.kind].weighted(arrays, x, **layer.kind_options)
            x = ACTIVATIONS[layer.activation](weighted, **layer.options)
            activations.append(x)
    return activations, weighted
