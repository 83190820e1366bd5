"""Outputs, losses and metrics per task: defaults, errors, and combinations that cannot learn."""

from collections.abc import Iterator, Sequence

import numpy as np

from nnviz_cli.data.table import sample
from nnviz_cli.errors import Problem
from nnviz_cli.recording.decision import output_range
from nnviz_cli.spec.choice import Choice, choice_model, named
from nnviz_cli.spec.keys import Spec
from nnviz_cli.spec.yaml_reader import Document

_OUTPUTS = {"regression": "linear", "binary": "sigmoid", "multiclass": "softmax"}
_LOSSES = {
    "regression": "mean_squared_error",
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
}
_HINGES = {"hinge", "squared_hinge"}  # compare one output with -1 and 1
# expect probabilities, or logits with from_logits
_CROSS_ENTROPIES = {
    *("binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy"),
    *("categorical_focal_crossentropy", "sparse_categorical_crossentropy"),
}
# activations that keep the order of the classes: the greatest logit has the greatest output
_ORDERLY = {
    *("softmax", "log_softmax", "linear", "sigmoid", "log_sigmoid", "tanh", "softplus"),
    *("softsign", "exponential", "leaky_relu", "elu", "selu", "sparsemax"),
}
_OVER_UNITS = {"softmax", "log_softmax", "sparsemax"}  # compare the units of a layer
# by task: losses that Keras accepts but that are meaningless for it
_WRONG_LOSSES = {
    "regression": {"binary_crossentropy", "binary_focal_crossentropy", *_HINGES},
    "binary": {"mean_absolute_percentage_error"},
    "multiclass": {"mean_absolute_percentage_error"},
}
_WRONG_FOR_ONE_OUTPUT = {
    *("categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge"),
    *("sparse_categorical_crossentropy", "kl_divergence", "cosine_similarity"),
}
_OF_NUMBERS = {
    *("mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "log_cosh"),
}
_OF_CLASSES = {
    *("accuracy", "auc", "precision", "recall", "f1_score", "f_beta_score", "hinge"),
    *("squared_hinge", "true_positives", "true_negatives", "false_positives", "false_negatives"),
    *("precision_at_recall", "recall_at_precision", "sensitivity_at_specificity"),
    *("specificity_at_sensitivity", "binary_crossentropy"),
}
# by task: metrics that are meaningful for it
METRICS = {
    "regression": {
        *_OF_NUMBERS,
        *("mean_absolute_percentage_error", "mean_squared_logarithmic_error", "poisson"),
        *("r2_score", "pearson_correlation", "concordance_correlation"),
    },
    "binary": {*_OF_NUMBERS, *_OF_CLASSES, "binary_accuracy"},
    "multiclass": {
        *_OF_NUMBERS,
        *_OF_CLASSES,
        *("categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy"),
        *("sparse_top_k_categorical_accuracy", "categorical_crossentropy", "categorical_hinge"),
        *("sparse_categorical_crossentropy", "kl_divergence", "cosine_similarity"),
    },
}


def default_output(task: str, loss: Choice | None) -> Choice:
    """The output activation that a task and, if one is given, its loss ask for."""
    if loss and (loss.name in {*_HINGES, "categorical_hinge"} or loss.options.get("from_logits")):
        return named("activation", "linear")
    return named("activation", _OUTPUTS[task])


def default_loss(task: str, output: Choice | None) -> Choice:
    """The loss that a task and, if one is given, its output activation ask for."""
    name = _LOSSES[task]
    if task == "regression" or output is None:
        return named("loss", name)
    if output.name == "linear":
        return choice_model("loss", name).model_validate({"name": name, "from_logits": True})
    low, high = output_range(output.name, output.options)
    return named("loss", name if (low, high) == (0, 1) else "mean_squared_error")


def default_metrics(task: str) -> tuple[Choice, ...]:
    """The metrics that a film shows by default."""
    return () if task == "regression" else (named("metric", "accuracy"),)


def output_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    """Problems of an output activation that is invalid for the task."""
    layers = spec.model.layers
    last, place = layers[-1].activation, document.place(("model", "layers", len(layers) - 1))
    if last is None:
        return
    if layers[-1].units == 1 and last.name in _OVER_UNITS:
        text = (
            f"model.layers: '{last.name}' compares the units of a layer, but this layer has 1 unit"
        )
        yield Problem(text, place, f"use '{_OUTPUTS[spec.kind.task]}'")
    falls = any(isinstance(value, int | float) and value < 0 for value in last.options.values())
    if spec.kind.task == "multiclass" and (last.name not in _ORDERLY or falls):
        text = f"model.layers: '{last.name}' does not preserve the order of the logits"
        yield Problem(text, place, "use 'softmax'")


def loss_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    """Problems of a loss that is invalid for the task."""
    task, loss, outputs = spec.kind.task, spec.training.loss, spec.kind.outputs
    wrong = _WRONG_LOSSES[task] | (_WRONG_FOR_ONE_OUTPUT if outputs == 1 else set())
    if loss is not None and loss.name in wrong:
        yield Problem(
            f"training.loss: '{loss.name}' cannot be used for a {task} task "
            f"with {outputs} output{'s' * (outputs > 1)}",
            document.place(("training", "loss")),
            f"use '{'mse' if task == 'regression' else _LOSSES[task]}'",
        )


def metric_problems(spec: Spec, document: Document) -> Iterator[Problem]:
    """Problems of metrics that are invalid for the task."""
    task, outputs = spec.kind.task, spec.kind.outputs
    for i, metric in enumerate(spec.training.metrics or ()):
        place = document.place(("training", "metrics", i))
        if metric.name not in METRICS[task]:
            text = f"training.metrics: '{metric.name}' cannot be used for a {task} task"
            yield Problem(text, place, f"known: {', '.join(sorted(METRICS[task]))}")
        elif "top_k" in metric.name and metric.options["k"] >= outputs:
            text = f"training.metrics: '{metric.name}' with k = {metric.options['k']} is always 1"
            yield Problem(f"{text} for {outputs} classes", place, f"use a k below {outputs}")


def obstacles(spec: Spec) -> Iterator[str]:
    """Reasons why the loss cannot approach its minimum with this output activation."""
    output, loss = spec.model.layers[-1].activation, spec.training.loss
    low, high = output_range(output.name, output.options)
    answers = f"the output activation '{output.name}' returns values from {low:g} to {high:g}"
    if loss.name in _HINGES:
        if low > -1 or high < 1:
            yield f"{loss.name} compares the output with -1 and 1, but {answers}"
    elif loss.options.get("from_logits"):
        if np.isfinite([low, high]).any():
            yield f"{loss.name} expects logits, but {answers}"
    elif loss.name in _CROSS_ENTROPIES:
        if low < 0 or high > 1:
            yield f"{loss.name} expects probabilities, but {answers}"
    else:
        least, most = _targets(spec, bounded=bool(np.isfinite([low, high]).any()))
        if least < low or most > high:
            yield f"the targets range from {least:.3g} to {most:.3g}, but {answers}"


def _targets(spec: Spec, *, bounded: bool) -> Sequence[float]:
    """The least and the greatest value that the loss compares the output with."""
    if spec.kind.task != "regression":
        return 0.0, 1.0
    if not bounded:
        return 0.0, 0.0
    y = sample(spec.dataset.name, spec.dataset.options).watched_y
    return float(y.min()), float(y.max())
