"""A model and a dataset to a Recording: the compiled epoch.

`model.fit` spends 2.6 s on 1250 steps of a small network, nearly all of it between the
steps. Here the loop over the batches of an epoch is one XLA program, and takes 2 ms for
the same arithmetic.
"""

import copy
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nnviz_cli import number
from nnviz_cli.data.dataset import Dataset
from nnviz_cli.data.holdout import held_out
from nnviz_cli.data.table import DATASETS
from nnviz_cli.errors import TrainingError
from nnviz_cli.limits import UNIT_MESH, mesh_points
from nnviz_cli.recording.decision import Decision
from nnviz_cli.recording.grid import input_grid, input_mesh, widened
from nnviz_cli.recording.recording import QUANTILES, Facts, Recorder, Recording
from nnviz_cli.recording.shape import Needs
from nnviz_cli.spec.keys import Spec
from nnviz_cli.train.metrics import Metrics
from nnviz_cli.train.model import build, decision_of, probe
from nnviz_cli.train.schedule import by_change, even, linear, logarithmic
from nnviz_cli.train.startup import forget_programs

WEIGHTS_SEED, DATA_SEED, SHUFFLE_SEED, SPLIT_SEED = range(
    4
)  # never renumber: a seed must keep its film

PROBES = 200  # looks at a training on trial, to see where it changes
FEW = 1000  # points by which the spread of activations is told
FAR = 1e30  # stands for infinity in a picture

log = logging.getLogger(__name__)
Array = NDArray[Any]
Progress = Callable[[int, float], None]  # frame, loss


def record(
    spec: Spec, path: Path, progress: Progress = lambda *_: None, only: int | None = None
) -> Recording:
    """Train frame by frame and write what the probed layer does into a recording's file.

    With `only` the training ends at that frame, and the recording holds no other.
    """
    try:
        run = prepare(spec)
        return _record(spec, run, path, progress, only)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise TrainingError(f"Keras could not train this model: {first_line}") from error


@dataclass(frozen=True)
class Run:
    """A model about to be trained on a dataset."""

    model: keras.Model
    dataset: Dataset
    held_out: Array  # (samples,) bool
    steps: "Steps"
    look: "Look"
    decision: Decision | None  # of a binary network with one output


def prepare(spec: Spec) -> Run:
    """Make the dataset, the model and its two programs."""
    seeds = np.random.SeedSequence(spec.seed).spawn(4)
    options = spec.dataset.options
    dataset = DATASETS[spec.dataset.name].make(np.random.default_rng(seeds[DATA_SEED]), **options)
    model = build(spec, seeds[WEIGHTS_SEED])
    rng = np.random.default_rng(seeds[SHUFFLE_SEED]) if spec.training.shuffle else None
    split_rng = np.random.default_rng(seeds[SPLIT_SEED])
    out = held_out(dataset, spec.training.validation_split, split_rng)
    y = targets(dataset, spec.kind.outputs, spec.training.loss.name)
    kept = ~out
    steps = Steps(model, dataset.x[kept], y[kept], spec.training.batch_size, rng)
    rule = decision_of(spec)
    metrics = Metrics(spec.training.metrics, spec.kind.outputs, classes=bool(dataset.classes))
    look = Look(model, dataset, y, spec.needs, out, metrics, rule)
    return Run(model, dataset, out, steps, look, rule)


def targets(dataset: Dataset, outputs: int, loss: str) -> Array:
    """What the network is to answer (samples, outputs); labels become rows of one 1 and 0s.

    A 'sparse' loss takes the labels (samples, 1) as they are.
    """
    if not dataset.classes or outputs == 1 or loss.startswith("sparse_"):
        return dataset.y
    rows: Array = np.eye(outputs, dtype=np.float32)[dataset.y[:, 0].astype(int)]
    return rows


def _record(
    spec: Spec, run: Run, path: Path, progress: Progress, only: int | None = None
) -> Recording:
    dataset = run.dataset
    plain = spec.dump()
    plain.pop("outputs")
    still: dict[str, Any] = {
        "spec": np.bytes_(json.dumps(plain)),  # for whoever finds the file
        "x": dataset.watched_x,
        "y": dataset.watched_y,
        "bounds": dataset.bounds,
        "extent": run.look.extent,
        "grid": run.look.grid,
        "held_out": run.held_out,
    }
    if dataset.watched_x is not dataset.x:
        still |= {"data_x": dataset.x, "data_y": dataset.y}
    steps = schedule(spec, run)
    if only is not None:
        del steps[only % spec.frames + 1 :]
    with Recorder(path, _facts(spec, run), still, len(steps) if only is None else 1) as recorder:
        last: dict[str, Any] = {}
        for frame, step in enumerate(steps):
            run.steps.run_to(step)
            seen = run.look()
            if not _is_finite(seen):
                if last:
                    recorder.append(last)
                _end(spec, run, recorder, frame, seen)
                break
            last = {"step": run.steps.done, **seen}
            if only is None or frame == len(steps) - 1:
                recorder.append(last)
                last = {}
            progress(frame, float(seen["history/loss"]))
    return Recording.open(path)


