"""nnviz beside everything a user could pick instead, as ratios in one run; `make bench`.

Whole processes, one after the other (A B A B …), medians. The table is printed and, for a
full run, written to benchmarks/README.md. Peers that are not nnviz's own dependencies,
ManimCE and kviz, run under an interpreter that has them: `make bench PEERS=python`.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata
from pathlib import Path

from nnviz_cli.film import ffmpeg, formats, writers

HERE = Path(__file__).parent
ROOT = HERE.parent
SPECS = sorted((ROOT / "configs").glob("*.yaml"))
RING = ROOT / "configs" / "ring_1-3-2-1.yaml"
PACKAGES = ("tensorflow", "keras", "matplotlib", "numpy", "imageio-ffmpeg")
SMALL, LARGE = "640x480", "1920x1080"
OLD_SETTINGS = ("-crf", "20", "-preset", "medium")


@dataclass(frozen=True)
class Row:
    """One line of the table: theirs beside ours, and what was asked for."""

    what: str
    against: str
    ours: str
    ratio: float | None = None
    target: str = "–"

    @property
    def met(self) -> str:
        """Whether the ratio is what the target asks for, '≥ 35×' or '< 0.3'."""
        found = re.match(r"([≥≤<]) ([\d.]+)", self.target)
        if self.ratio is None or not found:
            return ""
        reached = self.ratio >= float(found[2])
        return "yes" if reached == (found[1] == "≥") else "**no**"

    def __str__(self) -> str:
        ratio = "–" if self.ratio is None else f"{self.ratio:.3g}"
        return (
            f"| {self.what} | {self.against} | {self.ours} | {ratio} | {self.target} | {self.met} |"
        )


def versus(what, against, target, theirs, ours, unit="s"):
    """A row of times: how many times longer theirs takes."""
    return Row(what, f"{against}: {theirs:.3g} {unit}", f"{ours:.3g} {unit}", theirs / ours, target)


def limit(what, target, value, unit):
    """A row that has no peer: a value and its limit."""
    return Row(what, "–", f"{value:.3g} {unit}", value, target)


# processes ------------------------------------------------------------------------------


def timed(*command):
    """Seconds of a whole process, and what it printed."""
    started = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{command} failed\n{done.stderr}")
    return seconds, done.stdout


def nnviz(*words):
    return timed(sys.executable, "-m", "nnviz_cli", *words)[0]


def ring(folder, *words):
    """Seconds of a ring film, quietly."""
    return nnviz("render", RING, "--size", SMALL, "-o", folder / "ring.mp4", "--quiet", *words)


def told(program, *words, python=sys.executable):
    """What a script of this folder measured."""
    _, text = timed(python, HERE / program, *words)
    return json.loads(text.strip().splitlines()[-1])


def medians(runs):
    return [statistics.median(column) for column in zip(*runs, strict=True)]


def peak_memory(*words):
    """Most megabytes that nnviz and all its processes held together (Pss; Linux only)."""
    command = [sys.executable, "-m", "nnviz_cli", *map(str, words)]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    most = 0.0
    while process.poll() is None:
        most = max(most, sum(map(_held, _session(process.pid))))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return most / 1024


def _session(leader):
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[3]) == leader:
                yield stat.parent
        except OSError:
            continue  # it ended


def _held(process):
    try:
        return int(re.search(r"^Pss:\s+(\d+)", (process / "smaps_rollup").read_text(), re.M)[1])
    except (OSError, TypeError):
        return 0


def first_line(folder):
    """Seconds until a render says what it does."""
    command = [sys.executable, "-m", "nnviz_cli", "render", RING, "--frames", "2", "-o"]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, folder / "said.mp4"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=ROOT
    )
    process.stderr.readline()
    seconds = time.perf_counter() - started
    threading.Thread(target=process.stderr.read, daemon=True).start()
    process.wait()
    return seconds


# sections of the table ------------------------------------------------------------------


def whole_films(folder, quick):
    """The notebook's way, the first film of a machine, and a later one of the same shape."""
    frames = 10 if quick else 100
    plan = [(SMALL, 1)] if quick else [(SMALL, 2), ("1280x720", 1)]
    for size, rounds in plan:
        runs = []
        for i in range(rounds):
            words = ("--frames", frames, "--size", size)
            theirs, _ = timed(
                sys.executable, HERE / "notebook.py", *words, "--out", folder / "nb.mp4"
            )
            os.environ["XDG_CACHE_HOME"] = str(folder / f"caches-{size}-{i}")
            first, *later = (ring(folder, *words) for _ in range(3))
            runs.append((theirs, first, statistics.mean(later)))
        theirs, first, later = medians(runs)
        what = f"the ring film, whole process, {frames} frames, {size}"
        target = "≥ 35×" if size == SMALL and not quick else "–"
        yield versus(what, "the notebook's way", target, theirs, later)
        yield versus(f"{what}, nothing compiled before", "〃", "–", theirs, first)


