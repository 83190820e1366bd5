"""What fits together in a spec: defaults that depend on the rest, and what is wrong jointly."""

import math
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

from nnviz_cli import limits
from nnviz_cli.data.dataset import Dataset
from nnviz_cli.data.holdout import held_out_counts
from nnviz_cli.data.table import DATASETS, sample
from nnviz_cli.draw.layout import areas
from nnviz_cli.draw.panels import PANELS, default_panels
from nnviz_cli.errors import Problem, did_you_mean
from nnviz_cli.spec.choice import named
from nnviz_cli.spec.keys import USUAL_FRAMES, Spec
from nnviz_cli.spec.messages import as_written
from nnviz_cli.spec.task import (
    default_loss,
    default_metrics,
    default_output,
    loss_problems,
    metric_problems,
    output_problems,
)
from nnviz_cli.spec.yaml_reader import Document

AnyModel = TypeVar("AnyModel", bound=BaseModel)


def fit(spec: Spec, document: Document, *, large: bool) -> tuple[Spec, list[Problem]]:
    """The spec with all its defaults, and the values in it that do not fit together."""
    problems = [*layer_problems(spec, document), *training_problems(spec, document)]
    if misplaced := list(_probe_problems(spec, document)):
        return spec, problems + misplaced  # what is drawn depends on what is probed
    if option := list(_dataset_problems(spec, document)):
        return spec, problems + option
    spec = _complete(spec)
    dataset = sample(spec.dataset.name, spec.dataset.options)
    problems += _amount_problems(spec, dataset, document, large=large)
    if misplaced := list(_panel_problems(spec, document)):
        return spec, problems + misplaced  # what is recorded depends on what is drawn
    if not large:
        problems += _room_problems(spec, dataset, document)
    return spec, problems


def _complete(spec: Spec) -> Spec:
    """Fill in the defaults that depend on the rest of the spec."""
    *hidden, last = spec.model.layers
    task = spec.kind.task
    regression = task == "regression"
    output = default_output(task, spec.training.loss)
    layers = [
        _filled(layer, activation=spec.model.activation, name=f"hidden_{i}")
        for i, layer in enumerate(hidden, 1)
    ] + [_filled(last, activation=output, name="output")]
    optimizer = spec.training.optimizer
    training = _filled(
        spec.training,
        loss=default_loss(task, last.activation),
        metrics=default_metrics(task),
        learning_rate=optimizer.options["learning_rate"],
    )
    epochs = training.epochs
    if epochs is None:
        training = _filled(training, epochs_per_frame=1.0)
    # the rate is set once, in training
    optimizer = optimizer.model_copy(update={"learning_rate": None})
    spec = spec.model_copy(
        update={
            "model": spec.model.model_copy(update={"layers": tuple(layers)}),
            "training": training.model_copy(update={"optimizer": optimizer}),
        }
    )
    units = "-".join(map(str, spec.units))
    spec = _filled(
        spec,
        frames=USUAL_FRAMES if epochs is None else min(USUAL_FRAMES, epochs + 1),
        title=f"{spec.dataset.name.capitalize()}, {units}",
        probe=-1 if regression or not hidden else -2,
    )
    rows = default_panels(spec.kind.inputs, spec.kind.task, spec.view.size)
    panels = tuple(tuple(named("panel", name) for name in row) for row in rows)
    return spec.model_copy(update={"view": _filled(spec.view, panels=panels)})


def _filled(model: AnyModel, **defaults: Any) -> AnyModel:
    """A copy with those defaults that were not given."""
    missing = {key: value for key, value in defaults.items() if getattr(model, key) is None}
    return model.model_copy(update=missing)


def _dataset_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    """An option of the dataset that is invalid together with its others."""
    option, reason = DATASETS[spec.dataset.name].problem(spec.dataset.options)
    if option:
        yield Problem(f"dataset.{option}: {reason}", document.place(("dataset", option)))


def layer_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    """Layers that do not fit the dataset, or each other."""
    layers = spec.model.layers
    outputs = spec.kind.outputs
    if layers[-1].units != outputs:
        yield Problem(
            f"model.layers: the last layer has {_count(layers[-1].units, 'unit')}, but dataset "
            f"'{spec.dataset.name}' has {outputs} output{'s' * (outputs > 1)}",
            document.place(("model", "layers", len(layers) - 1)),
            f"end the list with {outputs}",
        )
    yield from output_problems(spec, document)
    names = [layer.name for layer in layers]
    for i, name in enumerate(names):
        if name and name in names[:i]:
            place = document.place(("model", "layers", i, "name"))
            yield Problem(f"model.layers: two layers are named '{name}'", place)


