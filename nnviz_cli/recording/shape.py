"""The network of a run: what must be known of it before a number is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from nnviz_cli.recording.activations import ACTIVATIONS
from nnviz_cli.recording.forward import LAYER_KINDS, LayerInfo

RECORDING = ".h5"  # the suffix of a recording


def is_recording(path: str) -> bool:
    """Whether a path names a recording, not a film."""
    return path.lower().endswith(RECORDING)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What must be known of a network to say whether a panel can draw it."""

    task: str  # regression, binary, multiclass
    units: tuple[int, ...]  # width of each layer, the inputs first
    names: tuple[str, ...]  # of each layer but the inputs
    probe: int  # index into units of the probed layer, from 1
    layers: tuple[LayerInfo, ...] = field(default=())  # of each layer but the inputs

    def layer(self, which: int | str | None) -> int:
        """The index into units of a layer by its name or place, as `probe` in a spec counts.

        Without one, the probed layer. Raises LookupError.
        """
        if which is None:
            return self.probe
        if isinstance(which, str):
            if which not in self.names:
                raise LookupError(f"no layer is named '{which}'")
            return self.names.index(which) + 1
        if not -len(self.names) <= which < len(self.names):
            raise LookupError(f"no layer has index {which}; the model has {len(self.names)} layers")
        return which % len(self.names) + 1

    def called(self, layer: int) -> str:
        """The name of a layer in text."""
        return "the output" if layer == len(self.units) - 1 else f"hidden layer {layer}"

    @property
    def activations(self) -> tuple[str, ...]:
        """The name of the activation of each layer but the inputs."""
        return tuple(layer.activation for layer in self.layers)

    def weights(self) -> Mapping[int, tuple[str, ...]]:
        """The names of the arrays that a layer may have, by its index into units."""
        kinds = [layer.kind for layer in self.layers]
        return {index: LAYER_KINDS[kind].weights for index, kind in enumerate(kinds, 1)}


def layer_info(values: Mapping[str, Any]) -> LayerInfo:
    """A layer from the plain values of `LayerInfo.as_json`. Raises ValueError for others."""
    try:
        layer = LayerInfo(**values)
        functions = {
            "activation": (ACTIVATIONS[layer.activation], layer.options),
            "kind": (LAYER_KINDS[layer.kind].weighted, layer.kind_options),
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"unknown layer: {error}") from error
    if type(layer.units) is not int:
        raise ValueError("the units of a layer must be a whole number")
    for what, (function, options) in functions.items():
        parameters = signature(function).parameters.values()
        known = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
        for name, value in options.items():
            if name not in known or not isinstance(value, bool | int | float | None):
                raise ValueError(f"unknown option of a layer's {what}: '{name}'")
    return layer
