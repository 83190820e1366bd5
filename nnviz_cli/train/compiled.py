"""A function of tensors as one compiled program."""

import logging
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nnviz_cli.train.programs import forget_programs

log = logging.getLogger(__name__)


class Compiled:
    """A function compiled by XLA; by TensorFlow alone where XLA cannot.

    Without autograph, which takes 0.2 s: loops and conditions are TensorFlow's own words.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._call = self._first

    def __call__(self, *inputs: Any) -> Any:
        """Run; the first call compiles."""
        return self._call(*inputs)

    def _first(self, *inputs: Any) -> Any:
        try:
            return self._compile(inputs, jit_compile=True)
        except tf.errors.OpError:
            forget_programs()
        try:
            return self._compile(inputs, jit_compile=True)
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
            reason = str(error).splitlines()[0]
            log.info("XLA cannot compile %s, running without: %s", self._function.__name__, reason)
        return self._compile(inputs, jit_compile=False)

    def _compile(self, inputs: tuple[Any, ...], *, jit_compile: bool) -> Any:
        self._call = tf.function(self._function, jit_compile=jit_compile, autograph=False)
        return self._call(*inputs)
