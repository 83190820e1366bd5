"""Builds the Keras model of a spec, and the probe of a layer."""

import functools
import inspect
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from nnviz_cli import vocabulary
from nnviz_cli.spec import Spec
from nnviz_cli.variant import Variant

FURTHEST = 50.0  # where the threshold of an output is looked for


def build(spec: Spec, seeds: np.random.SeedSequence) -> keras.Model:
    """A compiled Sequential model; each layer's weights have a seed of their own."""
    layers = spec.model.layers
    model = keras.Sequential([keras.Input((spec.kind.inputs,))])
    for layer, seed in zip(layers, seeds.spawn(len(layers)), strict=True):
        model.add(
            keras.layers.Dense(
                layer.units,
                activation=_activation(layer.activation),
                use_bias=layer.use_bias,
                kernel_initializer=_initializer(layer.kernel_initializer, seed),
                kernel_regularizer=_regularizer(layer.kernel_regularizer),
                name=layer.name,
            )
        )
    training = spec.training
    rate = {"learning_rate": training.learning_rate}
    model.compile(
        optimizer=_keras("optimizer", training.optimizer, **rate),
        loss=_keras("loss", training.loss),
        metrics=[_metric(metric) for metric in training.metrics],
    )
    model.optimizer.build(model.trainable_variables)
    return model


def probe(model: keras.Model, layers: Sequence[int]) -> keras.Function:
    """Keras's backend function from the inputs to the outputs of layers, counted from 1.

    After them the model's output, and what goes into the last layer.
    """
    looked = [model.layers[layer - 1].output for layer in layers]
    return keras.Function(model.inputs, [*looked, model.outputs[0], model.layers[-1].input])


def threshold(spec: Spec) -> float | None:
    """The weighted input of the output unit at which a binary answer changes.

    0 for a sigmoid; where the output passes the middle between the labels for others; None
    if it never does.
    """
    loss = spec.training.loss
    if loss.options.get("from_logits"):
        return 0.0
    middle = 0.0 if "hinge" in loss.name else 0.5
    name = spec.model.layers[-1].activation.name
    if name == "sigmoid" and middle:  # the common case is known, and saves half a second
        return 0.0
    from scipy.optimize import brentq

    activation = _activation(spec.model.layers[-1].activation)

    def above(logit: float) -> float:
        return float(activation(np.array([[logit]], np.float32))[0, 0]) - middle

    if above(-FURTHEST) * above(FURTHEST) >= 0:
        return None
    return round(float(brentq(above, -FURTHEST, FURTHEST)), 6)


def _activation(variant: Variant) -> Any:
    function = keras.activations.get(vocabulary.words("activation")[variant.name].keras)
    options = {key: value for key, value in variant.options.items() if value is not None}
    return functools.partial(function, **options) if options else function


def _initializer(variant: Variant, seed: np.random.SeedSequence) -> Any:
    make = getattr(keras.initializers, vocabulary.words("initializer")[variant.name].keras)
    if "seed" not in inspect.signature(make).parameters:  # zeros, ones, a constant
        return _keras("initializer", variant)
    return _keras("initializer", variant, seed=int(seed.generate_state(1)[0]))


def _regularizer(variant: Variant | None) -> Any:
    return _keras("regularizer", variant) if variant is not None else None


def _metric(variant: Variant) -> Any:
    # Keras picks the accuracy that fits the output
    return variant.name if variant.name == "accuracy" else _keras("metric", variant)


_MODULES = {
    "initializer": keras.initializers,
    "loss": keras.losses,
    "metric": keras.metrics,
    "optimizer": keras.optimizers,
    "regularizer": keras.regularizers,
}


def _keras(family: str, variant: Variant, **more: Any) -> Any:
    """Keras's object for a variant of one of its families."""
    options = {key: value for key, value in variant.options.items() if value is not None}
    make = getattr(_MODULES[family], vocabulary.words(family)[variant.name].keras)
    return make(**{**options, **more})
