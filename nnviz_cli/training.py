"""A model and a dataset to a Recording: the compiled epoch.

`model.fit` spends 2.6 s on 1250 steps of a small network, nearly all of it between the
steps. Here the loop over the batches of an epoch is one XLA program, and takes 2 ms for
the same arithmetic.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nnviz_cli.dataset import DATASETS, Dataset
from nnviz_cli.errors import TrainingError
from nnviz_cli.limit import GRID_LINES, GRID_POINTS, MESH
from nnviz_cli.model import build, probe, threshold
from nnviz_cli.recording import Facts, Recorder, Recording
from nnviz_cli.spec import Spec
from nnviz_cli.startup import forget_programs

WEIGHTS_SEED, DATA_SEED, SHUFFLE_SEED = range(3)  # never renumber: a seed must keep its film

FAR = 1e30  # stands for infinity in a picture

log = logging.getLogger(__name__)
Array = NDArray[Any]
Progress = Callable[[int, float], None]  # frame, loss


def record(spec: Spec, path: Path, progress: Progress = lambda *_: None) -> Recording:
    """Train frame by frame and write what the probed layer does into a recording's file."""
    try:
        run = prepare(spec)
        return _record(spec, run, path, progress)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise TrainingError(f"Keras could not train this model: {first_line}") from error


@dataclass(frozen=True)
class Run:
    """A model about to be trained on a dataset."""

    model: keras.Model
    dataset: Dataset
    steps: "Steps"
    look: "Look"
    threshold: float | None  # see Facts


def prepare(spec: Spec) -> Run:
    """Make the dataset, the model and its two programs."""
    seeds = np.random.SeedSequence(spec.seed).spawn(3)
    options = spec.dataset.options
    dataset = DATASETS[spec.dataset.name].make(np.random.default_rng(seeds[DATA_SEED]), **options)
    model = build(spec, seeds[WEIGHTS_SEED])
    rng = np.random.default_rng(seeds[SHUFFLE_SEED]) if spec.training.shuffle else None
    steps = Steps(model, dataset, spec.training.batch_size, rng)
    cut = threshold(spec) if dataset.task == "binary" else None
    look = Look(model, dataset, spec.probe_index, cut or 0.0)
    return Run(model, dataset, steps, look, cut)


def _record(spec: Spec, run: Run, path: Path, progress: Progress) -> Recording:
    still = {
        "x": run.dataset.watched_x,
        "y": run.dataset.watched_y,
        "bounds": run.dataset.bounds,
        "grid": run.look.grid,
    }
    with Recorder(path, _facts(spec, run), still, spec.frames) as recorder:
        for frame in range(spec.frames):
            run.steps.run_to(frame_step(frame, spec.training.epochs_per_frame, run.steps.per_epoch))
            seen = run.look()
            if not _is_finite(seen):
                _end(spec, run, recorder, frame, seen)
                break
            recorder.append({"step": run.steps.done, **seen})
            progress(frame, float(seen["history/loss"]))
    return Recording.open(path)


def _is_finite(seen: dict[str, Array]) -> bool:
    names = ("history/loss", "low", "high", "kernel", "bias", "output")
    return all(np.isfinite(seen[name]).all() for name in names)


def _end(spec: Spec, run: Run, recorder: Recorder, frame: int, seen: dict[str, Array]) -> None:
    """The training has diverged: hold the last finite state for a second, and end the film.

    Without one, what is no number is drawn as none, or as far outside.
    """
    epoch = run.steps.done / run.steps.per_epoch
    if spec.training.on_divergence == "fail":
        raise TrainingError(f"the training diverged at epoch {epoch:g}; lower the learning rate")
    if frame == 0:
        finite = {
            name: np.nan_to_num(values, posinf=FAR, neginf=-FAR) for name, values in seen.items()
        }
        history = {name: values for name, values in seen.items() if name.startswith("history/")}
        recorder.append({"step": 0, **finite, **history})
        frame = 1
    for _ in range(min(round(spec.fps), spec.frames - frame)):
        recorder.repeat()
    recorder.note(diverged=epoch)


def frame_step(frame: int, epochs_per_frame: float, steps_per_epoch: int) -> int:
    """The optimiser step at which a frame is taken: a whole step, and at least one a frame."""
    return max(frame, round(frame * epochs_per_frame * steps_per_epoch))


def input_grid(bounds: Array) -> Array:
    """Lines over the input plane (lines, points, 2): x constant, then y; none for other inputs."""
    if len(bounds) != 2:
        return np.zeros((0, GRID_POINTS, len(bounds)), np.float32)
    (x0, x1), (y0, y1) = bounds
    upright = [
        np.stack([np.full(GRID_POINTS, x), np.linspace(y0, y1, GRID_POINTS)], axis=1)
        for x in np.linspace(x0, x1, GRID_LINES)
    ]
    level = [
        np.stack([np.linspace(x0, x1, GRID_POINTS), np.full(GRID_POINTS, y)], axis=1)
        for y in np.linspace(y0, y1, GRID_LINES)
    ]
    return np.array(upright + level, np.float32)


