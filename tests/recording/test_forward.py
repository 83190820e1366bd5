"""The forward pass in NumPy agrees with Keras: every activation, every option, whole networks."""

import functools
import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from nnviz_cli.recording.activations import ACTIVATIONS
from nnviz_cli.recording.forward import LAYER_KINDS, LayerInfo, forward
from nnviz_cli.spec import keras_names

pytestmark = pytest.mark.process

# for each option of an activation, values other than its default; those without one come first
OPTIONS = {
    "threshold": [
        {"threshold": threshold, "default_value": value}
        for threshold, value in [(0.0, 0.0), (-1.5, 3), (2, -0.25)]
    ],
    "celu": [{"alpha": 0.3}, {"alpha": 2}, {"alpha": -1.5}],
    "elu": [{"alpha": 0.3}, {"alpha": 2}, {"alpha": -1.5}],
    "gelu": [{"approximate": True}],
    "hard_shrink": [{"threshold": 0.1}, {"threshold": 2}, {"threshold": -1.0}],
    "leaky_relu": [{"negative_slope": slope} for slope in (0, 0.01, 1.5, -0.4)],
    "relu": [
        {"max_value": most, "negative_slope": slope, "threshold": threshold}
        for most in (None, 0.5, 6, 20)
        for slope in (0.0, 0.1, 1.5, -0.4)
        for threshold in (0.0, 0.7, -0.7)
    ],
    "soft_shrink": [{"threshold": 0.1}, {"threshold": 2}, {"threshold": -1.0}],
    "squareplus": [{"b": 0}, {"b": 0.25}, {"b": 100}],
}
CASES = [
    (name, options)
    for name in ACTIVATIONS
    for options in ([] if name == "threshold" else [{}]) + OPTIONS.get(name, [])
]
SIZES = [1e-30, 1e-8, 1e-3, 0.5, 1, 3, 5.5, 20, 88, 200, 1e4]


def weighted_inputs():
    """Layers of 5 units: of all sizes, around a constant, of one absolute value, of zeros."""
    rng = np.random.default_rng(5)
    layers = []
    for size in SIZES:
        layers += [size * rng.normal(size=(5, 400)), size * rng.choice([-1, 1], size=(5, 60))]
        layers += [sign * size + rng.normal(size=(5, 60)) for sign in (-1, 1)]
    layers += [rng.normal(size=(5, 800)) * 10.0 ** rng.integers(-30, 3, size=(5, 800))]
    layers += [np.zeros((5, 3))]
    layers += [rng.integers(-6, 7, size=(5, 400)) / 2]  # where pieces of functions meet
    return [layer.astype(np.float32) for layer in layers]


def assert_agree(ours, keras_says, context=""):
    """To 1e-5 of the largest absolute value, at least 1; infinities and NaN in the same places."""
    assert ours.dtype == np.float32
    assert ours.shape == keras_says.shape
    finite = np.isfinite(keras_says)
    np.testing.assert_array_equal(ours[~finite], keras_says[~finite], err_msg=context)
    largest = max(1, np.abs(keras_says[finite]).max(initial=0))
    error = np.abs(ours[finite].astype(float) - keras_says[finite]).max(initial=0)
    assert error <= 1e-5 * largest, f"{context} {error / largest}"


def test_every_activation_of_keras_is_known_with_its_options():
    words = keras_names.names_of("activation")
    assert sorted(ACTIVATIONS) == sorted(words)
    for name, function in ACTIVATIONS.items():
        _, *options = inspect.signature(function).parameters.values()
        assert {option.kind for option in options} <= {inspect.Parameter.KEYWORD_ONLY}
        defaults = {
            option.name: keras_names.REQUIRED if option.default is option.empty else option.default
            for option in options
        }
        assert defaults == words[name].parameters, name


