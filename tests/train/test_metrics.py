"""Metrics that sweep a threshold or have several classes, against NumPy, under XLA and without."""

import numpy as np
import pytest
import tensorflow as tf

from nnviz_cli.spec.choice import choice_model, named
from nnviz_cli.train.metrics import Metrics, chosen, ranks

pytestmark = pytest.mark.process

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, (300, 1)).astype(np.float32)
LEAD = (RNG.normal(size=(300, 1)) + LABELS).astype(np.float32)


def of(family, name, **options):
    return choice_model(family, name).model_validate({"name": name, **options})


def area(labels, scores):
    """The share of pairs that are in the right order; equal ones count for a half."""
    ones, zeros = scores[labels[:, 0] == 1, 0], scores[labels[:, 0] == 0, 0]
    difference = ones[:, None] - zeros
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


@pytest.mark.parametrize("scale", [1.0, 1e-4, 1e4], ids=["spread", "all but equal", "far apart"])
@pytest.mark.parametrize("jit", [True, False])
def test_the_area_under_the_curve_is_by_rank(scale, jit):
    """Keras's own 200 thresholds in [0, 1] would see a few of these outputs apart, or none."""
    metrics = Metrics([named("metric", "auc")], 1, classes=True)
    tied = np.round(LEAD, 1)
    for lead in (LEAD, tied):
        output = tf.constant(0.5 + scale * lead)
        call = tf.function(metrics, jit_compile=jit)
        found = call(tf.constant(LABELS), output, tf.constant(lead))["auc"]
        assert float(found) == pytest.approx(area(LABELS, np.asarray(output)), abs=0.004)


def test_ranks_are_even_and_shared_by_equals():
    found = np.asarray(ranks(tf.constant([[3.0], [1.0], [3.0], [9.0]])))
    np.testing.assert_allclose(found[:, 0], [0.5, 0.125, 0.5, 0.875])


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_only_the_chosen_class_scores_over_one_half(scale):
    lead = (scale * RNG.normal(size=(50, 4))).astype(np.float32)
    score = np.asarray(chosen(tf.constant(lead)))
    np.testing.assert_array_equal(score.argmax(axis=1), lead.argmax(axis=1))
    np.testing.assert_array_equal((score > 0.5).sum(axis=1), 1)
    assert ((score >= 0) & (score <= 1)).all()
    one = np.asarray(chosen(tf.constant(lead[:, :1])))
    np.testing.assert_array_equal(one > 0.5, lead[:, :1] > 0)


def test_equal_scores_choose_one_class():
    score = np.asarray(chosen(tf.zeros((3, 4))))
    np.testing.assert_array_equal(score > 0.5, [[True, False, False, False]] * 3)


def test_several_classes_are_counted_by_the_largest_score():
    lead = RNG.normal(size=(200, 3)).astype(np.float32)
    labels = RNG.integers(0, 3, (200, 1)).astype(np.float32)
    names = ("accuracy", "sparse_categorical_accuracy", "precision", "recall", "f1_score")
    metrics = Metrics([named("metric", name) for name in names], 3, classes=True)
    found = metrics(tf.constant(labels), tf.nn.softmax(lead), tf.constant(lead))
    answer, truth = lead.argmax(axis=1), labels[:, 0]
    right = (answer == truth).mean()
    f1 = [
        2 * ((answer == k) & (truth == k)).sum() / ((answer == k).sum() + (truth == k).sum())
        for k in range(3)
    ]
    expected = dict.fromkeys(names, right) | {"f1_score": np.mean(f1)}
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, abs=1e-6), name


def test_the_k_best_scores_keep_their_order():
    lead = RNG.normal(size=(200, 5)).astype(np.float32)
    labels = RNG.integers(0, 5, (200, 1)).astype(np.float32)
    metrics = Metrics([of("metric", "top_k_categorical_accuracy", k=2)], 5, classes=True)
    (found,) = metrics(tf.constant(labels), tf.nn.softmax(lead), tf.constant(lead)).values()
    best = np.argsort(lead, axis=1)[:, -2:]
    assert float(found) == pytest.approx((best == labels).any(axis=1).mean())


def test_a_metric_of_numbers_gets_the_output_itself():
    metrics = Metrics([named("metric", "mean_absolute_error")], 1, classes=True)
    output = tf.constant(3 * LEAD)
    (found,) = metrics(tf.constant(LABELS), output, tf.constant(LEAD)).values()
    assert float(found) == pytest.approx(np.abs(3 * LEAD - LABELS).mean(), rel=1e-5)


def test_correlations_are_over_the_samples():
    names = ("pearson_correlation", "r2_score")
    metrics = Metrics([named("metric", name) for name in names], 1, classes=False)
    y, noise = RNG.normal(size=(2, 100, 1)).astype(np.float32)
    output = y + 0.3 * noise
    found = metrics(tf.constant(y), tf.constant(output), tf.constant(output))
    expected = np.corrcoef(y[:, 0], output[:, 0])[0, 1]
    assert float(found["pearson_correlation"]) == pytest.approx(expected, abs=1e-5)
    r2 = 1 - ((y - output) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert float(found["r2_score"]) == pytest.approx(r2, abs=1e-5)


def test_two_metrics_of_one_name_have_names_of_their_own_in_every_run():
    both = [of("metric", "auc", curve="ROC"), of("metric", "auc", curve="PR")]
    for _ in range(2):  # Keras counts its objects over the whole process
        metrics = Metrics(both, 1, classes=True)
        found = metrics(tf.constant(LABELS), tf.sigmoid(LEAD), tf.constant(LEAD))
        assert list(found) == ["auc", "auc_2"]
        assert float(found["auc"]) != float(found["auc_2"])
