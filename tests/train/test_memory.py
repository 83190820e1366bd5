"""The memory and the disk of a training with wide layers are what the check of a spec expects.

Not within 20 %: one batch of all samples with ReLU (takes 1.75 times the estimate), 600 000 samples
in narrow layers with a validation split (1.6 times), 300 000 samples of a curve (0.82 times).
"""

import subprocess
import sys

import pytest

from nnviz_cli.data.table import sample
from nnviz_cli.spec.load import load
from nnviz_cli.spec.yaml_reader import read_text

SPEC = "dataset: {name: %s}\nmodel: {layers: [%s], activation: %s}\nframes: 3\ntraining: {%s}\n"
MEASURE = """
import re, resource, sys
from pathlib import Path
from nnviz_cli.command.process import start_tensorflow
start_tensorflow()
from nnviz_cli.train.record import record
from nnviz_cli.spec.load import load
from nnviz_cli.spec.yaml_reader import read_text
def peak():
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss starts with that of the process that started this one
        return 1024 * int(re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
record(load(read_text(sys.argv[1], "spec.yaml"), large=True), Path(sys.argv[2]))
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    "parts",
    [
        ("rings, points: 200000", "64, 64, 64, 1", "tanh", "batch_size: 1000"),
        ("rings, points: 100000", "256, 256, 1", "relu", "batch_size: 1000"),
        ("rings, points: 300000", "256, 8, 1", "tanh", "batch_size: 5000"),
    ],
)
def test_a_training_takes_the_memory_and_the_disk_that_are_estimated(parts, tmp_path):
    text = SPEC % parts
    spec, path = load(read_text(text, "spec.yaml"), large=True), tmp_path / "run.h5"
    points = sample(spec.dataset.name, spec.dataset.options)
    command = [sys.executable, "-c", MEASURE, text, str(path)]
    taken = int(subprocess.run(command, check=True, capture_output=True).stdout)
    assert spec.memory(points) == pytest.approx(taken, rel=0.2), f"{taken / 1e6:.0f} MB"
    assert spec.room(points) == pytest.approx(path.stat().st_size, rel=0.2)
