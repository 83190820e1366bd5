"""Tanh networks of any shape that were never trained, on points whose labels are their places."""

from pathlib import Path

import numpy as np

from nnviz_cli.recording.recording import Recording
from tests.recordings import facts_of, frame_of, random_weights, write

THRESHOLD = 0.3  # weighted input of a binary output at which the answer changes

SQUARE = ((-1.1, 1.1), (-1.1, 1.1))


def invented(
    path: Path, units, *, classes=2, frames=5, points=40, seed=0, held_out=0, bounds=SQUARE
) -> Recording:
    """A tanh network whose weights grow from half to one and a half; labels by the place.

    Two inputs: a class for each sector of the plane. One input: a sine to be fitted.
    """
    rng = np.random.default_rng(seed)
    weights = random_weights(rng, units)
    if units[-1] == 1 and units[0] > 1:
        weights[f"{len(units) - 1}/bias"] += np.float32(THRESHOLD)
    curve = units[0] == 1
    task = "regression" if curve else "binary" if units[-1] == 1 else "multiclass"
    if curve:
        x = np.linspace(-1, 1, points)[:, None]
        y = np.sin(3 * x)
    else:
        angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
        x = rng.uniform(0.4, 1, (points, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        y = (angle * classes / (2 * np.pi)).astype(int)[:, None]
    out = np.zeros(points, bool)
    out[: held_out * 3 : 3] = True
    once = {"x": x.astype(np.float32), "y": y, "bounds": np.array(bounds[: units[0]], np.float32)}
    facts = facts_of(
        task,
        units,
        title="Invented",
        classes=() if curve else tuple(f"class {i + 1}" for i in range(classes)),
        samples=points,
        threshold=THRESHOLD if task == "binary" else None,
    )
    made = []
    for frame in range(frames):
        growth = np.float32(0.5 + frame / (frames - 1))
        grown = {
            name: growth * array if name.endswith("kernel") else array
            for name, array in weights.items()
        }
        seen = {
            "step": 5 * frame,
            "history/loss": 1 / (1 + frame),
            "gradient_norm": np.linspace(1, 0.1, len(units) - 1) / (1 + frame),
        }
        if not curve:
            seen["history/accuracy"] = frame / 5
            seen["misclassified"] = points * (5 - frame) // 5
        made.append(frame_of(facts, once, grown, **seen))
    return write(path, facts, {**once, "held_out": out}, made)
