"""What a network does at one moment, as arrays: one program from weights to numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nnviz_cli.recording.decision import Decision
from nnviz_cli.train.compiled import Compiled
from nnviz_cli.train.metrics import Metrics
from nnviz_cli.train.model import probe

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The points at which a network is probed, and what it is compared with."""

    x: Array  # (samples, inputs), the data
    y: Array  # (samples, outputs) as the loss takes them
    labels: Array  # (samples, 1) or (samples, outputs) as the dataset has them
    held_out: Array  # (samples,) bool
    points: Array  # (points, inputs), where the network is drawn; x itself, or others
    grid: Array  # (lines, points, inputs)
    classes: bool  # whether there are classes


class Probe:
    """The arrays of a frame that do not follow from the weights, and what Keras sees."""

    def __init__(
        self,
        model: keras.Model,
        watched: Watched,
        layer: int,
        metrics: Metrics,
        decision: Decision | None = None,
    ) -> None:
        """`layer` is the probed one, from 1; `decision` is the rule for one output."""
        self._model = model
        self._layer = layer
        self._layers = range(1, len(model.layers) + 1)
        self._function = probe(model, self._layers)
        self._metrics = metrics
        self._decision = decision
        self._classes = watched.classes
        self._apart = watched.points is not watched.x
        grid = watched.grid.reshape(-1, watched.grid.shape[2])
        inputs = [watched.x, watched.y, watched.labels, grid]
        self._inputs = [tf.constant(values) for values in inputs]
        self._inputs.append(tf.constant(watched.points) if self._apart else self._inputs[0])
        self._parts = {"": np.flatnonzero(~watched.held_out)}
        if watched.held_out.any():
            self._parts["val_"] = np.flatnonzero(watched.held_out)
        answer = tf.zeros((1, model.layers[-1].units), tf.float32)
        metrics(tf.constant(watched.labels[:1]), answer, answer)  # creates its variables
        self._layout: list[tuple[str, tuple[int, ...]]] = []  # of the small arrays, in order
        self._program = Compiled(self._packed)

    def __call__(self) -> dict[str, Array]:
        """The arrays of one frame, named as a recording names them."""
        large, small = self._program(*self._inputs)
        seen = {name: value.numpy() for name, value in large.items()}
        values = np.split(small.numpy(), np.cumsum([math.prod(shape) for _, shape in self._layout]))
        for (name, shape), value in zip(self._layout, values, strict=False):
            seen[name] = value.reshape(shape)
        return seen

    def output(self) -> Array:
        """The network's output (points, outputs)."""
        output: Array = self()["output"]
        return output

    def _packed(self, *inputs: Any) -> tuple[dict[str, Any], Any]:
        """The large arrays of a frame, and the small ones in one vector.

        Each array that leaves a program takes 25 microseconds, and a frame has some twenty.
        """
        numbers = {**self._numbers(*inputs), **weights_of(self._model)}
        large = {name: numbers.pop(name) for name in (f"activation/{self._layer}", "output")}
        self._layout = [(name, tuple(value.shape)) for name, value in numbers.items()]
        flat = [tf.reshape(tf.cast(value, tf.float32), [-1]) for value in numbers.values()]
        return large, tf.concat(flat, axis=0)

    def _numbers(self, x: Any, y: Any, labels: Any, grid: Any, points: Any) -> dict[str, Any]:
        points = points if self._apart else x  # or XLA would compute the same twice
        *activations, output, into_last = self._function([points])
        answer = output
        if self._apart:
            *_, answer, into_last = self._function([x])
        lead = self._lead(into_last, answer)
        seen: dict[str, Any] = {
            f"activation/{self._layer}": activations[self._layer - 1],
            "output": output,
            "gradient_norm": self._gradient_norm(x, y),
        }
        for prefix, rows in self._parts.items():
            samples = (x, y, labels, answer, lead)
            for name, value in self._history(samples, rows).items():
                seen[f"history/{prefix}{name}"] = value
        if self._classes:
            rows = self._parts[""]
            seen["misclassified"] = misclassified(tf.gather(labels, rows), tf.gather(lead, rows))
        *bent, _, _ = self._function([grid])
        for layer, at_points, at_grid in zip(self._layers, activations, bent, strict=True):
            every = tf.concat([at_points, at_grid], axis=0)
            seen[f"low/{layer}"] = tf.reduce_min(every, axis=0)
            seen[f"high/{layer}"] = tf.reduce_max(every, axis=0)
        return seen

    def _lead(self, into_last: Any, output: Any) -> Any:
        """The scores (samples, outputs) by which the decision rule chooses a class.

        From what goes into the last layer, so that a saturated output still has an order; from
        the output itself where the rule is no single weighted input. See `decision`.
        """
        if self._decision is not None and self._decision.logit is None:
            return output - self._decision.value
        last = self._model.layers[-1]
        logit = tf.matmul(into_last, last.kernel) + (last.bias if last.use_bias else 0.0)
        return logit - (self._decision.logit if self._decision else 0.0)

    def _history(self, samples: tuple[Any, ...], rows: Array) -> dict[str, Any]:
        """The loss and the metrics over some of the samples."""
        if len(rows) < samples[0].shape[0]:
            samples = tuple(tf.gather(values, rows) for values in samples)
        x, y, labels, answer, lead = samples
        loss = self._model.compute_loss(x, y, answer, training=False)
        return {"loss": loss, **self._metrics(labels, answer, lead)}

    def _gradient_norm(self, x: Any, y: Any) -> Any:
        """The Euclidean norm of the gradient by each layer's kernel (layers,)."""
        rows = self._parts[""]
        if len(rows) < x.shape[0]:
            x, y = tf.gather(x, rows), tf.gather(y, rows)
        with tf.GradientTape() as tape:
            loss = self._model.compute_loss(x, y, self._model(x, training=False))
        kernels = [layer.kernel for layer in self._model.layers]
        return tf.stack([tf.norm(each) for each in tape.gradient(loss, kernels)])


def weights_of(model: keras.Model) -> dict[str, Any]:
    """The weights of each layer by their names in a recording, as tensors."""
    return {
        f"weights/{layer}/{weight.name}": tf.convert_to_tensor(weight.value)
        for layer, module in enumerate(model.layers, 1)
        for weight in module.weights
    }


def misclassified(labels: Any, lead: Any) -> Any:
    """How many samples with `labels` (samples, 1) the decision rule assigns to another class."""
    answers = lead[:, 0] > 0 if lead.shape[1] == 1 else tf.argmax(lead, axis=1)
    wrong = tf.cast(answers, tf.int32) != tf.cast(labels[:, 0], tf.int32)
    return tf.reduce_sum(tf.cast(wrong, tf.int32))


def is_finite(seen: Mapping[str, Array]) -> bool:
    """Whether what a film shows at a frame is finite; metrics need not be."""
    groups = ("history/loss", "low", "high", "weights", "output")
    return all(
        np.isfinite(values).all() for name, values in seen.items() if name.startswith(groups)
    )