def _is_finite(seen: dict[str, Array]) -> bool:
    groups = ("history/loss", "low", "high", "kernel", "bias", "output")
    return all(
        np.isfinite(values).all() for name, values in seen.items() if name.startswith(groups)
    )


def _end(spec: Spec, run: Run, recorder: Recorder, frame: int, seen: dict[str, Array]) -> None:
    """The training has diverged: hold the last finite state for a second, and end the film.

    Without one, what is no number is drawn as none, or as far outside.
    """
    epoch = run.steps.done / run.steps.per_epoch
    if spec.training.on_divergence == "fail":
        at = number.epoch(epoch)
        raise TrainingError(f"the training diverged at epoch {at}; lower the learning rate")
    if frame == 0:
        finite = {
            name: np.nan_to_num(values, posinf=FAR, neginf=-FAR) for name, values in seen.items()
        }
        history = {name: values for name, values in seen.items() if name.startswith("history/")}
        recorder.append({"step": 0, **finite, **history})
    for _ in range(min(round(spec.fps), recorder.left)):
        recorder.repeat()
    recorder.note(diverged=epoch)


def schedule(spec: Spec, run: Run) -> list[int]:
    """The optimiser steps at which frames are taken; the run is as it was before."""
    training, per_epoch = spec.training, run.steps.per_epoch
    if training.epochs is None:
        steps = linear(spec.frames, training.epochs_per_frame, per_epoch)
    else:
        steps = even(spec.frames, training.epochs * per_epoch)
    if spec.spacing == "log":
        return logarithmic(spec.frames, steps[-1])
    if spec.spacing == "change" and steps[-1] > spec.frames > 1:
        probes = sorted({round(step) for step in np.linspace(0, steps[-1], PROBES)})
        return by_change(spec.frames, probes, _change(run, probes))
    return steps


def _change(run: Run, steps: list[int]) -> Array:
    """By how much the answers change from step to step (steps - 1,), in a training on trial.

    What is no number any more does not change.
    """
    model = run.model
    variables = [*model.variables, *model.optimizer.variables]
    before = [variable.numpy() for variable in variables]
    changes: list[float] = []
    answer = None
    for step in steps:
        run.steps.run_to(step)
        last, answer = answer, run.look()["output"].astype(float)
        if last is not None:
            with np.errstate(invalid="ignore"):
                changes.append(np.abs(answer - last).mean())
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    run.steps.restart()
    finite: Array = np.nan_to_num(np.array(changes), posinf=0)
    return finite


