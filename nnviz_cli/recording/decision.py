"""The decision rule: what a network's output says, from its output activation and its loss.

One rule for the boundary, the tint, the half-planes, the metrics, the captions, the key frame and
the alt text. Several outputs: the largest score wins. One output, with labels 0 and 1: class 1
where the output is over a value, which follows from what the loss compares it with.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FARTHEST = 50.0  # weighted inputs between which an activation is searched
PLACES = 10_001  # at which it is evaluated in one go
ZOOMS = 4  # times that the search goes on between two neighbours


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Where the answer of a network with one output changes from class 0 to class 1."""

    value: float  # of the output; class 1 is above it
    logit: float | None  # the weighted input there; None if several inputs give this output


def decision(
    activation: str, loss: str, function: Callable[[Array], Array], *, from_logits: bool = False
) -> Decision:
    """The rule for one output; `function` is its activation, for arrays of weighted inputs.

    A sigmoid changes at logit 0, whatever the loss. Otherwise the output changes at 0 where the
    loss takes it for a logit, or compares it with -1 and 1 (hinge), and at 0.5 where it is
    compared with 0 and 1. An activation that never passes that value changes at its value for
    logit 0, which is the middle of its range where that is bounded on both sides.
    """
    if activation == "sigmoid":
        return Decision(value=0.5, logit=0.0)
    value = 0.0 if from_logits or "hinge" in loss else 0.5
    if activation == "linear":
        return Decision(value=value, logit=value)
    if activation == "tanh":
        return Decision(value=value, logit=math.atanh(value))
    logits = np.linspace(-FARTHEST, FARTHEST, PLACES)
    above = function(logits) > value
    if above.all() or not above.any():
        return Decision(value=float(function(np.zeros(1))[0]), logit=0.0)
    changes = np.flatnonzero(np.diff(above))
    if len(changes) > 1 or not above[-1]:
        return Decision(value=value, logit=None)
    for _ in range(ZOOMS):
        at = int(np.argmax(above))
        logits = np.linspace(logits[at - 1], logits[at], 101)
        above = function(logits) > value
        above[0], above[-1] = False, True
    return Decision(value=value, logit=round(float(logits[np.argmax(above)]), 6))


# what output activations can answer; others from -inf to inf
_RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("sigmoid", "hard_sigmoid", "sparse_sigmoid"), (0, 1)),
    **dict.fromkeys(("softmax", "sparsemax"), (0, 1)),
    **dict.fromkeys(("tanh", "hard_tanh", "softsign"), (-1, 1)),
    **dict.fromkeys(("relu", "softplus", "exponential", "squareplus"), (0, math.inf)),
    "sparse_plus": (0, math.inf),
    "relu6": (0, 6),
    **dict.fromkeys(("log_sigmoid", "log_softmax"), (-math.inf, 0)),
}


def output_range(activation: str, options: dict[str, Any]) -> tuple[float, float]:
    """The least and the greatest answer of an activation; infinite if there is none, or unknown."""
    changed = options.get("negative_slope"), options.get("threshold"), options.get("max_value")
    return (-math.inf, math.inf) if any(changed) else _RANGES.get(activation, (-math.inf, math.inf))
