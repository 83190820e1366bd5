"""Processes that draw frames, each on a core of its own.

They are spawned before there is anything to draw, so that they import matplotlib while
TensorFlow is still starting; the last one when it has, because it would take that core
(0.3 s). A frame depends on the recording alone: whichever process draws it, the pixels are
the same. Pixels come back through shared memory.
"""

import ctypes
import os
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.caption import Caption
from nnviz_cli.errors import DrawingError
from nnviz_cli.interrupt import held
from nnviz_cli.layout import Rows
from nnviz_cli.morph.tempo import Tempo
from nnviz_cli.theme import Theme

SLOTS = 3  # frames a process may be ahead of the film
Pixels = NDArray[np.uint8]  # (height, width, 4), RGBA


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Drawable(Protocol):
    """A picture as it is sent to a drawing process; it imports matplotlib when it is composed."""

    @property
    def size(self) -> tuple[int, int]:
        """In pixels."""

    def compose(self) -> Callable[[int], Pixels]:
        """Prepare it; the result draws a frame into a buffer that it uses again."""


@dataclass(frozen=True)
class Picture:
    """A film of learning: a recording's file, and how it looks."""

    recording: Path
    rows: Rows
    theme: Theme
    size: tuple[int, int]
    ratios: tuple[Sequence[float], Sequence[float]] = ((), ())
    captions: tuple[Caption, ...] = ()

    def compose(self) -> Callable[[int], Pixels]:
        """See `figure.compose`."""
        from nnviz_cli.figure import compose
        from nnviz_cli.recording import Recording

        recording = Recording.open(self.recording)
        return compose(recording, self.rows, self.theme, self.size, self.ratios, self.captions)


@dataclass(frozen=True)
class MorphPicture:
    """A film of a network that bends space: a recording's file, its frame, and how it looks."""

    recording: Path
    frame: int
    fps: Fraction
    tempo: Tempo
    theme: Theme
    size: tuple[int, int]

    def compose(self) -> Callable[[int], Pixels]:
        """See `morph.picture.compose`."""
        from nnviz_cli.morph.picture import compose
        from nnviz_cli.morph.plan import Plan
        from nnviz_cli.recording import Recording

        plan = Plan(Recording.open(self.recording), self.frame, self.fps, self.tempo)
        return compose(plan, self.theme, self.size)


class Drawers:
    """A few drawing processes; use them as a context manager."""

    def __init__(self, count: int, largest: tuple[int, int]) -> None:
        """`largest` is the size of the largest picture they will be asked for."""
        self._count = count
        self._room = 4 * largest[0] * largest[1]
        self._lanes: list[_Lane] = []
        self._start(count - 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for lane in self._lanes:
            lane.stop()

    def complete(self) -> None:
        """Start the last process."""
        self._start(self._count)

    def _start(self, count: int) -> None:
        context = get_context("spawn")
        while len(self._lanes) < count:
            with held():  # or nobody would know of it
                self._lanes.append(_Lane.start(context, self._room))

    def frames(self, picture: Drawable, indices: Sequence[int]) -> Iterator[Pixels]:
        """Draw frames and give them in order; pixels are good until the next one is asked for."""
        self.complete()
        lanes = self._lanes[: max(1, len(indices))]
        waiting = [list(indices[k :: len(lanes)]) for k in range(len(lanes))]
        for lane, queue in zip(lanes, waiting, strict=True):
            lane.send(picture)
            for slot in range(min(SLOTS, len(queue))):
                lane.send((queue.pop(0), slot))
        try:
            for position in range(len(indices)):
                lane = lanes[position % len(lanes)]
                slot = lane.receive()
                yield lane.pixels(slot, picture.size)
                queue = waiting[position % len(lanes)]
                if queue:
                    lane.send((queue.pop(0), slot))
        finally:
            for lane in lanes:
                lane.drain()


class _Lane:
    """One process, a pipe to it, and the memory it draws into."""

    def __init__(self, process: BaseProcess, pipe: Connection, memory: Any, room: int) -> None:
        self._process = process
        self._pipe = pipe
        self._memory = np.frombuffer(memory, np.uint8).reshape(SLOTS, room)
        self._owed = 0  # frames asked for and not yet received

    @classmethod
    def start(cls, context: Any, room: int) -> Self:
        ours, theirs = context.Pipe()
        memory = context.RawArray(ctypes.c_uint8, SLOTS * room)
        process = context.Process(target=_work, args=(theirs, memory, room), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours, memory, room)

    def send(self, message: Any) -> None:
        try:
            self._pipe.send(message)
        except OSError as error:
            raise self._death() from error
        self._owed += isinstance(message, tuple)  # a picture is owed nothing

    def receive(self) -> int:
        try:
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._death() from error
        self._owed -= 1
        if isinstance(answer, str):
            self._owed = 0
            raise DrawingError(f"a frame could not be drawn\n{answer}")
        slot: int = answer
        return slot

    def pixels(self, slot: int, size: tuple[int, int]) -> Pixels:
        width, height = size
        return self._memory[slot, : 4 * width * height].reshape(height, width, 4)

    def drain(self) -> None:
        """Receive what was asked for and is no longer wanted."""
        while self._owed and self._process.is_alive():
            self.receive()

    def stop(self) -> None:
        """End at once: a drawing process holds nothing that could be lost."""
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def _death(self) -> DrawingError:
        self._owed = 0
        self._process.join(1.0)
        code = self._process.exitcode
        how = f"signal {-code}; out of memory?" if code is not None and code < 0 else f"exit {code}"
        return DrawingError(f"a drawing process died ({how})")


def _work(pipe: Connection, memory: Any, room: int) -> None:
    """The life of a drawing process: pictures and frames in, slots out, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    try:
        slots = np.frombuffer(memory, np.uint8).reshape(SLOTS, room)
        _serve(pipe, slots)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone
    except Exception:
        pipe.send(traceback.format_exc())


def _serve(pipe: Connection, slots: NDArray[np.uint8]) -> None:
    import nnviz_cli.figure  # noqa: F401 - ready before there is anything to draw

    warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # told once
    draw = None
    while True:
        message = pipe.recv()
        if not isinstance(message, tuple):
            draw = message.compose()
            continue
        frame, slot = message
        if draw is None:
            raise RuntimeError("asked for a frame before a picture")
        pixels = draw(frame)
        slots[slot, : pixels.size] = pixels.reshape(-1)
        pipe.send(slot)
