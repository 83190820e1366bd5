"""What nnviz takes beside the notebook's way, as ratios in one run; `make bench`.

Whole processes, one after the other (A B A B …), medians. The table is printed and, for a
full run, written to benchmarks/README.md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
RING = ROOT / "configs" / "ring_1-3-2-1.yaml"
PACKAGES = ("tensorflow", "keras", "matplotlib", "numpy", "imageio-ffmpeg")


def timed(*command):
    """Seconds of a whole process, and what it printed."""
    started = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{command} failed\n{done.stderr}")
    return seconds, done.stdout


def nnviz(*words):
    return timed(sys.executable, "-m", "nnviz_cli", *words)


def notebook(*words):
    return timed(sys.executable, HERE / "notebook.py", *words)


def medians(runs):
    return [statistics.median(column) for column in zip(*runs, strict=True)]


def whole_film(folder, rounds, frames, size):
    """The notebook's way, the first film of a machine, and a later one of the same shape."""
    runs = []
    for i in range(rounds):
        words = ("--frames", frames, "--size", size)
        theirs, _ = notebook(*words, "--out", folder / "notebook.mp4")
        os.environ["XDG_CACHE_HOME"] = str(folder / f"caches-{size}-{i}")
        ours = [
            nnviz("render", RING, *words, "-o", folder / "nnviz.mp4", "--quiet")[0]
            for _ in range(3)
        ]
        print(f"  round {i + 1}: {theirs:.1f} s and {ours} s", file=sys.stderr)
        runs.append((theirs, ours[0], statistics.mean(ours[1:])))
    return medians(runs)


def one_epoch(count):
    """An epoch and its probes, inside one warm process each."""
    code = (
        "import sys, time, json; from pathlib import Path\n"
        "from nnviz_cli.startup import silenced, start_tensorflow\n"
        "from nnviz_cli.reader import read_file; from nnviz_cli.spec import load\n"
        "spec = load(read_file(Path(sys.argv[1])))\n"
        "with silenced():\n    start_tensorflow()\n"
        "    from nnviz_cli.training import prepare\n"
        "    run = prepare(spec); seconds = []\n"
        "    for i in range(int(sys.argv[2]) + 1):\n"
        "        started = time.perf_counter()\n"
        "        run.steps.run_to((i + 1) * run.steps.per_epoch); run.look()\n"
        "        seconds.append(time.perf_counter() - started)\n"
        "print(json.dumps(seconds[1:]))"
    )
    _, theirs = notebook("--epochs", count)
    _, ours = timed(sys.executable, "-c", code, RING, 20 * count)
    return [statistics.median(json.loads(text.splitlines()[-1])) for text in (theirs, ours)]


def short_commands(rounds):
    """Start-up: help, and checking ten specs."""
    specs = sorted((ROOT / "configs").glob("*.yaml"))[:10]
    return medians([(nnviz("--help")[0], nnviz("validate", *specs)[0]) for _ in range(rounds)])


def row(what, against, target, theirs, ours, unit="s"):
    ratio = theirs / ours
    return (
        f"| {what} | {against}: {theirs:.3g} {unit} | {ours:.3g} {unit} | {ratio:.1f}× | {target} |"
    )


def table(quick):
    rounds, frames = (1, 10) if quick else (2, 100)
    lines = ["| what | against | nnviz | ratio | target |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        nnviz("render", RING, "--frames", 2, "-o", folder / "warm.mp4", "--quiet")
        for size in ("640x480",) if quick else ("640x480", "1280x720"):
            theirs, first, later = whole_film(folder, rounds, frames, size)
            what = f"the ring film, whole process, {frames} frames, {size}"
            lines.append(row(what, "the notebook's way", "≥ 25×", theirs, later))
            lines.append(row(f"{what}, nothing compiled before", "〃", "–", theirs, first))
        theirs, ours = one_epoch(3 if quick else 8)
        against = "`model.fit(epochs=1)` and 43 probe calls"
        lines.append(
            row("an epoch and its probes", against, "≥ 200×", 1e3 * theirs, 1e3 * ours, "ms")
        )
        told, checked = short_commands(3 if quick else 7)
        lines.append(f"| `nnviz --help` | – | {told:.2f} s | – | < 0.3 s |")
        lines.append(f"| `nnviz validate` on ten specs | – | {checked:.2f} s | – | < 1.0 s |")
    return lines


def machine():
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    measured = "\n".join([machine(), "", *table(quick)])
    print(measured)
    if not quick:
        path = HERE / "README.md"
        start, mark, _ = path.read_text().partition("<!-- measured -->\n")
        path.write_text(start + mark + "\n" + measured + "\n")