def _probe_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    place = document.place(("probe",))
    names = [layer.name or "" for layer in spec.model.layers]
    count = len(names)
    known = [name or f"hidden_{i}" for i, name in enumerate(names[:-1], 1)]
    known.append(names[-1] or "output")
    if isinstance(spec.probe, str) and spec.probe not in known:
        hint = did_you_mean(spec.probe, known)
        text = f"probe: no layer is named '{spec.probe}'"
        yield Problem(text, place, "; ".join(filter(None, (hint, f"known: {', '.join(known)}"))))
    if isinstance(spec.probe, int) and not -count <= spec.probe < count:
        text = f"probe: no layer has index {spec.probe}; the model has {_count(count, 'layer')}"
        yield Problem(text, place, f"use an index from {-count} to {count - 1}")


def training_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    """An optimizer, a loss or metrics that do not fit the rest."""
    training = spec.training
    in_optimizer = "learning_rate" in training.optimizer.model_fields_set
    if training.learning_rate is not None and in_optimizer:
        place = document.place(("training", "optimizer", "learning_rate"), key=True)
        yield Problem("learning_rate is set both in training and in its optimizer", place)
    if training.epochs is not None and training.epochs_per_frame is not None:
        place = document.place(("training", "epochs_per_frame"), key=True)
        text = "training: 'epochs' and 'epochs_per_frame' cannot be combined"
        hint = "set epochs for the whole training, or epochs_per_frame from one frame to the next"
        yield Problem(text, place, hint)
    yield from loss_problems(spec, document)
    yield from metric_problems(spec, document)


def _panel_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    for i, row in enumerate(spec.view.panels):
        for j, panel in enumerate(row):
            if reason := PANELS[panel.name].misfit(spec.shape, **panel.options):
                place = document.place(as_written(document, ("view", "panels", i, j)))
                yield Problem(f"view.panels: '{panel.name}' {reason}", place)
    try:
        if not areas(spec.rows):
            raise ValueError("at least one panel is required")
    except ValueError as error:
        yield Problem(f"view.panels: {error}", document.place(("view", "panels")))
    counts = {"width": len(spec.view.panels[0]), "height": len(spec.view.panels)}
    for name, count in counts.items():
        ratios = getattr(spec.view, f"{name}_ratios")
        if ratios and len(ratios) != count:
            text = f"view.{name}_ratios: expected {_count(count, 'number')}, got {len(ratios)}"
            place = document.place(("view", f"{name}_ratios"))
            each = "column" if name == "width" else "row"
            yield Problem(text, place, f"give one number per {each}")


def _amount_problems(
    spec: Spec, dataset: Dataset, document: Document, *, large: bool
) -> Iterator[Problem]:
    """What depends on the number of points: the split, the batch, the memory of a training."""
    points, batch = len(dataset.x), spec.training.batch_size
    try:
        held_out = sum(held_out_counts(dataset, spec.training.validation_split))
    except ValueError as error:
        place = document.place(("training", "validation_split"))
        hint = "use more points, or another fraction"
        yield Problem(f"training.validation_split: {error}", place, hint)
        return
    samples = points - held_out
    if batch > samples and "batch_size" in spec.training.model_fields_set:
        text = f"training.batch_size: must be at most {samples}, the number of training samples"
        text += f" ({held_out} are held out)" if held_out else ""
        place = document.place(("training", "batch_size"))
        yield Problem(f"{text}, got {batch}", place)
    yield from _step_problems(spec, samples, document)
    if not large and (memory := spec.memory(dataset)) > limits.MEMORY:
        yield Problem(
            f"model.layers: {points} points in layers of this width take "
            f"{memory / 1e9:.1f} GB of memory; the maximum is {limits.MEMORY / 1e9:g} GB",
            document.place(("model", "layers")),
            f"use fewer points or units; {limits.LIFT}",
        )


def _step_problems(spec: Spec, samples: int, document: Document) -> Iterator[Problem]:
    """More frames than a training of `training.epochs` has states, or none at its end."""
    epochs, frames = spec.training.epochs, spec.frames
    if epochs is None:
        return
    per_epoch = math.ceil(samples / spec.training.batch_size)
    place = document.place(("frames",))
    if frames == 1:
        text = f"frames: a single frame shows the untrained network, not {_count(epochs, 'epoch')}"
        yield Problem(text, place, "use at least 2 frames, or remove training.epochs")
    elif (steps := epochs * per_epoch) < frames - 1:
        text = f"frames: {frames} frames need at least {frames - 1} training steps, but "
        text += f"{_count(epochs, 'epoch')} {'has' if epochs == 1 else 'have'} {steps}"
        yield Problem(text, place, f"use at most {steps + 1} frames, or more epochs")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _room_problems(spec: Spec, points: Dataset, document: Document) -> Iterator[Problem]:
    """The disk space that a film needs while it is made."""
    watched, size = len(points.watched_x), spec.room(points)
    if size > limits.RECORDING:
        yield Problem(
            f"frames: {spec.frames} frames of {watched} points take "
            f"{size / 1e9:.1f} GB of temporary disk space; the maximum is "
            f"{limits.RECORDING / 1e9:g} GB",
            document.place(("frames",)),
            f"use fewer frames or points; {limits.LIFT}",
        )
