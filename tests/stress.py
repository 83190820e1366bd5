"""Kill renders at random moments and look at what is left; `make stress`.

Each trial renders over an older film, or none, in a folder of its own, and kills the
process, one of its drawing processes or its ffmpeg. A loss is a film that is neither the
older one nor the whole new one, a file beside it that is not whole, a process that lives on,
a part file that stays, or an exit status or last words that are not those promised.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nnviz_cli.film import atomic

SPEC = """
dataset: {name: rings, points: 2000}
model: {layers: [3, 2, 1]}
view: {size: 640x360}
frames: 60
captions: [{epoch: 3, text: three epochs}]
"""
BESIDE = ("a.mp4.json", "a.vtt")  # what is written after the film


@dataclass(frozen=True)
class Victim:
    """Who is killed, how, and what is right then."""

    signal: int
    statuses: set[int]  # beside 0, of a whole film
    who: str = ""  # words of its command line; none: the render itself
    times: int = 1

    @property
    def swept(self) -> bool:
        """Whether the render ends at once, and its part files are left to the next run."""
        return not self.who and (self.signal == signal.SIGKILL or self.times > 1)


VICTIMS = {
    "process by SIGINT": Victim(signal.SIGINT, {130}),
    "process by SIGTERM": Victim(signal.SIGTERM, {143}),
    "process by SIGINT twice": Victim(signal.SIGINT, {130}, times=2),
    "process by SIGKILL": Victim(signal.SIGKILL, {-signal.SIGKILL}),
    "drawing process by SIGKILL": Victim(signal.SIGKILL, set(), "multiprocessing.spawn"),
    "ffmpeg by SIGKILL": Victim(signal.SIGKILL, {1}, "-progress"),
}
PAUSE = 0.2  # seconds between two signals, at most
PATIENCE = 3.0  # seconds until every process must be gone


@dataclass(frozen=True)
class Ground:
    """What all trials have in common."""

    older: bytes
    newer: bytes
    beside: dict[str, bytes]  # the newer one's files beside it
    seconds: float  # a render takes


def prepare(folder: Path) -> Ground:
    """Make the two films that may be found after a trial."""
    films = []
    for seed in (1, 0):
        started = time.monotonic()
        process = start(folder, seed)
        _, err = process.communicate()
        assert process.returncode == 0, err
        films.append((folder / "a.mp4").read_bytes())
    seconds = time.monotonic() - started
    return Ground(*films, {name: (folder / name).read_bytes() for name in BESIDE}, seconds)


def start(folder: Path, seed: int = 0, path: Path | str = "") -> "subprocess.Popen[str]":
    """A render in a session of its own; its temporary files are in the folder, too.

    Modules are looked for in `path` first.
    """
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    (folder / "rings.yaml").write_text(SPEC)
    command = [sys.executable, "-m", "nnviz_cli", "render", "rings.yaml", "-o", "a.mp4"]
    return subprocess.Popen(
        [*command, "--seed", str(seed)],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def listens(process: int) -> bool:
    """Whether a process handles SIGTERM: Python by itself does not, our first line does."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return True
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def session(leader: int) -> dict[int, str]:
    """Command lines of the living processes of a session."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, number = (place / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(number) == leader and state != "Z":
                found[int(place.name)] = (place / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue  # it ended
    return found


@dataclass(frozen=True)
class Remains:
    """What a killed render leaves."""

    status: int
    out: str
    err: str
    early: bool  # killed before our first line was read: Python's own handlers answered
    alive: dict[int, str]  # processes that live on


def killed(folder: Path, kind: str, moment: float, rng: random.Random) -> Remains:
    """Render, and kill after so many seconds, or as soon as there is whom to kill."""
    victim = VICTIMS[kind]
    process = start(folder)
    time.sleep(moment)
    early = False
    while process.poll() is None:
        living = session(process.pid)
        if victims := [pid for pid, line in living.items() if victim.who in line]:
            early = not listens(process.pid)
            chosen = rng.choice(victims) if victim.who else process.pid
            for _ in range(victim.times):
                with suppress(ProcessLookupError):
                    os.kill(chosen, victim.signal)
                time.sleep(rng.uniform(0, PAUSE))
            break
        time.sleep(0.005)
    out, err = process.communicate(timeout=30)
    deadline = time.monotonic() + PATIENCE
    while (alive := session(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return Remains(process.returncode, out, err, early, alive)


def trial(folder: Path, ground: Ground, kind: str, rng: random.Random) -> Iterator[str]:
    """Kill once, and give each loss in words."""
    older = ground.older if rng.random() < 0.5 else b""
    folder.mkdir()
    if older:
        (folder / "a.mp4").write_bytes(older)
    remains = killed(folder, kind, rng.uniform(0, ground.seconds), rng)
    if remains.alive:
        yield f"alive after {PATIENCE:g} s: {remains.alive}"
    film = (folder / "a.mp4").read_bytes() if (folder / "a.mp4").exists() else b""
    if film not in (older, ground.newer) or (remains.status == 0 and film != ground.newer):
        yield f"a film of {len(film)} bytes that is neither the older one nor the new one"
    for name, whole in ground.beside.items():
        if (folder / name).exists() and (folder / name).read_bytes() != whole:
            yield f"{name} is not what a whole render writes"
    if VICTIMS[kind].swept:
        for place in (folder, folder / "tmp"):
            atomic.sweep(place)  # what the next run does first
    if left := parts(folder):
        yield f"left behind: {left}"
    if not remains.early:
        yield from misspoken(remains, kind)


def misspoken(remains: Remains, kind: str) -> Iterator[str]:
    """What is wrong with an exit status and last words."""
    victim = VICTIMS[kind]
    if remains.status not in victim.statuses | {0}:
        yield f"exit status {remains.status}: {remains.err[-300:]}"
    if "Traceback" in remains.err:
        yield f"a traceback: {remains.err[-300:]}"
    kept = ": kept a.mp4" if remains.out else ": nothing was written"
    words = [f"interrupted{more}\n" for more in (kept, *[""] * (victim.times > 1))]
    if remains.status in (130, 143) and not remains.err.endswith(tuple(words)):
        yield f"last words: {remains.err[-200:]}"


def parts(folder: Path) -> list[str]:
    """Part files, and temporary ones."""
    return [path.name for path in (*folder.glob(".*"), *(folder / "tmp").glob(".nnviz*"))]


def main() -> int:
    """Run trials and print figures; the exit status says whether anything was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    losses: Counter[str] = Counter()
    done: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ground = prepare(folder / "ground")
        for i in range(options.trials):
            kind = list(VICTIMS)[i % len(VICTIMS)]
            found = list(trial(folder / str(i), ground, kind, rng))
            done[kind] += 1
            losses[kind] += bool(found)
            for loss in found:
                print(f"trial {i}, {kind}: {loss}", flush=True)
            shutil.rmtree(folder / str(i))
    for kind, count in done.items():
        print(f"{kind}: {count} trials, {losses[kind]} losses")
    print(f"in all: {done.total()} trials, {losses.total()} losses")
    return int(losses.total() > 0)


if __name__ == "__main__":
    sys.exit(main())