def input_mesh(bounds: Array) -> Array:
    """Even points over the input plane (rows, columns, 2); none for other inputs."""
    if len(bounds) != 2:
        return np.zeros((0, 0, len(bounds)), np.float32)
    x, y = (np.linspace(low, high, MESH, dtype=np.float32) for low, high in bounds)
    return np.stack(np.meshgrid(x, y), axis=2)


class Steps:
    """Optimiser steps of a compiled model as Keras's `fit` takes them, an epoch at a call.

    The samples are shuffled anew each epoch (`rng`, or never), the last partial batch is
    kept, and the loss is the model's own with its regularisation.
    """

    def __init__(
        self,
        model: keras.Model,
        dataset: Dataset,
        batch_size: int,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.samples = len(dataset.x)
        self.batch = min(batch_size, self.samples)
        self.full, self.rest = divmod(self.samples, self.batch)
        self.per_epoch = self.full + (self.rest > 0)
        self.done = 0
        self._model = model
        self._rng = rng
        self._x, self._y = tf.constant(dataset.x), tf.constant(dataset.y)
        self._order = np.arange(self.samples, dtype=np.int32)
        self._program = Compiled(self._steps)

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


class Look:
    """What the network does at this moment, as arrays: one program from weights to numbers."""

    def __init__(
        self, model: keras.Model, dataset: Dataset, probe_index: int, threshold: float = 0.0
    ) -> None:
        """`threshold` is subtracted from the logits, so that the answer changes at 0."""
        self.grid = input_grid(dataset.bounds)  # (lines, points, inputs)
        self._model = model
        self._probe = probe(model, probe_index)
        self._watches_training = dataset.watched_x is dataset.x
        self._mesh = input_mesh(dataset.bounds)  # (rows, columns, inputs)
        points = [values.reshape(-1, values.shape[2]) for values in (self.grid, self._mesh)]
        inputs = (dataset.x, dataset.y, dataset.watched_x, *points)
        self._inputs = [tf.constant(values) for values in inputs]
        self._threshold = threshold
        model.compute_metrics(dataset.y[:1], dataset.y[:1], dataset.y[:1])  # makes their variables
        self._program = Compiled(self._numbers)

    def __call__(self) -> dict[str, Array]:
        """The arrays of one frame, named as a Recording names them."""
        seen = {name: value.numpy() for name, value in self._program(*self._inputs).items()}
        grid = seen["grid_activation"]
        lines, points, _ = self.grid.shape
        seen["grid_activation"] = grid.reshape(lines, points, grid.shape[1])
        seen["logit"] = seen["logit"].reshape(self._mesh.shape[:2])
        output = self._model.layers[-1]
        seen["kernel"] = output.kernel.numpy()
        seen["bias"] = (
            output.bias.numpy() if output.use_bias else np.zeros(output.units, np.float32)
        )
        return seen

    def _numbers(self, x: Any, y: Any, watched: Any, grid: Any, mesh: Any) -> dict[str, Any]:
        activation, output, _ = self._probe([watched])
        answer = output if self._watches_training else self._model(x, training=False)
        for metric in self._model.metrics:
            metric.reset_state()
        metrics = self._model.compute_metrics(x, y, answer)
        metrics["loss"] = self._model.compute_loss(x, y, answer, training=False)
        history = {f"history/{name}": value for name, value in metrics.items()}
        last, into_last = self._model.layers[-1], self._probe([mesh])[2]
        logit = tf.matmul(into_last, last.kernel) + (last.bias if last.use_bias else 0.0)
        bent = self._probe([grid])[0]
        every = tf.concat([activation, bent], axis=0)
        return {
            "activation": activation,
            "output": output,
            "grid_activation": bent,
            "low": tf.reduce_min(every, axis=0),
            "high": tf.reduce_max(every, axis=0),
            "logit": logit[:, :1] - self._threshold,
            **history,
        }


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


def _facts(spec: Spec, run: Run) -> Facts:
    layers = spec.model.layers
    return Facts(
        title=spec.title,
        task=run.dataset.task,
        classes=run.dataset.classes,
        units=spec.units,
        activations=tuple(layer.activation.name for layer in layers),
        optimizer=f"{run.model.optimizer.__class__.__name__} {spec.training.learning_rate:g}",
        loss=spec.training.loss.name,
        samples=len(run.dataset.x),
        steps_per_epoch=run.steps.per_epoch,
        probe=spec.probe_index + 1,
        threshold=run.threshold,
    )
