"""The ten configs are the notebook's ten experiments, and say what their runs show."""

import re
from dataclasses import dataclass

import keras
import numpy as np
import pytest
from scipy.signal import find_peaks

from nnviz_cli.data.table import DATASETS
from nnviz_cli.job.experiment import check
from nnviz_cli.number import percent
from nnviz_cli.recording.events import events, separated
from nnviz_cli.train.model import build
from nnviz_cli.train.record import record
from tests.conftest import CONFIGS

pytestmark = pytest.mark.process

CURVE = {
    "name": "polynomial",
    "points": 4000,
    "watched": 400,
    "coefficients": (1, 0, -3, 1, 1),
    "domain": (-2, 2),
    "noise": 0,
}
RINGS = {"name": "rings", "points": 20_000, "radii": (1, 0.5), "noise": 0.005}


@dataclass(frozen=True)
class Cell:
    """What a cell of the notebook sets; all ten: SGD, mse, batches of 32, 99 epochs."""

    data: dict[str, object]
    units: tuple[int, ...]  # the inputs first
    activations: tuple[str, ...]
    learning_rate: float
    metrics: tuple[str, ...]
    layer: int  # the index of the layer that is watched, `lyr`


CELLS = {
    "poly_1-2-1": Cell(CURVE, (1, 2, 1), ("tanh", "linear"), 0.01, (), -1),
    "poly_1-2-2-2-1": Cell(CURVE, (1, 2, 2, 2, 1), (*["tanh"] * 3, "linear"), 0.01, (), -1),
    "poly_1-6-1": Cell(CURVE, (1, 6, 1), ("tanh", "linear"), 0.01, (), -1),
    "poly_1-3-3-1": Cell(CURVE, (1, 3, 3, 1), ("tanh", "tanh", "linear"), 0.01, (), -1),
    "poly_1-3-1-3-1": Cell(CURVE, (1, 3, 1, 3, 1), (*["tanh"] * 3, "linear"), 0.01, (), -1),
    "poly_1-3-3-1-3-3-1": Cell(
        CURVE, (1, 3, 3, 1, 3, 3, 1), (*["tanh"] * 5, "linear"), 0.01, (), -1
    ),
    "ring_1-1-2-1": Cell(
        RINGS, (2, 1, 2, 1), ("tanh", "tanh", "sigmoid"), 0.001, ("accuracy",), -2
    ),
    "ring_1-2-2-1": Cell(
        RINGS, (2, 2, 2, 1), ("tanh", "tanh", "sigmoid"), 0.001, ("accuracy",), -2
    ),
    "ring_1-3-2-1": Cell(
        RINGS, (2, 3, 2, 1), ("tanh", "tanh", "sigmoid"), 0.001, ("accuracy",), -2
    ),
    "ring_1-4-2-1": Cell(
        RINGS, (2, 4, 2, 1), ("tanh", "tanh", "sigmoid"), 0.001, ("accuracy",), -2
    ),
}
EPOCHS = len(np.arange(1, 100))  # the notebook's frames; here the untrained network is one more

SPECS = {path.stem: check(path).spec for path in CONFIGS}


def test_there_are_these_ten():
    assert set(SPECS) == set(CELLS)


@pytest.mark.parametrize("name", CELLS)
def test_a_config_has_the_notebooks_settings(name):
    cell, spec = CELLS[name], SPECS[name]
    layers, training = spec.model.layers, spec.training
    assert {"name": spec.dataset.name, **spec.dataset.options} == cell.data
    assert spec.units == cell.units
    assert tuple(layer.activation.name for layer in layers) == cell.activations
    assert training.learning_rate == cell.learning_rate
    assert tuple(metric.name for metric in training.metrics) == cell.metrics
    assert (training.batch_size, training.shuffle, training.validation_split) == (32, True, 0)
    assert (training.epochs_per_frame, spec.frames, spec.spacing) == (1, 1 + EPOCHS, "linear")
    assert spec.probe_index == len(layers) + cell.layer
    assert spec.seed == 0


@pytest.mark.parametrize("name", CELLS)
def test_its_model_is_the_notebooks(name):
    """Built as the notebook builds it, with today's Keras."""
    cell = CELLS[name]
    theirs = keras.Sequential([keras.Input((cell.units[0],))])
    for units, activation in zip(cell.units[1:], cell.activations, strict=True):
        theirs.add(keras.layers.Dense(units, activation=activation))
    theirs.compile(optimizer=keras.optimizers.SGD(cell.learning_rate), loss="mse")
    ours = build(SPECS[name], np.random.SeedSequence(0))
    for mine, layer in zip(ours.layers, theirs.layers, strict=True):
        assert mine.activation is layer.activation
        for setting in ("units", "use_bias", "kernel_regularizer", "bias_regularizer"):
            assert getattr(mine, setting) == getattr(layer, setting), setting
        assert type(mine.kernel_initializer) is type(layer.kernel_initializer)
        assert type(mine.bias_initializer) is type(layer.bias_initializer)
    assert settings(ours.optimizer) == settings(theirs.optimizer)
    y, answer = np.array([[0.0], [1.0]]), np.array([[0.5], [0.25]])
    losses = [float(model.compute_loss(y=y, y_pred=answer)) for model in (ours, theirs)]
    assert losses == [(0.5**2 + 0.75**2) / 2] * 2


