"""The names that the installed Keras knows: `python -m nnviz_cli.train.keras_catalog` prints them.

`spec/keras_names.json` is its output.
"""

import inspect
import json
import sys
from typing import Any

import keras
from keras.src.utils.naming import to_snake_case

from nnviz_cli.spec.keras_names import FAMILIES, REQUIRED

# base classes, wrappers around others, and what needs more than (y_true, y_pred)
_LEFT_OUT = {
    *("initializer", "loss", "metric", "optimizer", "regularizer", "stft", "glu"),
    *("loss_function_wrapper", "mean_metric_wrapper", "mean", "sum", "ctc", "circle"),
    *("multioptimizer", "optimizermap", "lossscaleoptimizer"),
    *("io_u", "mean_io_u", "one_hot_io_u", "one_hot_mean_io_u", "binary_io_u"),
}
# not for a spec: set by nnviz, meant for other shapes, or without effect here
_PARAMETERS_LEFT_OUT = {
    *("x", "y_true", "y_pred", "args", "kwargs", "name", "dtype", "reduction", "seed", "axis"),
    *("input_axes", "output_axes", "exclude_layers", "exclude_embeddings", "loss_scale_factor"),
    *("class_id", "top_k", "thresholds", "num_labels", "label_weights", "multi_label"),
    *("use_ema", "ema_momentum", "ema_overwrite_frequency", "ignore_class"),
}
# the decision rule sets where metrics cut; an activation may have a threshold
_METRIC_PARAMETERS_LEFT_OUT = {"threshold"}


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def collect() -> dict[str, dict[str, Any]]:
    """Read the installed Keras: family -> name -> keras name, aliases, parameters."""
    table = {}
    for family, module in FAMILIES.items():
        known = getattr(keras.src, module).ALL_OBJECTS_DICT
        table[family] = _entries(known, family)
    return table


def _entries(known: dict[str, Any], family: str) -> dict[str, Any]:
    """Group the names of each object; keep classes, or functions where there are no classes."""
    functions = family == "activation"
    objects = {item for item in known.values() if inspect.isclass(item) != functions}
    entries = {}
    for item in sorted(objects, key=lambda item: str(item.__name__)):
        name = _snake_case(item.__name__, family)
        if name in _LEFT_OUT:
            continue
        others = [other for other, same in known.items() if _same(same, item, known)]
        snakes = {each if each.islower() else _to_snake_case(each) for each in others}
        aliases = {each for each in snakes if _plain(each) != _plain(name)}
        entries[name] = {
            "keras": item.__name__,
            "aliases": sorted(aliases),
            "parameters": _parameters(item, family),
        }
    return entries


def _to_snake_case(name: str) -> str:
    return str(to_snake_case(name))


def _snake_case(name: str, family: str) -> str:
    """Keras's own snake case, but for names that it writes together ('rmsprop')."""
    if family == "optimizer":
        return name.lower()
    return {"LogCoshError": "log_cosh", "L1L2": "l1_l2"}.get(name) or _to_snake_case(name)


def _same(other: Any, item: Any, known: dict[str, Any]) -> bool:
    """Whether a name means this item: itself, or the function of a loss class ('mse')."""
    if other is item:
        return True
    return inspect.isfunction(other) and known.get(_snake_case(item.__name__, "")) is other


def _parameters(item: Any, family: str) -> dict[str, Any]:
    parameters = inspect.signature(item).parameters
    left_out = _METRIC_PARAMETERS_LEFT_OUT if family == "metric" else set()
    return {
        name: REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default
        for name, parameter in parameters.items()
        if name not in _PARAMETERS_LEFT_OUT | left_out
    }


if __name__ == "__main__":
    json.dump(collect(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
