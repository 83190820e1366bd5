"""Recordings of networks that were never trained: NumPy alone, so that pictures can be foretold."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from nnviz_cli.recording.recording import QUANTILES, Facts, Recorder, Recording

SIDE = 21  # points along a grid line, and of the surface
MAP = 9  # points a side of a unit's map
THRESHOLD = 0.3  # weighted input of a binary output at which the answer changes


SQUARE = ((-1.1, 1.1), (-1.1, 1.1))


def invented(
    path: Path, units, *, classes=2, frames=5, points=40, seed=0, held_out=0, bounds=SQUARE
) -> Recording:
    """A tanh network whose weights grow from half to one and a half; labels by the place.

    Two inputs: a class for each sector of the plane. One input: a sine to be fitted.
    """
    rng = np.random.default_rng(seed)
    kernels = [rng.normal(0, 1.4, shape) for shape in pairwise(units)]
    biases = [rng.normal(0, 0.3, width) for width in units[1:]]
    if units[-1] == 1 and units[0] > 1:
        biases[-1] += THRESHOLD
    curve = units[0] == 1
    task = "regression" if curve else "binary" if units[-1] == 1 else "multiclass"
    if curve:
        x = np.linspace(-1, 1, points)[:, None]
        y = np.sin(3 * x)
    else:
        angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
        x = rng.uniform(0.4, 1, (points, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        y = (angle * classes / (2 * np.pi)).astype(int)[:, None]
    bounds = np.array(bounds[: units[0]])
    across, along = (np.linspace(*ends, SIDE) for ends in (bounds[0], bounds[-1]))
    upright = [np.stack([np.full(SIDE, x), along], axis=1) for x in across]
    level = [np.stack([across, np.full(SIDE, y)], axis=1) for y in along]
    grid = np.array(upright + level)
    mesh = np.stack(np.meshgrid(across, along), axis=2)
    if curve:
        grid, mesh = np.zeros((0, SIDE, 1)), np.zeros((0, 0, 1))
    facts = Facts(
        title="Invented",
        task=task,
        classes=() if curve else tuple(f"class {i + 1}" for i in range(classes)),
        units=tuple(units),
        names=tuple(f"layer_{i}" for i in range(1, len(units))),
        activations=("tanh",) * (len(units) - 2) + ("linear" if curve else "softmax",),
        optimizer="SGD 0.1",
        loss="mean_squared_error",
        samples=points,
        steps_per_epoch=5,
        probe=max(1, len(units) - 2),
        threshold=THRESHOLD if task == "binary" else None,
    )
    out = np.zeros(points, bool)
    out[: held_out * 3 : 3] = True
    still = {"x": x, "y": y, "bounds": bounds, "extent": bounds, "grid": grid}
    still = {name: values.astype(np.float32) for name, values in still.items()} | {"held_out": out}
    with Recorder(path, facts, still, frames) as recorder:
        for frame in range(frames):
            grown = [(0.5 + frame / (frames - 1)) * kernel for kernel in kernels]
            recorder.append(_frame(frame, grown, biases, task, x, grid, mesh))
    return Recording.open(path)


def forward(kernels, biases, x):
    """What each layer answers, the last one as logits."""
    answers = [x]
    for i, (kernel, bias) in enumerate(zip(kernels, biases, strict=True), 1):
        weighted = answers[-1] @ kernel + bias
        answers.append(weighted if i == len(kernels) else np.tanh(weighted))
    return answers[1:]


def _frame(frame, kernels, biases, task, x, grid, mesh):
    looks, bent = forward(kernels, biases, x), forward(kernels, biases, grid)
    bent[-1] = bent[-1] - (THRESHOLD if task == "binary" else 0.0)
    threshold = THRESHOLD if task == "binary" else 0.0
    logits = looks[-1] = looks[-1] - threshold  # an activation that answers 0.5 at the threshold
    answer = {
        "regression": lambda: logits,
        "binary": lambda: 1 / (1 + np.exp(-logits)),
        "multiclass": lambda: np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
    }[task]()
    few = mesh[:: (SIDE - 1) // (MAP - 1), :: (SIDE - 1) // (MAP - 1)] if mesh.size else x[None]
    maps = forward(kernels, biases, few)
    maps[-1] = maps[-1] - threshold
    seen = {
        "step": 5 * frame,
        "history/loss": 1 / (1 + frame),
        "output": answer,
        "logit": np.moveaxis(forward(kernels, biases, mesh)[-1] - threshold, 2, 0),
        "spread/weights": np.array([np.quantile(each, QUANTILES) for each in kernels]),
        "spread/activations": np.array([np.quantile(each, QUANTILES) for each in looks]),
        "spread/gradients": np.linspace(1, 0.1, len(kernels)) / (1 + frame),
    }
    if task != "regression":
        seen["history/accuracy"] = frame / 5
        seen["misclassified"] = len(x) * (5 - frame) // 5
    for layer, (look, lines, kernel, bias, map_) in enumerate(
        zip(looks, bent, kernels, biases, maps, strict=True), 1
    ):
        every = np.concatenate([look, lines.reshape(-1, look.shape[1])])
        unit_maps = np.moveaxis(map_, 2, 0)
        seen |= {
            f"activation/{layer}": look,
            f"grid_activation/{layer}": lines,
            f"low/{layer}": every.min(axis=0),
            f"high/{layer}": every.max(axis=0),
            f"kernel/{layer}": kernel,
            f"bias/{layer}": bias,
            f"maps/{layer}": unit_maps if mesh.size else unit_maps[:, 0],
        }
    return {
        name: value
        if name == "step"
        else np.float32(value)
        if np.ndim(value) == 0
        else value.astype(np.float32)
        for name, value in seen.items()
    }
