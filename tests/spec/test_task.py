"""Defaults follow task, loss and output together, and what cannot learn is said before training."""

from pathlib import Path

import numpy as np
import pytest

from nnviz_cli.job.experiment import check
from nnviz_cli.spec import keras_names
from nnviz_cli.spec.task import METRICS, obstacles
from tests.conftest import spec_of

LOGITS = "{name: binary_crossentropy, from_logits: true}"
DATA = {"binary": "moons", "regression": "{name: sine, points: 30}", "multiclass": "gaussians"}
UNITS = {"binary": 1, "regression": 1, "multiclass": 3}


def of(task, output=None, loss=None):
    last = f"{{units: {UNITS[task]}, activation: {output}}}" if output else UNITS[task]
    training = f"{{loss: {loss}}}" if loss else "{}"
    return spec_of(f"dataset: {DATA[task]}\nmodel: {{layers: [4, {last}]}}\ntraining: {training}\n")


@pytest.mark.parametrize(
    ("task", "output", "loss", "activation", "name", "from_logits"),
    [
        ("binary", None, None, "sigmoid", "binary_crossentropy", False),
        ("binary", None, "hinge", "linear", "hinge", None),
        ("binary", None, "squared_hinge", "linear", "squared_hinge", None),
        ("binary", None, LOGITS, "linear", "binary_crossentropy", True),
        ("binary", None, "mse", "sigmoid", "mean_squared_error", None),
        ("binary", "linear", None, "linear", "binary_crossentropy", True),
        ("binary", "tanh", None, "tanh", "mean_squared_error", None),
        ("multiclass", None, None, "softmax", "categorical_crossentropy", False),
        ("multiclass", None, "categorical_hinge", "linear", "categorical_hinge", None),
        ("multiclass", "linear", None, "linear", "categorical_crossentropy", True),
        ("regression", None, None, "linear", "mean_squared_error", None),
        ("regression", "tanh", None, "tanh", "mean_squared_error", None),
    ],
)
def test_defaults_follow_task_loss_and_output(task, output, loss, activation, name, from_logits):
    spec = of(task, output, loss)
    assert spec.model.layers[-1].activation.name == activation
    assert spec.training.loss.name == name
    assert spec.training.loss.options.get("from_logits") == from_logits


def test_no_default_has_an_obstacle():
    for task in DATA:
        assert list(obstacles(of(task))) == []
    for loss in ("hinge", "squared_hinge", LOGITS):
        assert list(obstacles(of("binary", loss=loss))) == []
    for output in ("linear", "tanh", "sigmoid"):
        assert list(obstacles(of("binary", output=output))) == []


@pytest.mark.parametrize(
    ("task", "output", "loss", "expected"),
    [
        ("binary", "sigmoid", "hinge", "hinge compares the output with -1 and 1, but"),
        ("binary", "sigmoid", LOGITS, "binary_crossentropy expects logits, but"),
        ("binary", "tanh", "bce", "binary_crossentropy expects probabilities, but"),
        ("binary", "linear", "{name: bce, from_logits: false}", "expects probabilities"),
        ("binary", "log_sigmoid", "mse", "the targets range from 0 to 1, but"),
        ("multiclass", "linear", "categorical_crossentropy", "expects probabilities"),
        ("regression", "sigmoid", "mse", "the targets range from -1 to 1, but"),
        ("binary", "tanh", "hinge", None),
        ("binary", "relu", "mse", None),
    ],
)
def test_what_cannot_learn_is_known_before(task, output, loss, expected):
    found = list(obstacles(of(task, output, loss)))
    if expected is None:
        assert found == []
    else:
        (said,) = found
        assert expected in said
        assert f"the output activation '{output}' returns values from" in said


def test_an_obstacle_is_a_note_of_the_experiment(tmp_path):
    path = Path(tmp_path, "s.yaml")
    path.write_text(
        "dataset: moons\nmodel: {layers: [4, {units: 1, activation: sigmoid}]}\n"
        "training: {loss: hinge}\n"
    )
    (said,) = check(path).limitations
    assert said.startswith("hinge compares")


@pytest.mark.process
def test_every_metric_fits_some_task_and_is_of_one_kind():
    from nnviz_cli.train.metrics import _COUNTING, _SWEEPING

    known = set(keras_names.names_of("metric"))
    assert set().union(*METRICS.values()) | {"binary_accuracy"} == known
    assert not _COUNTING & _SWEEPING
    assert known >= _COUNTING | _SWEEPING
    assert not METRICS["regression"] & (_COUNTING | _SWEEPING)


@pytest.mark.process
@pytest.mark.parametrize("task", DATA)
def test_every_metric_of_a_task_is_a_finite_number(task):
    """With any output, before any training; the values are held in test_metric and test_decision."""
    import tensorflow as tf

    from nnviz_cli.spec.choice import choice_model
    from nnviz_cli.train.metrics import Metrics

    needed = {"precision": 0.5, "recall": 0.5, "sensitivity": 0.5, "specificity": 0.5, "k": 2}
    choices = []
    for name in sorted(METRICS[task]):
        model = choice_model("metric", name)
        keys = {key: value for key, value in needed.items() if key in model.model_fields}
        choices.append(model.model_validate({"name": name, **keys}))
    rng = np.random.default_rng(0)
    outputs = UNITS[task]
    y = rng.integers(0, max(2, outputs), (40, 1)).astype(np.float32)
    lead = rng.normal(size=(40, outputs)).astype(np.float32)
    output = tf.nn.softmax(lead) if outputs > 1 else tf.sigmoid(lead)
    metrics = Metrics(choices, outputs, classes=task != "regression")
    found = metrics(tf.constant(y), output, tf.constant(lead))
    assert set(found) == METRICS[task]
    for name, value in found.items():
        assert value.shape == (), name
        assert np.isfinite(value), name