def training(_, quick):
    """An epoch with its probes, inside one warm process each."""
    count = 3 if quick else 8
    theirs = 1e3 * statistics.median(told("notebook.py", "--epochs", count))
    ours = 1e3 * statistics.median(told("inside.py", "epochs", 20 * count))
    against = "`model.fit(epochs=1)` and 43 probe calls"
    yield versus("an epoch and its probes", against, "≥ 200×", theirs, ours, "ms")


def all_configs(folder, quick):
    """Ten films in one command, and one after the other in the notebook's way."""
    if quick:
        return
    theirs, ring_alone = 0.0, 0.0
    for spec in SPECS:
        words = ("--name", spec.stem, "--out", folder / "nb.mp4")
        seconds, _ = timed(sys.executable, HERE / "notebook.py", *words)
        theirs += seconds
        ring_alone = seconds if spec == RING else ring_alone
    os.environ["XDG_CACHE_HOME"] = str(folder / "caches-all")
    words = ("--size", SMALL, "-o", f"{folder}/{{name}}.mp4", "--quiet")
    first, later = (nnviz("render", *SPECS, *words) for _ in range(2))
    what = "all ten configs, one command, 640x480"
    yield versus(what, "the notebook's way, ten ring films", "≥ 50×", 10 * ring_alone, later)
    yield versus(f"{what}, nothing compiled before", "〃", "–", 10 * ring_alone, first)
    yield versus(what, "the notebook's way, these ten films", "–", theirs, later)


def points(folder, _):
    """40000 points on a canvas, and how near both pictures are to exact places."""
    for size, target in ((SMALL, "≥ 4×"), (LARGE, "≥ 3×")):
        seen = told("inside.py", "points", folder / "ring.h5", size)
        what = f"40000 points on a canvas, {size}"
        against = "all of them by `ax.plot(marker='.')`, blitted"
        yield versus(what, against, target, seen["plain"], seen["ours"], "ms")
        yield versus(
            f"a whole frame of ours, {size}", "〃", "–", seen["plain"], seen["frame"], "ms"
        )
        yield Row(
            f"the points' picture against exact places, PSNR, {size}",
            f"{seen['plain to exact']:.1f} dB",
            f"{seen['ours to exact']:.1f} dB",
            seen["ours to exact"] / seen["plain to exact"],
            "≥ 1×",
        )


