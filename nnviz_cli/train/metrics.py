"""Keras's metrics of a spec, fed so that they follow the decision rule.

Keras cuts outputs at 0.5, or compares them as they are; the boundary may be elsewhere. So metrics
that count right answers get scores that are over 0.5 for the class that is chosen and for no
other; metrics that sweep a threshold over the outputs get ranks; all others get the outputs.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz_cli.spec import keras_names
from nnviz_cli.spec.choice import Choice

MIDDLE = np.float32(0.5)
ABOVE = np.nextafter(MIDDLE, np.float32(1))

_COUNTING = {
    *("accuracy", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"),
    *("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"),
    *("precision", "recall", "f1_score", "f_beta_score"),
    *("true_positives", "true_negatives", "false_positives", "false_negatives"),
}
_SWEEPING = {
    *("auc", "precision_at_recall", "recall_at_precision"),
    *("sensitivity_at_specificity", "specificity_at_sensitivity"),
}
# arguments of Keras in addition to the options, or instead of one
_FIXED: dict[str, dict[str, Any]] = {
    "f1_score": {"threshold": 0.5},  # or one output would always be right
    "f_beta_score": {"threshold": 0.5},
    "auc": {"from_logits": False},  # it gets ranks
    # over the samples, not over the outputs of each
    **{key: {"axis": 0} for key in ("pearson_correlation", "concordance_correlation")},
}


class Metrics:
    """The metrics of a spec over some samples, by their names in the spec."""

    def __init__(self, choices: Sequence[Choice], outputs: int, *, classes: bool) -> None:
        """`classes` says whether there are labels, instead of numbers."""
        self._outputs = outputs
        self._classes = classes
        names = [choice.name for choice in choices]
        self._metrics = {
            _numbered(names, i): (choice.name, _metric(choice, outputs))
            for i, choice in enumerate(choices)
        }

    def __call__(self, y: tf.Tensor, output: tf.Tensor, lead: tf.Tensor) -> dict[str, tf.Tensor]:
        """Each metric over samples, from targets or labels `y` (samples, 1) and what was answered.

        `lead` (samples, outputs) is positive for class 1 of one output, and else greatest for
        the class that is chosen; see `decision`.
        """
        found = {}
        rows = tf.one_hot(tf.cast(y[:, 0], tf.int32), self._outputs) if self._several else y
        for name, (kind, metric) in self._metrics.items():
            metric.reset_state()
            scores = output
            if kind in _COUNTING:
                scores = chosen(lead)
            elif kind in _SWEEPING:
                scores = ranks(output)
            metric.update_state(y if kind.startswith("sparse_") else rows, scores)
            found[name] = tf.reduce_mean(metric.result())  # F scores have a value per class
        return found

    @property
    def _several(self) -> bool:
        return self._classes and self._outputs > 1


def _numbered(names: Sequence[str], index: int) -> str:
    """A name, with a number if there was the same before: auc, auc_2."""
    before = Counter(names[:index])[names[index]]
    return f"{names[index]}_{before + 1}" if before else names[index]


def _metric(choice: Choice, outputs: int) -> Any:
    """Keras's object; the plain word 'accuracy' stands for the one that fits the outputs."""
    options = {key: value for key, value in choice.options.items() if value is not None}
    if choice.name == "accuracy":
        one = outputs == 1
        return keras.metrics.BinaryAccuracy() if one else keras.metrics.CategoricalAccuracy()
    make = getattr(keras.metrics, keras_names.names_of("metric")[choice.name].keras)
    return make(**{**options, **_FIXED.get(choice.name, {})})


def chosen(lead: tf.Tensor) -> tf.Tensor:
    """Scores in [0, 1] that rise with `lead` (samples, outputs): over 0.5 for the chosen class."""
    if lead.shape[1] == 1:
        margin, wins = lead, lead > 0
    else:
        first, second = tf.unstack(tf.math.top_k(lead, 2).values, axis=1)
        wins = tf.one_hot(tf.argmax(lead, axis=1), lead.shape[1], on_value=True, off_value=False)
        margin = lead - tf.where(wins, second[:, None], first[:, None])
    score = 0.5 + 0.5 * tf.math.softsign(margin)
    return tf.where(wins, tf.maximum(score, ABOVE), tf.minimum(score, MIDDLE))


def ranks(output: tf.Tensor) -> tf.Tensor:
    """Each output's rank among all, evenly over (0, 1); equal outputs share their middle rank."""
    values = tf.reshape(output, [-1])
    count = values.shape[0]
    order = tf.argsort(values, stable=True)
    rising = tf.gather(values, order)
    starts = tf.concat([[0], tf.cast(rising[1:] > rising[:-1], tf.int32)], axis=0)
    group = tf.cumsum(starts)
    places = tf.range(count, dtype=tf.float32)
    middle = tf.gather(tf.math.unsorted_segment_mean(places, group, count), group)
    shares = (middle + 0.5) / count
    return tf.reshape(tf.scatter_nd(order[:, None], shares, [count]), tf.shape(output))