def test_the_cases_vary_every_option():
    for name, word in keras_names.names_of("activation").items():
        for option, default in word.parameters.items():
            values = {
                options[option] for case, options in CASES if case == name and option in options
            }
            assert len(values - {default}) >= (1 if isinstance(default, bool) else 2), (
                name,
                option,
            )


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_an_activation_agrees_with_keras(name, options):
    given = {key: value for key, value in options.items() if value is not None}
    function = functools.partial(getattr(keras.activations, name), **given)
    for x in weighted_inputs():
        before = x.copy()
        ours = ACTIVATIONS[name](x, **options)
        np.testing.assert_array_equal(x, before)
        assert_agree(ours, np.asarray(function(tf.constant(x.T))).T, f"about {np.abs(x).max()}")


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_an_activation_agrees_with_keras_compiled_by_xla(name, options):
    """But where Keras compiled differs from Keras itself: squareplus cancels below -100."""
    given = {key: value for key, value in options.items() if value is not None}
    function = functools.partial(getattr(keras.activations, name), **given)
    compiled = tf.function(function, jit_compile=True, reduce_retracing=True)
    for x in weighted_inputs():
        if name == "squareplus":
            x = np.maximum(x, -100)
        keras_says = np.asarray(compiled(tf.constant(x.T))).T
        assert_agree(ACTIVATIONS[name](x, **options), keras_says, f"about {np.abs(x).max()}")


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_infinities_and_nan_pass_an_activation_without_warnings(name, options):
    """Where Keras's answer is finite so is ours; a NaN is not hidden."""
    x = np.array([[np.inf, -np.inf, np.nan, 3e38, -3e38]] * 2, np.float32)
    given = {key: value for key, value in options.items() if value is not None}
    keras_says = np.asarray(getattr(keras.activations, name)(tf.constant(x.T), **given)).T
    ours = ACTIVATIONS[name](x, **options)
    np.testing.assert_array_equal(ours, keras_says)


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_a_layer_kind_names_the_weights_and_the_defaults_of_keras(kind):
    kind = LAYER_KINDS[kind]
    make = getattr(keras.layers, kind.keras)
    layer = make(**{"Dense": {"units": 4}, "Dropout": {"rate": 0.5}}.get(kind.keras, {}))
    layer.build((None, 3))
    assert kind.weights == tuple(
        weight.name for weight in layer.weights if weight.dtype == "float32"
    )
    options = inspect.getfullargspec(kind.weighted).kwonlydefaults or {}
    for name, default in options.items():
        assert inspect.signature(make).parameters[name].default == default


def dense(units, activation="tanh", **more):
    return keras.layers.Dense(
        units, activation, kernel_initializer="glorot_normal", bias_initializer="normal", **more
    )


def normalisation(**more):
    return keras.layers.BatchNormalization(
        beta_initializer="normal",
        gamma_initializer=keras.initializers.RandomNormal(1, 0.3),
        moving_mean_initializer="normal",
        moving_variance_initializer=keras.initializers.RandomUniform(0.001, 2),
        **more,
    )


NETWORKS = {
    "2-3-2-1": (2, lambda: [dense(3), dense(2), dense(1, "sigmoid")]),
    "2-16-16-16-1": (2, lambda: [*(dense(16, "relu") for _ in range(3)), dense(1, "linear")]),
    "1-6-1": (1, lambda: [dense(6), dense(1, "linear")]),
    "4-8-3": (4, lambda: [dense(8, "gelu"), dense(3, "softmax")]),
    "no bias": (2, lambda: [dense(5, "elu", use_bias=False), dense(2, use_bias=False)]),
    "dropout": (2, lambda: [dense(6), keras.layers.Dropout(0.5), dense(1, "sigmoid")]),
    "batch normalisation": (
        3,
        lambda: [
            normalisation(epsilon=0.1),
            dense(8),
            normalisation(),
            dense(4, "relu"),
            normalisation(scale=False),
            normalisation(center=False),
            dense(2, "softmax"),
        ],
    ),
    "ends in dropout": (2, lambda: [dense(4), keras.layers.Dropout(0.5)]),
}
KIND_OF = {kind.keras: name for name, kind in LAYER_KINDS.items()}


def info(layer):
    """What a recording would say of a layer of Keras."""
    kind = KIND_OF[type(layer).__name__]
    return LayerInfo(
        kind=kind,
        units=layer.output.shape[-1],
        activation=layer.activation.__name__ if kind == "dense" else "linear",
        kind_options={"epsilon": layer.epsilon} if kind == "batch_normalization" else {},
    )