def films(folder, quick, peers):
    """A recording drawn and encoded: FuncAnimation, ManimCE, and x264 alone."""
    recording, out = folder / "ring.h5", folder / "drawn.mp4"
    plan = [(SMALL, "≥ 12×", "≥ 3×"), (LARGE, "≥ 6×", "≥ 2.5×")]
    for size, animation, manim in plan[:1] if quick else plan:
        runs = []
        for _ in range(1 if quick else 3):
            ours = told("inside.py", "film", recording, size, out)
            one = told("inside.py", "film", recording, size, out, 1)
            runs.append([1e3 * run[stage] for run in (ours, one) for stage in ("film", "draw")])
        film, draw, film_one, draw_one = medians(runs)
        what = f"drawing and encoding a frame, {size}"
        theirs = 1e3 * told("notebook.py", "--recording", recording, "--size", size, "--out", out)
        yield versus(what, "FuncAnimation", animation, theirs, film, "ms")
        if peers:
            theirs = 1e3 * told("manim_peer.py", recording, size, python=peers)
            yield versus(what, "ManimCE", manim, theirs, film, "ms")
        raw = folder / "frames.raw"
        told("inside.py", "raw", recording, size, raw)
        alone = 1e3 * statistics.median(x264(raw, size, out) for _ in range(3)) / 100
        yield Row(
            f"{what}, as throughput",
            f"x264 alone: {1e3 / alone:.0f} frames/s",
            f"{1e3 / film:.0f} frames/s",
            alone / film,
            "≥ 0.5",
        )
        yield versus(f"drawing alone, {size}", "1 process", "–", draw_one, draw, "ms")
        yield versus(what, "1 drawing process", "–", film_one, film, "ms")
        yield from settings(folder, raw, size)
        raw.unlink()


def panels(_, quick):
    """Every panel alone in its picture; the two of the ring film are in the rows above."""
    sizes = (SMALL,) if quick else (SMALL, "1280x720", LARGE)
    for label, values in told("inside.py", "panels", *sizes).items():
        shown = ", ".join(f"{value:.3g}" for value in values) + " ms"
        yield Row(f"a frame of one panel, {label}; {', '.join(sizes)}", "–", shown)


def settings(folder, raw, size):
    """Our encoder settings beside those before: time, bytes, PSNR and SSIM."""
    new, old = folder / "new.mp4", folder / "old.mp4"
    arguments = list(formats.FORMATS[".mp4"].arguments)
    start = arguments.index("-crf")
    end = start + len(formats.QUALITY)
    before = arguments[:start] + list(OLD_SETTINGS) + arguments[end:]
    quick_time, slow_time = x264(raw, size, new), x264(raw, size, old, before)
    told_new, told_old = (likeness(raw, size, path) for path in (new, old))
    kilobytes = [path.stat().st_size / 1e3 for path in (old, new)]
    yield Row(
        f"encoder settings, {size}",
        f"`{' '.join(OLD_SETTINGS)}`: PSNR {told_old[0]:.1f} dB, SSIM {told_old[1]:.4f}, "
        f"{kilobytes[0]:.0f} kB, {10 * slow_time:.1f} ms a frame",
        f"PSNR {told_new[0]:.1f} dB, SSIM {told_new[1]:.4f}, "
        f"{kilobytes[1]:.0f} kB, {10 * quick_time:.1f} ms a frame",
        slow_time / quick_time,
    )


def x264(raw, size, out, arguments=formats.FORMATS[".mp4"].arguments):
    """Seconds of ffmpeg on raw frames, with our settings unless told others."""
    source = _source(raw, size)
    return timed(ffmpeg.ffmpeg(), *source, *arguments, *writers.SAME, "-y", out)[0]


def likeness(raw, size, film):
    """PSNR in dB and SSIM of a film to its raw frames, as ffmpeg computes them."""
    arguments = formats.FORMATS[".mp4"].arguments
    ours = f"{arguments[arguments.index('-vf') + 1]},format=yuv420p"
    graph = f"[0:v]{ours},split[a][b];[1:v]split[c][d];[c][a]psnr;[d][b]ssim"
    command = [ffmpeg.ffmpeg(), *_source(raw, size), "-i", film, "-lavfi", graph, "-f", "null", "-"]
    text = subprocess.run(list(map(str, command)), capture_output=True, text=True).stderr
    found = (re.search(pattern, text) for pattern in (r"average:([\d.]+)", r"All:([\d.]+)"))
    return [float(match[1]) for match in found]


def _source(raw, size):
    width, height = map(int, size.split("x"))
    return [*ffmpeg.raw_frames((width, height), Fraction(20)), "-i", raw]


def other_tools(folder, quick, peers):
    """kviz, training included, beside a frame of our whole process."""
    if not peers or quick:
        return
    ours = ring(folder) / 100
    for what, words in (("its input view", ()), ("its feature view", ("features",))):
        theirs = told("kviz_peer.py", 3, *words, python=peers)
        yield versus("a frame of a whole film, 640x480", f"kviz, {what}", "–", theirs, ours)


