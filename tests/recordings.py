"""Recordings of networks that were never trained: weights by frame, and all else follows."""

import json
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from nnviz_cli.recording.arrays import expected
from nnviz_cli.recording.forward import LayerInfo, forward
from nnviz_cli.recording.grid import input_grid
from nnviz_cli.recording.recorder import Recorder
from nnviz_cli.recording.recording import Recording
from nnviz_cli.recording.run_info import Facts
from nnviz_cli.spec.load import load
from nnviz_cli.spec.yaml_reader import read_text

OUTPUTS = {"regression": "linear", "binary": "sigmoid", "multiclass": "softmax"}


def facts_of(task: str, units, *, activations=None, **more) -> Facts:
    """Facts of a network; tanh, and the output that fits the task, unless said otherwise."""
    layers = range(1, len(units))
    names = activations or [*["tanh"] * (len(units) - 2), OUTPUTS[task]]
    classes = {"regression": 0, "binary": 2, "multiclass": units[-1]}[task]
    given = {
        "title": "Made up",
        "classes": tuple(f"class {i + 1}" for i in range(classes)),
        "names": tuple(f"layer_{layer}" for layer in layers),
        "optimizer": "SGD 0.1",
        "loss": "mean_squared_error",
        "samples": 40,
        "steps_per_epoch": 5,
        "probe": max(1, len(units) - 2),
        "threshold": 0.0 if task == "binary" else None,
        "layers": tuple(
            LayerInfo(units=width, activation=name)
            for width, name in zip(units[1:], names, strict=True)
        ),
    }
    return Facts(**{**given, **more, "task": task, "units": tuple(units)})


def frame_of(facts: Facts, once, weights, **seen):
    """All arrays of a frame, from its weights `{'1/kernel': …}`; `seen` has what does not follow."""
    layers = range(1, len(facts.units))
    arrays = [
        {name.partition("/")[2]: a for name, a in weights.items() if name.startswith(f"{layer}/")}
        for layer in layers
    ]
    x = np.asarray(once["x"], np.float32)
    grid = input_grid(np.asarray(once["bounds"], np.float32)).reshape(-1, facts.units[0])
    every, _ = forward(facts.layers, arrays, np.ascontiguousarray(np.concatenate([x, grid]).T))
    frame = {
        "step": 0,
        "history/loss": 1.0,
        "gradient_norm": np.ones(len(layers)),
        "activation/" + str(facts.probe): every[facts.probe - 1][:, : len(x)].T,
        "output": every[-1][:, : len(x)].T,
        **{f"weights/{name}": array for name, array in weights.items()},
        **{f"low/{layer}": every[layer - 1].min(axis=1) for layer in layers},
        **{f"high/{layer}": every[layer - 1].max(axis=1) for layer in layers},
    }
    if facts.classes:
        frame["misclassified"] = 0
    return frame | seen


def write(path: Path, facts: Facts, once, frames, spec=None) -> Recording:
    """A recording of frames as `frame_of` makes them."""
    once = {name: np.asarray(values, np.float32) for name, values in once.items()}
    once["held_out"] = once.get("held_out", np.zeros(len(once.get("data_x", once["x"])))) > 0
    with Recorder(path, facts, once, spec or {}) as recorder:
        for frame in frames:
            recorder.append(frame)
    sizes = {"frames": len(frames), "points": len(once["x"]), "targets": once["y"].shape[1]}
    needed = {name for name, each in expected(facts, sizes).items() if not each.optional}
    assert needed <= {"info", *once, *frames[0]}
    return Recording.open(path)


def spec_for(units, activations, frames):
    """A resolved spec whose network has this shape."""
    dataset = {"name": "gaussians", "blobs": units[-1], "points": 10}
    if units[-1] == 1:
        dataset = {"name": "sine" if units[0] == 1 else "moons", "points": 10}
    layers = [
        {"units": width, "activation": name}
        for width, name in zip(units[1:], activations, strict=True)
    ]
    spec = {
        "title": "Made up",
        "dataset": dataset,
        "model": {"layers": layers},
        "training": {"batch_size": 8},
        "frames": frames,
    }
    plain = load(read_text(json.dumps(spec), "spec")).dump()
    plain.pop("outputs")
    return plain


def random_weights(rng, units, *, scale=1.4, bias=0.3):
    """Kernels and biases of a dense network by name."""
    weights = {}
    for layer, (before, width) in enumerate(pairwise(units), 1):
        weights[f"{layer}/kernel"] = rng.normal(0, scale, (before, width)).astype(np.float32)
    for layer, width in enumerate(units[1:], 1):
        weights[f"{layer}/bias"] = rng.normal(0, bias, width).astype(np.float32)
    return weights


def changed(thing, **values):
    """A copy of a dataclass with other fields, or other values of what it computes."""
    names = {field.name for field in fields(thing)}
    copy = replace(thing, **{name: each for name, each in values.items() if name in names})
    computed = {name: each for name, each in values.items() if name not in names}
    computed = vars(thing).get("_computed", {}) | computed
    for name, each in ({**computed, "_computed": computed} if computed else {}).items():
        object.__setattr__(copy, name, each)
    return copy