class Steps:
    """Optimiser steps of a compiled model as Keras's `fit` takes them, an epoch at a call.

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


class Look:
    """What the network does at this moment, as arrays: one program from weights to numbers."""

    def __init__(
        self,
        model: keras.Model,
        dataset: Dataset,
        y: Array,
        needs: Needs,
        held_out: Array,
        metrics: Metrics,
        decision: Decision | None = None,
    ) -> None:
        """`y` is what the loss compares with; `decision` is the rule for one output."""
        self.grid = input_grid(dataset.bounds)  # (lines, points, inputs)
        self._model = model
        self._needs = needs
        self._layers = sorted(needs.layers)
        self._all = range(1, len(model.layers) + 1)
        self._probe = probe(model, self._layers)
        self._probe_all = probe(model, self._all)
        self._watches_training = dataset.watched_x is dataset.x
        self.extent = widened(dataset.bounds, needs.reach)
        self._mesh = input_mesh(self.extent, *mesh_points(needs.reach))  # (rows, columns, inputs)
        self._unit_mesh = input_mesh(dataset.bounds, UNIT_MESH, UNIT_MESH)
        if not len(self._unit_mesh):
            self._unit_mesh = dataset.watched_x[None]
        meshes = (self.grid, self._mesh, self._unit_mesh)
        points = [values.reshape(-1, values.shape[2]) for values in meshes]
        inputs = (dataset.x, y, dataset.y, dataset.watched_x, *points)
        self._inputs = [tf.constant(values) for values in inputs]
        self._metrics = metrics
        self._decision = decision
        self._has_classes = bool(dataset.classes)
        self._parts = {"": np.flatnonzero(~held_out)}
        if held_out.any():
            self._parts["val_"] = np.flatnonzero(held_out)
        answer = np.zeros((1, model.layers[-1].units), np.float32)
        metrics(tf.constant(dataset.y[:1]), tf.constant(answer), tf.constant(answer))  # variables
        self._program = Compiled(self._numbers)

    def __call__(self) -> dict[str, Array]:
        """The arrays of one frame, named as a Recording names them."""
        seen = {name: value.numpy() for name, value in self._program(*self._inputs).items()}
        lines, points, _ = self.grid.shape
        for layer in self._layers:
            name = f"grid_activation/{layer}"
            seen[name] = seen[name].reshape(lines, points, seen[name].shape[1])
        seen["logit"] = seen["logit"].T.reshape(seen["logit"].shape[1], *self._mesh.shape[:2])
        last = len(self._all)
        for layer in self._all if self._needs.weights else (last,):
            dense = self._model.layers[layer - 1]
            none = np.zeros(dense.units, np.float32)
            seen[f"kernel/{layer}"] = dense.kernel.numpy()
            seen[f"bias/{layer}"] = dense.bias.numpy() if dense.use_bias else none
        if self._needs.maps:
            shape = self._unit_mesh.shape[:2] if len(self._mesh) else self._unit_mesh.shape[1:2]
            for layer in self._all:
                seen[f"maps/{layer}"] = seen[f"maps/{layer}"].T.reshape(-1, *shape)
        if self._needs.spread:
            seen |= self._spread([seen.pop(f"activations/{layer}") for layer in self._all])
        return seen

    def _numbers(
        self, x: Any, y: Any, data_y: Any, watched: Any, grid: Any, mesh: Any, unit_mesh: Any
    ) -> dict[str, Any]:
        *activations, output, into_last = self._probe([watched])
        answer = output
        if not self._watches_training:
            *_, answer, into_last = self._probe([x])
        lead = self._lead(into_last, answer)
        seen: dict[str, Any] = {"output": output}
        for prefix, rows in self._parts.items():
            samples = (x, y, data_y, answer, lead)
            for name, value in self._history(samples, rows).items():
                seen[f"history/{prefix}{name}"] = value
        if self._has_classes:
            rows = self._parts[""]
            seen["misclassified"] = misclassified(tf.gather(data_y, rows), tf.gather(lead, rows))
        bent = self._probe([grid])
        for layer, activation, lines in zip(self._layers, activations, bent, strict=False):
            every = tf.concat([activation, lines], axis=0)
            seen[f"activation/{layer}"] = activation
            seen[f"grid_activation/{layer}"] = lines
            seen[f"low/{layer}"] = tf.reduce_min(every, axis=0)
            seen[f"high/{layer}"] = tf.reduce_max(every, axis=0)
        *_, surface, into_last = self._probe([mesh])
        seen["logit"] = self._lead(into_last, surface)
        if self._needs.maps:
            for layer, answers in zip(self._all, self._probe_all([unit_mesh]), strict=False):
                seen[f"maps/{layer}"] = answers
        if self._needs.spread:
            few = watched[:: max(1, watched.shape[0] // FEW)]
            for layer, answers in zip(self._all, self._probe_all([few]), strict=False):
                seen[f"activations/{layer}"] = answers
            seen["spread/gradients"] = self._gradients(x, y)
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
        x, y, data_y, answer, lead = samples
        loss = self._model.compute_loss(x, y, answer, training=False)
        return {"loss": loss, **self._metrics(data_y, answer, lead)}

    def _gradients(self, x: Any, y: Any) -> Any:
        """How long the gradient of each layer's kernel is (layers,), over the training points."""
        rows = self._parts[""]
        x, y = tf.gather(x, rows), tf.gather(y, rows)
        with tf.GradientTape() as tape:
            loss = self._model.compute_loss(x, y, self._model(x, training=False))
        kernels = [layer.kernel for layer in self._model.layers]
        return tf.stack([tf.norm(each) for each in tape.gradient(loss, kernels)])

    def _spread(self, activations: list[Array]) -> dict[str, Array]:
        """Quantiles of the weights and of the activations of each layer (layers, quantiles)."""
        weights = [layer.kernel.numpy() for layer in self._model.layers]
        return {
            f"spread/{name}": np.array([_quantiles(each) for each in values], np.float32)
            for name, values in (("weights", weights), ("activations", activations))
        }


def misclassified(labels: Any, lead: Any) -> Any:
    """How many samples with `labels` (samples, 1) the decision rule assigns to another class."""
    answers = lead[:, 0] > 0 if lead.shape[1] == 1 else tf.argmax(lead, axis=1)
    wrong = tf.cast(answers, tf.int32) != tf.cast(labels[:, 0], tf.int32)
    return tf.reduce_sum(tf.cast(wrong, tf.int32))


def _quantiles(values: Array) -> Array:
    """Quantiles of numbers of which some may be none, or 3e38."""
    finite = np.nan_to_num(values.astype(float), posinf=FAR, neginf=-FAR)
    found: Array = np.quantile(finite, QUANTILES)
    return found


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
    layers, dataset = spec.model.layers, run.dataset
    labels = dataset.y[~run.held_out, 0] if dataset.classes else np.empty(0)
    per_class = tuple(int((labels == label).sum()) for label in range(len(dataset.classes)))
    return Facts(
        title=spec.title,
        task=spec.kind.task,
        classes=run.dataset.classes,
        units=spec.units,
        names=tuple(layer.name for layer in layers),
        activations=tuple(layer.activation.name for layer in layers),
        optimizer=f"{run.model.optimizer.__class__.__name__} {spec.training.learning_rate:g}",
        loss=spec.training.loss.name,
        samples=run.steps.samples,
        per_class=per_class,
        steps_per_epoch=run.steps.per_epoch,
        probe=spec.probe_index + 1,
        threshold=run.decision.logit if run.decision else None,
    )