def short_commands(folder, quick):
    """Start-up: help, checking ten specs, and the first sign of life."""
    rounds = 3 if quick else 7
    helped, checked, said = medians(
        [
            (nnviz("--help"), nnviz("validate", *SPECS[:10]), first_line(folder))
            for _ in range(rounds)
        ]
    )
    yield limit("`nnviz --help`", "< 0.3 s", helped, "s")
    yield limit("`nnviz validate` on ten specs", "< 1.0 s", checked, "s")
    yield limit("the first progress line", "< 0.5 s", said, "s")


def growth(folder, quick):
    """Memory and time with ten and twenty times the frames, and ten times the points."""
    if quick:
        return
    words = ("render", RING, "--size", SMALL, "-o", folder / "long.mp4", "--quiet", "--frames")
    if Path("/proc/self/smaps_rollup").exists():
        few, many = (peak_memory(*words, frames) for frames in (100, 2000))
        yield Row(
            "memory of all processes, 2000 frames",
            f"100 frames: {few:.0f} MB",
            f"{many:.0f} MB",
            many / few,
            "≤ 1.1×",
        )
    runs = [[ring(folder, "--frames", frames) for frames in (2, 100, 1000)] for _ in range(3)]
    start, hundred, thousand = medians(runs)
    yield Row(
        "time, 1000 frames, less the start",
        f"100 frames: {hundred - start:.2f} s (the start: {start:.2f} s)",
        f"{thousand - start:.2f} s",
        (thousand - start) / (hundred - start),
        "≤ 10×",
    )
    more = ring(folder, "--set", "dataset.points=200000")
    yield Row(
        "time, 400000 points",
        f"40000 points: {hundred:.2f} s",
        f"{more:.2f} s",
        more / hundred,
        "≤ 10×",
    )


def floor(folder, quick):
    """What the film cannot do without: TensorFlow's import, 99 epochs, x264 on the frames."""
    frames = 10 if quick else 100
    plain = "import tensorflow, keras"
    ours = "from nnviz_cli.command.process import start_tensorflow as start; start()"
    theirs, imported = (timed(sys.executable, "-c", code)[0] for code in (plain, ours))
    yield versus("importing TensorFlow and Keras", "a plain import", "–", theirs, imported)
    epochs = (frames - 1) * statistics.median(told("inside.py", "epochs", 20))
    raw = folder / "frames.raw"
    told("inside.py", "raw", folder / "ring.h5", SMALL, raw)
    encoded = x264(raw, SMALL, folder / "floor.mp4") * frames / 100
    least = imported + epochs + encoded
    whole = ring(folder, "--frames", frames)
    parts = f"import {imported:.2f}, epochs and probes {epochs:.2f}, x264 alone {encoded:.2f}"
    what = f"the ring film beside its floor, {frames} frames"
    yield Row(what, f"{least:.2f} s ({parts})", f"{whole:.2f} s", whole / least)


def table(quick, peers):
    """All rows, each section told of as it is done."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ring(folder, "--frames", 2)  # bytecode, and files into memory
        told("inside.py", "record", folder / "ring.h5")
        for section in (whole_films, training, all_configs, points, films, other_tools):
            extra = (peers,) if section in (films, other_tools) else ()
            yield from section(folder, quick, *extra)
        for section in (panels, short_commands, growth, floor):
            yield from section(folder, quick)


def machine():
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", default="", help="an interpreter that has manim and kviz")
    options = parser.parse_args()
    head = [
        machine(),
        "",
        "| what | against | nnviz | ratio | target | met |",
        "|---|---|---|---|---|---|",
    ]
    print("\n".join(head), flush=True)
    rows = []
    for row in table(options.quick, options.peers):
        print(row, flush=True)
        rows.append(str(row))
    if not options.quick:
        path = HERE / "README.md"
        start, mark, _ = path.read_text().partition("<!-- measured -->\n")
        path.write_text("\n".join([start + mark, *head, *rows]) + "\n")


if __name__ == "__main__":
    main()
