"""One decision rule: what is drawn and what is counted agree, for every output and loss."""

import math

import numpy as np
import pytest

from nnviz_cli.draw.panels.input import contours
from nnviz_cli.recording.decision import decision, output_range
from nnviz_cli.train.compiled import Compiled
from nnviz_cli.train.record import record
from tests.conftest import spec_of

pytestmark = pytest.mark.process

LOGITS = "{name: binary_crossentropy, from_logits: true}"
SOFT_LOGITS = "{name: categorical_crossentropy, from_logits: true}"
ABS = "{name: leaky_relu, negative_slope: -1}"  # cannot be inverted
METRICS = ("accuracy", "precision", "recall", "f1_score")

# units of the output, its activation, the loss, the output at which the answer changes
RULES = [
    (1, "sigmoid", "binary_crossentropy", 0.5),
    (1, "sigmoid", "mse", 0.5),
    (1, "sigmoid", "hinge", 0.5),
    (1, "linear", LOGITS, 0.0),
    (1, "linear", "mse", 0.5),
    (1, "tanh", "mae", 0.5),
    (1, "tanh", "huber", 0.5),
    (1, "linear", "hinge", 0.0),
    (1, "tanh", "squared_hinge", 0.0),
    (1, "relu", "hinge", 0.0),
    (1, "softplus", "mse", 0.5),
    (1, ABS, "mse", 0.5),
    (2, "sigmoid", "binary_crossentropy", None),
    (2, "softmax", "mse", None),
    (2, "linear", SOFT_LOGITS, None),
    (2, "linear", "categorical_hinge", None),
]


def counted(chosen, labels, several):
    """Accuracy, precision, recall and F1 by counting; over all outputs where there are several."""
    right = chosen == labels
    true = right & (labels == 1)
    precision = true.sum() / max(1, (chosen == 1).sum())
    recall = true.sum() / max(1, (labels == 1).sum())
    f1 = 2 * true.sum() / max(1, (chosen == 1).sum() + (labels == 1).sum())
    if several:  # every point is one right or wrong choice; F1 is the mean over the classes
        other = right & (labels == 0)
        f0 = 2 * other.sum() / max(1, (chosen == 0).sum() + (labels == 0).sum())
        precision = recall = right.mean()
        f1 = (f0 + f1) / 2
    return dict(zip(METRICS, (right.mean(), precision, recall, f1), strict=True))


@pytest.mark.parametrize(("units", "activation", "loss", "value"), RULES)
def test_metrics_count_by_the_side_of_the_drawn_boundary(
    tmp_path, monkeypatch, units, activation, loss, value
):
    monkeypatch.setattr(Compiled, "_first", without_xla)
    spec = spec_of(
        f"""
dataset: {{name: moons, points: 60, noise: 0.2}}
model: {{layers: [6, 2, {{units: {units}, activation: {activation}}}]}}
training: {{optimizer: adam, learning_rate: 0.02, batch_size: 40, loss: {loss},
           metrics: [{", ".join(METRICS)}], epochs_per_frame: 2}}
frames: 4
view: {{panels: [[input, hidden]], size: 320x180}}
"""
    )
    recording = record(spec, tmp_path / "run.h5")
    labels = recording.y[:, 0].astype(int)
    answers = set()
    for frame in range(recording.frames):
        output = np.asarray(recording.output[frame])
        chosen = output.argmax(axis=1) if value is None else (output[:, 0] > value).astype(int)
        answers |= set(chosen)
        if recording.facts.divides(2):  # the half-planes of the hidden layer
            kernel, bias = recording.scores(frame)
            sides = np.asarray(recording.looks[2].activation[frame]) @ kernel + bias
            np.testing.assert_array_equal(sides.argmax(axis=1), chosen)
        else:
            assert activation == ABS
        for name, expected in counted(chosen, labels, several=value is None).items():
            assert recording.history[name][frame] == pytest.approx(expected, abs=1e-6), name
        assert recording.misclassified[frame] == (chosen != labels).sum()
        check_surface(recording, frame, chosen)
    assert answers == {0, 1}  # both sides have been seen


def without_xla(compiled, *inputs):
    """The same program, in a third of the time that XLA takes to compile it."""
    return compiled._compile(inputs, jit_compile=False)


def check_surface(recording, frame, chosen):
    """The surface over the inputs has the sign of the answer, and the contour lies where it is 0."""
    surface = recording.surface((1.0, 1.0))
    logit = np.asarray(surface.scores[frame])
    lead = logit[0] if len(logit) == 1 else logit[1] - logit[0]
    (x0, x1), (y0, y1) = surface.extent
    rows, columns = lead.shape
    for point, answer in zip(recording.x, chosen, strict=True):
        x = (point[0] - x0) / (x1 - x0) * (columns - 1)
        y = (point[1] - y0) / (y1 - y0) * (rows - 1)
        around = lead[int(y) : int(y) + 2, int(x) : int(x) + 2]
        if np.ptp(np.sign(around)) == 0:  # no boundary between the four corners
            assert (around > 0).all() == answer
    for line in contours(surface, recording.facts.task, frame):
        at = (line - [x0, y0]) / [x1 - x0, y1 - y0] * [columns - 1, rows - 1]
        near = lead[at[:, 1].round().astype(int), at[:, 0].round().astype(int)]
        steepest = np.abs(np.diff(lead, axis=0)).max() + np.abs(np.diff(lead, axis=1)).max()
        assert np.abs(near).max() <= steepest


@pytest.mark.parametrize(
    ("activation", "loss", "from_logits", "value", "logit"),
    [
        ("sigmoid", "mse", False, 0.5, 0.0),
        ("sigmoid", "hinge", False, 0.5, 0.0),
        ("linear", "binary_crossentropy", True, 0.0, 0.0),
        ("linear", "binary_crossentropy", False, 0.5, 0.5),
        ("tanh", "mse", False, 0.5, math.atanh(0.5)),
        ("tanh", "hinge", False, 0.0, 0.0),
        ("softplus", "mse", False, 0.5, math.log(math.expm1(0.5))),
        ("softplus", "hinge", False, math.log(2), 0.0),  # never 0: the output for logit 0
        ("log_sigmoid", "mse", False, -math.log(2), 0.0),
        ("relu", "hinge", False, 0.0, 0.0),
        ("abs", "mse", False, 0.5, None),
        ("falling", "mse", False, 0.5, None),
    ],
)
def test_the_answer_changes_at_one_output_and_one_logit(
    activation, loss, from_logits, value, logit
):
    functions = {
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "linear": lambda z: z,
        "tanh": np.tanh,
        "softplus": lambda z: np.log1p(np.exp(z)),
        "log_sigmoid": lambda z: -np.log1p(np.exp(-z)),
        "relu": lambda z: np.maximum(z, 0),
        "abs": np.abs,
        "falling": lambda z: -z,
    }
    found = decision(activation, loss, functions[activation], from_logits=from_logits)
    assert found.value == pytest.approx(value)
    assert found.logit == (None if logit is None else pytest.approx(logit, abs=2e-6))


@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid", "softsign", "relu6", "softplus"])
def test_ranges_are_those_of_keras(activation):
    import keras

    values = np.asarray(keras.activations.get(activation)(np.linspace(-1e4, 1e4, 1001)))
    low, high = output_range(activation, {})
    assert values.min() == pytest.approx(low, abs=1e-3)
    if math.isfinite(high):
        assert values.max() == pytest.approx(high, abs=1e-3)
    else:
        assert values.max() > 1e3
