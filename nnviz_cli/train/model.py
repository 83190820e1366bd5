"""Builds the Keras model of a spec, and the probe of a layer."""

import functools
import inspect
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nnviz_cli.recording.decision import Decision, decision
from nnviz_cli.spec import keras_names
from nnviz_cli.spec.choice import Choice
from nnviz_cli.spec.keys import Spec


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
    )
    model.optimizer.build(model.trainable_variables)
    return model


def probe(model: keras.Model, layers: Sequence[int]) -> keras.Function:
    """Keras's backend function from the inputs to the outputs of layers, counted from 1.

    After them the model's output, and what goes into the last layer.
    """
    looked = [model.layers[layer - 1].output for layer in layers]
    return keras.Function(model.inputs, [*looked, model.outputs[0], model.layers[-1].input])


def decision_of(spec: Spec) -> Decision | None:
    """Where the answer of a binary network with one output changes; None for other tasks."""
    if spec.kind.task != "binary":
        return None
    last, loss = spec.model.layers[-1].activation, spec.training.loss
    activation = _activation(last)

    def function(logits: NDArray[Any]) -> NDArray[Any]:
        column: NDArray[Any] = np.asarray(activation(logits[:, None].astype(np.float32)))
        return column[:, 0]

    from_logits = bool(loss.options.get("from_logits"))
    return decision(last.name, loss.name, function, from_logits=from_logits)


def _activation(choice: Choice) -> Any:
    function = keras.activations.get(keras_names.names_of("activation")[choice.name].keras)
    options = {key: value for key, value in choice.options.items() if value is not None}
    return functools.partial(function, **options) if options else function


def _initializer(choice: Choice, seed: np.random.SeedSequence) -> Any:
    make = getattr(keras.initializers, keras_names.names_of("initializer")[choice.name].keras)
    if "seed" not in inspect.signature(make).parameters:  # zeros, ones, a constant
        return _keras("initializer", choice)
    return _keras("initializer", choice, seed=int(seed.generate_state(1)[0]))


def _regularizer(choice: Choice | None) -> Any:
    return _keras("regularizer", choice) if choice is not None else None


_MODULES = {
    "initializer": keras.initializers,
    "loss": keras.losses,
    "optimizer": keras.optimizers,
    "regularizer": keras.regularizers,
}


def _keras(family: str, choice: Choice, **more: Any) -> Any:
    """Keras's object for a choice of one of its families."""
    options = {key: value for key, value in choice.options.items() if value is not None}
    make = getattr(_MODULES[family], keras_names.names_of(family)[choice.name].keras)
    return make(**{**options, **more})
