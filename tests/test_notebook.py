"""The ten configs are the notebook's ten experiments, and say what their runs show."""

import re

import numpy as np
import pytest

from nnviz_cli.dataset import DATASETS
from nnviz_cli.event import events, separated
from nnviz_cli.experiment import check
from nnviz_cli.model import build
from nnviz_cli.number import percent
from nnviz_cli.training import record
from tests.conftest import CONFIGS

# as the notebook has them: units, learning rate
EXPERIMENTS = {
    "poly_1-2-1": ([2, 1], 0.01),
    "poly_1-2-2-2-1": ([2, 2, 2, 1], 0.01),
    "poly_1-6-1": ([6, 1], 0.01),
    "poly_1-3-3-1": ([3, 3, 1], 0.01),
    "poly_1-3-1-3-1": ([3, 1, 3, 1], 0.01),
    "poly_1-3-3-1-3-3-1": ([3, 3, 1, 3, 3, 1], 0.01),
    "ring_1-1-2-1": ([1, 2, 1], 0.001),
    "ring_1-2-2-1": ([2, 2, 1], 0.001),
    "ring_1-3-2-1": ([3, 2, 1], 0.001),
    "ring_1-4-2-1": ([4, 2, 1], 0.001),
}
OUTPUT = {"poly": "linear", "ring": "sigmoid"}
METRICS = {"poly": [], "ring": ["accuracy"]}
PROBE = {"poly": -1, "ring": -2}  # the output, or the layer before it
FRAMES = 100  # the untrained network, then `np.arange(1, 100)`: one epoch each

SPECS = {path.stem: check(path).spec for path in CONFIGS}


def test_there_are_these_ten():
    assert set(SPECS) == set(EXPERIMENTS)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_config_has_the_notebooks_settings(name):
    units, rate = EXPERIMENTS[name]
    kind, spec = name[:4], SPECS[name]
    layers, training = spec.model.layers, spec.training
    assert [layer.units for layer in layers] == units
    assert {layer.activation.name for layer in layers[:-1]} == {"tanh"}
    assert layers[-1].activation.name == OUTPUT[kind]
    assert all(layer.use_bias and layer.kernel_regularizer is None for layer in layers)
    assert training.optimizer.name == "sgd"
    assert training.optimizer.options["momentum"] == 0
    assert training.learning_rate == rate
    assert training.loss.name == "mean_squared_error"
    assert training.batch_size == 32
    assert [metric.name for metric in training.metrics] == METRICS[kind]
    assert training.shuffle
    assert training.validation_split == 0
    assert training.epochs_per_frame == 1
    assert (spec.frames, spec.spacing, spec.seed) == (FRAMES, "linear", 0)
    assert spec.probe_index == len(layers) + PROBE[kind]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_its_model_is_the_notebooks(name):
    units, rate = EXPERIMENTS[name]
    model = build(SPECS[name], np.random.SeedSequence(0))
    activations = ["tanh"] * (len(units) - 1) + [OUTPUT[name[:4]]]
    assert [layer.units for layer in model.layers] == units
    assert [layer.activation.__name__ for layer in model.layers] == activations
    assert type(model.optimizer).__name__ == "SGD"
    assert float(model.optimizer.learning_rate) == pytest.approx(rate)
    assert model.loss.name == "mean_squared_error"


def test_the_polynomials_data_is_the_notebooks():
    spec = SPECS["poly_1-2-1"]
    data = DATASETS["polynomial"](np.random.default_rng(0), **spec.dataset.options)
    for x, y, count in ((data.x, data.y, 4000), (data.watched_x, data.watched_y, 400)):
        assert x.shape == y.shape == (count, 1)
        x = x.astype(float)
        np.testing.assert_allclose(y, x**4 - 3 * x**2 + x + 1, atol=1e-5)
        assert (np.abs(x) <= 2).all()
    np.testing.assert_allclose(data.watched_x[:, 0], np.linspace(-2, 2, 400), atol=1e-6)
    counts, _ = np.histogram(data.x, 8, (-2, 2))  # `4 * np.random.rand(4000) - 2`
    np.testing.assert_allclose(counts, 500, atol=100)
    assert all(SPECS[name].dataset == spec.dataset for name in EXPERIMENTS if "poly" in name)


def test_the_rings_data_is_the_notebooks():
    """20 000 points each at even angles, radii 1 (label 1) and 0.5, noise of 0.005 on x and y."""
    spec = SPECS["ring_1-3-2-1"]
    data = DATASETS["rings"](np.random.default_rng(0), **spec.dataset.options)
    for label, radius in ((1, 1.0), (0, 0.5)):
        ring = data.x[data.y[:, 0] == label].astype(float)
        assert len(ring) == 20_000
        angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
        noise = ring - radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        np.testing.assert_allclose(noise.std(axis=0), 0.005, rtol=0.05)
        assert np.abs(noise).max() < 0.03
    assert all(SPECS[name].dataset == spec.dataset for name in EXPERIMENTS if "ring" in name)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_description_says_what_the_run_shows(name, tmp_path):
    """Numbers to 5 %, epochs to 3: another processor rounds otherwise."""
    path = next(path for path in CONFIGS if path.stem == name)
    words = SPECS[name].description
    run = record(check(path, ["view.panels=loss"]).spec, tmp_path / "run.h5")
    loss = re.search(r"loss is ([\d.]+) after 99 epochs|it is ([\d.]+) after 99 epochs", words)
    said = float(next(filter(None, loss.groups())))
    assert run.history["loss"][-1] == pytest.approx(said, rel=0.05)
    happened = {event.words.partition(":")[0]: event.frame for event in events(run)}
    plateau = happened.get("a plateau to the end of the film")
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
