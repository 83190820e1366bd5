"""The compiled epoch: optimizer steps of a model as one program.

`model.fit` spends 2.6 s on 1250 steps of a small network, nearly all of it between the
steps. Here the loop over the batches of an epoch is one XLA program, and takes 2 ms for
the same arithmetic.
"""

import copy
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nnviz_cli.train.compiled import Compiled

Array = NDArray[Any]


class Steps:
    """Optimizer steps of a compiled model as Keras's `fit` takes them, an epoch at a call.

    The samples are shuffled anew each epoch (`rng`, or never), the last partial batch is
    kept, and the loss is the model's own with its regularisation.
    """

    def __init__(
        self,
        model: keras.Model,
        x: Array,
        y: Array,
        batch_size: int,
        rng: np.random.Generator | None = None,
    ) -> None:
        """`x` (samples, inputs) and `y` (samples, outputs) as the model's loss takes them."""
        self.samples = len(x)
        self.batch = min(batch_size, self.samples)
        self.full, self.rest = divmod(self.samples, self.batch)
        self.per_epoch = self.full + (self.rest > 0)
        self.done = 0
        self._model = model
        self._rng = rng
        self._fresh = copy.deepcopy(rng)
        self._x, self._y = tf.constant(x), tf.constant(y)
        self._order = np.arange(self.samples, dtype=np.int32)
        self._program = Compiled(self._steps)

    def restart(self) -> None:
        """Begin again with the same orders of the samples; the model is the caller's to reset."""
        self.done = 0
        self._rng = copy.deepcopy(self._fresh)

    def run_to(self, step: int) -> None:
        """Train until so many steps are done in all."""
        while self.done < step:
            start = self.done % self.per_epoch
            if start == 0 and self._rng is not None:
                self._order = self._rng.permutation(self.samples).astype(np.int32)
            stop = min(self.per_epoch, start + step - self.done)
            bounds = tf.constant([start, stop], tf.int32)
            self._program(self._x, self._y, tf.constant(self._order), bounds)
            self.done += stop - start

    def _steps(self, x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, bounds: tf.Tensor) -> None:
        """Steps of one epoch; the partial batch is a step of its own, since shapes are fixed."""
        x, y = tf.gather(x, order), tf.gather(y, order)
        stop = tf.minimum(bounds[1], self.full)

        def full_step(step: tf.Tensor) -> tf.Tensor:
            self._step(self._rows(x, step, self.batch), self._rows(y, step, self.batch))
            return step + 1

        def rest_step() -> int:
            self._step(x[-self.rest :], y[-self.rest :])
            return 1

        tf.while_loop(lambda step: step < stop, full_step, [bounds[0]])
        if self.rest:
            tf.cond(bounds[1] > self.full, rest_step, lambda: 0)

    def _rows(self, values: tf.Tensor, step: tf.Tensor, count: int) -> tf.Tensor:
        return tf.slice(values, [step * self.batch, 0], [count, values.shape[1]])

    def _step(self, x: tf.Tensor, y: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            answer = self._model(x, training=True)
            loss = self._model.compute_loss(x, y, answer, training=True)
        variables = self._model.trainable_variables
        self._model.optimizer.apply(tape.gradient(loss, variables), variables)