def network(name):
    """A model, and what `forward` takes of it: the layers, and the weights by name."""
    inputs, layers = NETWORKS[name]
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((inputs,)), *layers()])
    weights = [
        {weight.name: weight.numpy() for weight in layer.weights if weight.dtype == "float32"}
        for layer in model.layers
    ]
    return model, [info(layer) for layer in model.layers], weights


@pytest.mark.parametrize("size", [1e-3, 1, 100])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_agrees_with_keras_at_every_layer(name, size):
    model, layers, weights = network(name)
    x = (size * np.random.default_rng(1).normal(size=(700, model.input_shape[1]))).astype(
        np.float32
    )
    probe = keras.Function(model.inputs, [layer.output for layer in model.layers])
    activations, _ = forward(layers, weights, np.ascontiguousarray(x.T))
    for layer, ours, keras_says in zip(layers, activations, probe([x]), strict=True):
        assert_agree(ours, np.asarray(keras_says).T, layer)
        assert ours.shape == (layer.units, 700)


@pytest.mark.parametrize("activation", ["linear", "sigmoid", "softmax", "exponential"])
def test_the_logits_are_the_last_layers_input_to_its_activation(activation):
    layer = dense(3, activation)
    model = keras.Sequential([keras.Input((2,)), dense(4), layer])
    x = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    weights = [{weight.name: weight.numpy() for weight in each.weights} for each in model.layers]
    activations, logits = forward([info(each) for each in model.layers], weights, x.T)
    assert_agree(activations[-1], np.asarray(model(x)).T)
    layer.activation = keras.activations.linear
    linear = keras.Sequential([keras.Input((2,)), *model.layers])
    assert_agree(logits, np.asarray(linear(x)).T)


def test_a_pass_leaves_inputs_and_weights_alone_and_repeats():
    for name, (inputs, _) in NETWORKS.items():
        _, layers, weights = network(name)
        x = np.random.default_rng(2).normal(size=(inputs, 40)).astype(np.float32)
        arrays = [x, *(array for layer in weights for array in layer.values())]
        before = [array.copy() for array in arrays]
        for array in arrays:
            array.flags.writeable = False
        first, second = (forward(layers, weights, x) for _ in range(2))
        for array, old in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, old)
        for ours, again in zip([*first[0], first[1]], [*second[0], second[1]], strict=True):
            np.testing.assert_array_equal(ours, again)


def test_a_network_that_diverged_gives_nan_without_warnings():
    _, layers, weights = network("2-3-2-1")
    weights[1]["kernel"] = np.full((3, 2), np.inf, np.float32)
    weights[2]["kernel"] = np.full((2, 1), 3e38, np.float32)
    x = np.array([[0, 1, 1e38], [0, -1, 3e38]], np.float32)
    activations, logits = forward(layers, weights, x)
    assert np.isnan(logits).any()
    assert np.isfinite(activations[0]).all()


def test_what_is_known_of_a_layer_survives_json():
    layer = LayerInfo(
        units=3,
        activation="relu",
        options={"max_value": None, "threshold": 0.5, "negative_slope": 0},
    )
    fields = json.loads(json.dumps(layer.as_json()))
    assert LayerInfo(**fields) == layer
    assert LayerInfo(units=3).as_json() == {
        "kind": "dense",
        "units": 3,
        "activation": "linear",
        "options": {},
        "kind_options": {},
    }


def test_a_layer_passes_its_options_to_its_activation():
    steep = functools.partial(keras.activations.leaky_relu, negative_slope=0.7)
    model = keras.Sequential([keras.Input((2,)), dense(4, steep)])
    weights = [{weight.name: weight.numpy() for weight in model.layers[0].weights}]
    x = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    layer = LayerInfo(units=4, activation="leaky_relu", options={"negative_slope": 0.7})
    activations, _ = forward([layer], weights, x.T)
    assert_agree(activations[0], np.asarray(model(x)).T)
