"""What several tests need: small specs, and recordings with and without TensorFlow."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nnviz_cli
from nnviz_cli.recording.recording import Facts, Recorder, Recording
from nnviz_cli.spec.keys import Spec
from nnviz_cli.spec.load import load
from nnviz_cli.spec.yaml_reader import read_text
from tests.invented import invented
from tests.tiers import (  # noqa: F401 - hooks
    pytest_configure,
    pytest_runtest_protocol,
    pytest_sessionstart,
)

# the tests leave nothing behind, and meet nothing that an earlier run kept
CACHE = tempfile.TemporaryDirectory(prefix="nnviz-tests-")
os.environ["XDG_CACHE_HOME"] = CACHE.name

PACKAGE = Path(nnviz_cli.__file__).parent  # in the tree, or installed from a wheel
CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))

RINGS = """
dataset: {name: rings, points: 60}
model: {layers: [3, 2, 1]}
training: {learning_rate: 0.1, loss: mse, batch_size: 32}
frames: 4
"""
CURVE = """
dataset: {name: polynomial, points: 70, watched: 30}
model: {layers: [4, 1]}
training: {learning_rate: 0.01, batch_size: 16}
frames: 4
"""


def spec_of(text: str) -> Spec:
    """A checked spec from YAML."""
    return load(read_text(text, "spec.yaml"))


def record(spec: Spec, path: Path) -> Recording:
    """Train a spec; TensorFlow is imported when it is asked for."""
    from nnviz_cli.train.record import record

    return record(spec, path)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
    if os.getuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@pytest.fixture
def made_up(tmp_path: Path) -> Recording:
    """A recording of rings that no network made: the plane turns by 10 degrees a frame."""
    facts = Facts(
        title="Made up",
        task="binary",
        classes=("inner", "outer"),
        units=(2, 2, 1),
        names=("hidden_1", "output"),
        activations=("tanh", "sigmoid"),
        optimizer="SGD 0.1",
        loss="mean_squared_error",
        samples=80,
        per_class=(40, 40),
        steps_per_epoch=5,
        probe=1,
        threshold=0.5,
    )
    frames = 6
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = np.concatenate([circle, circle / 2]).astype(np.float32)
    y = np.repeat([[1.0], [0.0]], 40, axis=0).astype(np.float32)
    even = np.linspace(-1.1, 1.1, 21, dtype=np.float32)
    upright = [np.stack([np.full(21, value), even], axis=1) for value in even]
    grid = np.array(upright + [line[:, ::-1] for line in upright], np.float32)
    mesh = np.stack(np.meshgrid(even, even), axis=2)
    bounds = np.array([[-1.1, 1.1], [-1.1, 1.1]], np.float32)
    still = {
        "x": x,
        "y": y,
        "bounds": bounds,
        "extent": bounds,
        "grid": grid,
        "held_out": np.zeros(80, bool),
    }
    path = tmp_path / "made_up.h5"
    with Recorder(path, facts, still, frames) as recorder:
        for frame in range(frames):
            turn = np.radians(10 * frame)
            rotation = np.array(
                [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]], np.float32
            )
            places = np.concatenate([x, grid.reshape(-1, 2)]) @ rotation.T
            recorder.append(
                {
                    "step": 5 * frame,
                    "history/loss": np.float32(1 / (1 + frame)),
                    "history/accuracy": np.float32(frame / 5),
                    "misclassified": 80 - 16 * frame,
                    "activation/1": places[:80],
                    "grid_activation/1": places[80:].reshape(grid.shape),
                    "output": y,
                    "logit": (np.linalg.norm(mesh, axis=2) - 0.75).astype(np.float32)[None],
                    "kernel/1": rotation.T,
                    "bias/1": np.zeros(2, np.float32),
                    "maps/1": np.moveaxis(mesh[::4, ::4] @ rotation.T, 2, 0),
                    "maps/2": np.linalg.norm(mesh[::4, ::4], axis=2)[None],
                    "spread/weights": np.linspace([-1, 0], [1, frame], 7, axis=1),
                    "spread/activations": np.linspace([-2, -1], [2, 1], 7, axis=1),
                    "spread/gradients": np.array([1.0, 0.5]) / (1 + frame),
                    "kernel/2": np.array([[1.0], [0.0]], np.float32),  # b is 0: an upright line
                    "bias/2": np.array([0.25], np.float32),  # the boundary is at 0.25
                    "low/1": places.min(axis=0),
                    "high/1": places.max(axis=0),
                }
            )
    return Recording.open(path)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Recording]:
    """Make a recording of a network that was never trained; see `invented`."""
    return lambda units, **more: invented(tmp_path / "invented.h5", units, **more)