def settings(optimizer):
    """Its class and all that it was given."""
    return type(optimizer), {k: v for k, v in optimizer.get_config().items() if k != "name"}


def test_the_polynomials_data_is_the_notebooks():
    spec = SPECS["poly_1-2-1"]
    data = DATASETS["polynomial"].make(np.random.default_rng(0), **spec.dataset.options)
    for x, y, count in ((data.x, data.y, 4000), (data.watched_x, data.watched_y, 400)):
        assert x.shape == y.shape == (count, 1)
        x = x.astype(float)
        np.testing.assert_allclose(y, x**4 - 3 * x**2 + x + 1, atol=1e-5)
        assert (np.abs(x) <= 2).all()
    np.testing.assert_allclose(data.watched_x[:, 0], np.linspace(-2, 2, 400), atol=1e-6)
    counts, _ = np.histogram(data.x, 8, (-2, 2))  # `4 * np.random.rand(4000) - 2`
    np.testing.assert_allclose(counts, 500, atol=100)


def test_the_rings_data_is_the_notebooks():
    """20 000 points each at even angles, radii 1 (label 1) and 0.5, noise of 0.005 on x and y."""
    spec = SPECS["ring_1-3-2-1"]
    data = DATASETS["rings"].make(np.random.default_rng(0), **spec.dataset.options)
    for label, radius in ((1, 1.0), (0, 0.5)):
        ring = data.x[data.y[:, 0] == label].astype(float)
        assert len(ring) == 20_000
        angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
        noise = ring - radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        np.testing.assert_allclose(noise.std(axis=0), 0.005, rtol=0.05)
        assert np.abs(noise).max() < 0.03


def said_loss(name):
    """The loss in a description."""
    return float(re.search(r"(?:loss|it) is ([\d.]+) after 99 epochs", SPECS[name].description)[1])


@pytest.mark.parametrize("name", CELLS)
def test_the_description_says_what_the_run_shows(name, tmp_path):
    """Numbers to 5 %, epochs to 3: another processor rounds otherwise."""
    path = next(path for path in CONFIGS if path.stem == name)
    words = SPECS[name].description
    run = record(check(path, ["view.panels=loss"]).spec, tmp_path / "run.h5")
    assert run.history["loss"][-1] == pytest.approx(said_loss(name), rel=0.05)
    happened = {event.words.partition(":")[0]: event.frame for event in events(run)}
    plateau = happened.get("a plateau until the end of the film")
    correct = separated(run).lasting
    for phrase, frame in (
        (r"from epoch (\d+) on the loss stays on a plateau", plateau),
        (r"from epoch (\d+) on every training point is classified correctly", correct),
    ):
        found = re.search(phrase, words)
        assert bool(found) == (frame is not None), phrase
        assert found is None or int(found[1]) == pytest.approx(frame, abs=3)
    accuracy = re.search(r"accuracy is ([\d.]+) %", words)
    assert bool(accuracy) == (name.startswith("ring") and correct is None)
    if accuracy:
        now = float(percent(run.history["accuracy"][-1]).removesuffix(" %"))
        assert now == pytest.approx(float(accuracy[1]), abs=1)
    if name.startswith("poly"):
        shape(words, run)


def shape(words, run):
    """Of the valleys at -1.3 and 1.13, those that the answer has; its error at the ends."""
    x, y, answer = run.x[:, 0], run.y[:, 0], run.output[-1][:, 0]
    for signal, expected in ((y, [-1.3, 1.13]), (answer, None)):
        valleys = x[find_peaks(-signal, prominence=0.1)[0]]
        assert expected is None or valleys == pytest.approx(expected, abs=0.01)
    has = {
        "neither valley of the curve": (False, False),
        "only the right valley of the curve": (False, True),
        "both valleys of the curve": (True, True),
    }
    for phrase, sides in has.items():
        if phrase in words:
            assert ((valleys < -1).any(), (valleys > 0.8).any()) == sides
    if "but not its ends" in words:
        error = np.abs(answer - y)
        assert min(error[0], error[-1]) > 4 * np.median(error)


def test_descriptions_that_compare_networks_are_right():
    assert "no better than one" in SPECS["poly_1-2-2-2-1"].description
    assert said_loss("poly_1-2-2-2-1") >= said_loss("poly_1-2-1")
    assert "better than in one" in SPECS["poly_1-3-3-1"].description
    assert said_loss("poly_1-3-3-1") < said_loss("poly_1-6-1")
    assert "best of all six" in SPECS["poly_1-3-3-1-3-3-1"].description
    curves = [name for name in CELLS if name.startswith("poly")]
    assert min(curves, key=said_loss) == "poly_1-3-3-1-3-3-1"
