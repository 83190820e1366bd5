"""Trains a model frame by frame into a recording."""

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
from nnviz_cli.recording.check import forward_error
from nnviz_cli.recording.decision import Decision
from nnviz_cli.recording.grid import input_grid
from nnviz_cli.recording.recorder import Recorder
from nnviz_cli.recording.recording import Recording
from nnviz_cli.recording.run_info import Facts
from nnviz_cli.spec.keys import Spec
from nnviz_cli.train.epoch import Steps
from nnviz_cli.train.metrics import Metrics
from nnviz_cli.train.model import build, decision_of
from nnviz_cli.train.probe import Probe, Watched, is_finite
from nnviz_cli.train.schedule import by_change, even, linear, logarithmic
from nnviz_cli.versions import versions

WEIGHTS_SEED, DATA_SEED, SHUFFLE_SEED, SPLIT_SEED = range(
    4
)  # never renumber: a seed must keep its film

PROBES = 200  # moments of a trial training at which the change of the output is measured
FAR = 1e30  # stands for infinity in a picture

Array = NDArray[Any]
Progress = Callable[[int, float], None]  # frame, loss


def record(
    spec: Spec, path: Path, progress: Progress = lambda *_: None, only: int | None = None
) -> Recording:
    """Train frame by frame and write a recording's file.

    With `only` the training ends at that frame, and the recording holds no other. Raises
    TrainingError.
    """
    try:
        run = prepare(spec)
        _record(spec, run, path, progress, only)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise TrainingError(f"Keras could not train this model: {first_line}") from error
    return Recording.open(path)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A model about to be trained on a dataset."""

    model: keras.Model
    dataset: Dataset
    watched: Watched
    steps: Steps
    probe: Probe
    decision: Decision | None  # of a binary network with one output


def prepare(spec: Spec) -> Run:
    """Make the dataset, the model and its two programs."""
    seeds = np.random.SeedSequence(spec.seed).spawn(4)
    options = spec.dataset.options
    dataset = DATASETS[spec.dataset.name].make(np.random.default_rng(seeds[DATA_SEED]), **options)
    model = build(spec, seeds[WEIGHTS_SEED])
    rng = np.random.default_rng(seeds[SHUFFLE_SEED]) if spec.training.shuffle else None
    split_rng = np.random.default_rng(seeds[SPLIT_SEED])
    watched = Watched(
        x=dataset.x,
        y=targets(dataset, spec.kind.outputs, spec.training.loss.name),
        labels=dataset.y,
        held_out=held_out(dataset, spec.training.validation_split, split_rng),
        points=dataset.watched_x,
        grid=input_grid(dataset.bounds),
        classes=bool(dataset.classes),
    )
    kept = ~watched.held_out
    decision = decision_of(spec)
    metrics = Metrics(spec.training.metrics, spec.kind.outputs, classes=bool(dataset.classes))
    return Run(
        model=model,
        dataset=dataset,
        watched=watched,
        steps=Steps(model, watched.x[kept], watched.y[kept], spec.training.batch_size, rng),
        probe=Probe(model, watched, spec.probe_index + 1, metrics, decision),
        decision=decision,
    )


def targets(dataset: Dataset, outputs: int, loss: str) -> Array:
    """What the network is to answer (samples, outputs); labels become rows of one 1 and 0s.

    A 'sparse' loss takes the labels (samples, 1) as they are.
    """
    if not dataset.classes or outputs == 1 or loss.startswith("sparse_"):
        return dataset.y
    rows: Array = np.eye(outputs, dtype=np.float32)[dataset.y[:, 0].astype(int)]
    return rows


def _record(spec: Spec, run: Run, path: Path, progress: Progress, only: int | None) -> None:
    steps = schedule(spec, run)
    if only is not None:
        del steps[only % spec.frames + 1 :]
    plain = spec.dump()
    plain.pop("outputs")
    facts = _facts(spec, run)
    with Recorder(path, facts, _once(run), plain) as recorder:
        last: dict[str, Any] = {}
        for frame, step in enumerate(steps):
            run.steps.run_to(step)
            seen = run.probe()
            if not is_finite(seen):
                if only is not None and last:
                    recorder.append(last)
                _diverged(spec, run, recorder, seen, first=frame == 0)
                left = len(steps) - max(frame, 1) if only is None else 0
                for _ in range(min(round(spec.fps), left)):
                    recorder.repeat()  # the last finite state stays for a second
                break
            last = {"step": run.steps.done, **seen}
            if only is None or frame == len(steps) - 1:
                recorder.append(last)
            progress(frame, float(seen["history/loss"]))
        if last:
            recorder.note(forward_error=forward_error(facts, run.watched, last))


def _once(run: Run) -> dict[str, Array]:
    """The arrays of a recording that do not change."""
    dataset = run.dataset
    once = {
        "x": dataset.watched_x,
        "y": dataset.watched_y,
        "bounds": dataset.bounds,
        "held_out": run.watched.held_out,
    }
    if dataset.watched_x is not dataset.x:
        once |= {"data_x": dataset.x, "data_y": dataset.y}
    return once


def _diverged(
    spec: Spec, run: Run, recorder: Recorder, seen: dict[str, Array], *, first: bool
) -> None:
    """Note that the training has diverged. Raises TrainingError if the spec asks for it.

    At the first frame there is no finite state: NaN and infinity are recorded as 0 and far away.
    """
    epoch = run.steps.done / run.steps.per_epoch
    if spec.training.on_divergence == "fail":
        at = number.epoch(epoch)
        raise TrainingError(f"the training diverged at epoch {at}; lower the learning rate")
    if first:
        finite = {
            name: np.nan_to_num(values, posinf=FAR, neginf=-FAR) for name, values in seen.items()
        }
        history = {name: values for name, values in seen.items() if name.startswith("history/")}
        recorder.append({"step": 0, **finite, **history})
    recorder.note(diverged=epoch)


def schedule(spec: Spec, run: Run) -> list[int]:
    """The optimizer steps at which frames are taken; the run is as it was before."""
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
    """The mean change of the output from step to step (steps - 1,), in a trial training.

    NaN and infinity count as no change.
    """
    model = run.model
    variables = [*model.variables, *model.optimizer.variables]
    before = [variable.numpy() for variable in variables]
    changes: list[float] = []
    output = None
    for step in steps:
        run.steps.run_to(step)
        last, output = output, run.probe.output().astype(float)
        if last is not None:
            with np.errstate(invalid="ignore"):
                changes.append(np.abs(output - last).mean())
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    run.steps.restart()
    finite: Array = np.nan_to_num(np.array(changes), posinf=0)
    return finite


def _facts(spec: Spec, run: Run) -> Facts:
    shape, dataset = spec.shape, run.dataset
    labels = dataset.y[~run.watched.held_out, 0] if dataset.classes else np.empty(0)
    per_class = tuple(int((labels == label).sum()) for label in range(len(dataset.classes)))
    return Facts(
        title=spec.title,
        task=shape.task,
        classes=dataset.classes,
        dataset=spec.dataset.name,
        units=shape.units,
        names=shape.names,
        layers=shape.layers,
        optimizer=f"{run.model.optimizer.__class__.__name__} {spec.training.learning_rate:g}",
        loss=spec.training.loss.name,
        samples=run.steps.samples,
        per_class=per_class,
        steps_per_epoch=run.steps.per_epoch,
        probe=shape.probe,
        threshold=run.decision.logit if run.decision else None,
        cut=run.decision.value if run.decision else None,
        versions=versions(),
    )
