"""What several tests need: small specs, and recordings with and without TensorFlow."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nnviz_cli
from nnviz_cli.recording.recording import Recording
from nnviz_cli.spec.keys import Spec
from nnviz_cli.spec.load import load
from nnviz_cli.spec.yaml_reader import read_text
from tests.invented import invented
from tests.recordings import facts_of, frame_of, write
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
    """A recording of rings, of a network that turns the plane by 10 degrees per frame.

    Its boundary is where the first hidden unit is 0.25.
    """
    facts = facts_of(
        "binary",
        (2, 2, 1),
        activations=("linear", "sigmoid"),
        classes=("inner", "outer"),
        names=("hidden_1", "output"),
        samples=80,
        per_class=(40, 40),
        threshold=0.5,
    )
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    once = {
        "x": np.concatenate([circle, circle / 2]).astype(np.float32),
        "y": np.repeat([[1.0], [0.0]], 40, axis=0),
        "bounds": np.array([[-1.1, 1.1], [-1.1, 1.1]], np.float32),
    }
    frames = []
    for frame in range(6):
        turn = np.radians(10 * frame)
        rotation = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        weights = {
            "1/kernel": np.array(rotation, np.float32).T,
            "1/bias": np.zeros(2, np.float32),
            "2/kernel": np.array([[1.0], [0.0]], np.float32),  # b is 0: an upright line
            "2/bias": np.array([0.25], np.float32),
        }
        seen = {
            "step": 5 * frame,
            "history/loss": 1 / (1 + frame),
            "history/accuracy": frame / 5,
            "misclassified": 80 - 16 * frame,
            "gradient_norm": np.array([1.0, 0.5]) / (1 + frame),
        }
        frames.append(frame_of(facts, once, weights, **seen))
    return write(tmp_path / "made_up.h5", facts, once, frames)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Recording]:
    """Make a recording of a network that was never trained; see `invented`."""
    return lambda units, **more: invented(tmp_path / "invented.h5", units, **more)
