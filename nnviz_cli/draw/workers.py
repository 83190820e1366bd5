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
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.draw.layout import Rows
from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.draw.theme import Theme
from nnviz_cli.errors import DrawingError
from nnviz_cli.film.captions import Caption
from nnviz_cli.signals import held

SLOTS = 3  # frames a process may be ahead of the film
GLANCE = 0.5  # seconds between looks at whether all processes live
MOST_DEATHS = 2  # of the processes that draw one frame, or none; then no other is started
Pixels = NDArray[np.uint8]  # (height, width, 4), RGBA
_CONTEXT = get_context("spawn")


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Composed(Protocol):
    """A picture that is ready to be drawn, frame by frame."""

    @property
    def cut(self) -> Sequence[str]:
        """Words that ended with an ellipsis for want of room."""

    def __call__(self, frame: int) -> Pixels:
        """Draw a frame into a buffer that is used again."""


class Drawable(Protocol):
    """A picture as it is sent to a drawing process; it imports matplotlib when it is composed."""

    @property
    def size(self) -> tuple[int, int]:
        """In pixels."""

    def compose(self) -> Composed:
        """Prepare it."""


@dataclass(frozen=True)
class Picture:
    """A film of learning: a recording's file, and how it looks."""

    recording: Path
    rows: Rows
    theme: Theme
    size: tuple[int, int]
    ratios: tuple[Sequence[float], Sequence[float]] = ((), ())
    captions: tuple[Caption, ...] = ()

    def compose(self) -> Composed:
        """See `figure.compose`."""
        from nnviz_cli.draw.learning_film import compose
        from nnviz_cli.recording.recording import Recording

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

    def compose(self) -> Composed:
        """See `morph.picture.compose`."""
        from nnviz_cli.draw.morph.picture import compose
        from nnviz_cli.draw.morph.plan import Plan
        from nnviz_cli.recording.recording import Recording

        plan = Plan(Recording.open(self.recording), self.frame, self.fps, self.tempo)
        return compose(plan, self.theme, self.size)


class Drawers:
    """A few drawing processes; use them as a context manager.

    One that dies is replaced, and its replacement draws its frames again.
    """

    def __init__(self, count: int, largest: tuple[int, int]) -> None:
        """`largest` is the size of the largest picture they will be asked for."""
        self._count = count
        self._room = 4 * largest[0] * largest[1]
        self._lanes: list[_Lane] = []
        self._deaths: list[str] = []
        self._cut: set[str] = set()
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
        while len(self._lanes) < count:
            with held():  # or nobody would know of it
                self._lanes.append(_Lane(self._room, self._deaths, self._cut))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Replace processes that die meanwhile; for a time in which nothing is drawn."""
        over = Event()

        def watch() -> None:
            while not over.wait(GLANCE):
                for lane in tuple(self._lanes):
                    with suppress(DrawingError):  # raised again by the first frame
                        lane.revive()

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def deaths(self) -> tuple[str, ...]:
        """What is to be said of processes that died since the last call."""
        noted = tuple(dict.fromkeys(self._deaths))
        self._deaths.clear()
        return noted

    def cut(self) -> tuple[str, ...]:
        """Words of the last picture that ended with an ellipsis for want of room."""
        return tuple(sorted(self._cut))

    def frames(self, picture: Drawable, indices: Sequence[int]) -> Iterator[Pixels]:
        """Draw frames and give them in order; pixels are good until the next one is asked for.

        Raises DrawingError for what cannot be drawn, and for a frame whose process died twice.
        """
        self.complete()
        self._cut.clear()
        lanes = self._lanes[: max(1, len(indices))]
        waiting = [list(indices[k :: len(lanes)]) for k in range(len(lanes))]
        try:
            for lane, queue in zip(lanes, waiting, strict=True):
                lane.show(picture)
                for slot in range(min(SLOTS, len(queue))):
                    lane.ask(queue.pop(0), slot)
            for position in range(len(indices)):
                lane = lanes[position % len(lanes)]
                slot = lane.receive()
                yield lane.pixels(slot, picture.size)
                queue = waiting[position % len(lanes)]
                if queue:
                    lane.ask(queue.pop(0), slot)
        finally:
            for lane in lanes:
                lane.drain()


class _Lane:
    """The memory that frames are drawn into, and a process that does so, or its replacement."""

    def __init__(self, room: int, deaths: list[str], cut: set[str]) -> None:
        self._room = room
        self._shared = _CONTEXT.RawArray(ctypes.c_uint8, SLOTS * room)
        self._slots = _slots(self._shared, room)
        self._picture: Drawable | None = None
        self._asked: deque[tuple[int, int]] = deque()  # frames not yet received, and their slots
        self._in_a_row = 0  # deaths since a frame was drawn
        self._deaths = deaths
        self._cut = cut
        self._begin()

    def _begin(self) -> None:
        ours, theirs = _CONTEXT.Pipe()
        arguments = (theirs, self._shared, self._room)
        process = _CONTEXT.Process(target=_work, args=arguments, daemon=True)
        try:
            process.start()
        except OSError as error:
            why = error.strerror or error
            raise DrawingError(f"a drawing process cannot be started: {why}") from error
        finally:
            theirs.close()
        self._pipe, self._process = ours, process

    def show(self, picture: Drawable) -> None:
        """Say what the frames that are asked for are frames of."""
        self._picture, self._in_a_row = picture, 0
        self._send(picture)
        self._in_a_row = 0  # a process that had died before is not this picture's

    def ask(self, frame: int, slot: int) -> None:
        """Have a frame drawn into a slot."""
        self._asked.append((frame, slot))
        self._send((frame, slot))

    def receive(self) -> int:
        """Wait for the next frame that was asked for; gives its slot."""
        while True:
            try:
                answer = self._pipe.recv()
                break
            except (EOFError, OSError):
                with held():
                    self._replace()
        if isinstance(answer, str):
            self._asked.clear()
            raise DrawingError(f"a frame could not be drawn\n{answer}")
        self._asked.popleft()
        self._in_a_row = 0
        slot: int
        slot, cut = answer
        self._cut.update(cut)
        return slot

    def pixels(self, slot: int, size: tuple[int, int]) -> Pixels:
        """What was drawn into a slot."""
        width, height = size
        return self._slots[slot, : 4 * width * height].reshape(height, width, 4)

    def drain(self) -> None:
        """Receive what was asked for and is no longer wanted."""
        with suppress(EOFError, OSError):
            while self._asked and not isinstance(self._pipe.recv(), str):
                self._asked.popleft()
        self._asked.clear()

    def revive(self) -> None:
        """Replace the process if it is dead."""
        if not self._process.is_alive():
            self._replace()

    def stop(self) -> None:
        """End at once: a drawing process holds nothing that could be lost."""
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def _send(self, message: Any) -> None:
        try:
            self._pipe.send(message)
        except OSError:
            with held():
                self._replace()

    def _replace(self) -> None:
        """Start another process, and ask it for all that the dead one still owed."""
        while True:
            how = self._ending()
            self._in_a_row += 1
            if self._asked and self._in_a_row >= MOST_DEATHS:
                frame, _ = self._asked[0]
                raise DrawingError(f"frame {frame} ended its drawing process twice ({how})")
            if self._in_a_row > MOST_DEATHS:
                raise DrawingError(f"drawing processes die before they draw ({how})")
            self._begin()
            self._deaths.append(f"a drawing process died ({how}) and was replaced")
            try:
                for message in (*filter(None, [self._picture]), *self._asked):
                    self._pipe.send(message)
            except OSError:
                continue  # this one is dead, too
            return

    def _ending(self) -> str:
        """How the process ended, in words."""
        self._process.join(1.0)
        code = self._process.exitcode or 0
        self.stop()
        return f"signal {-code}; out of memory?" if code < 0 else f"exit {code}"


def _slots(memory: Any, room: int) -> Pixels:
    """Shared memory as one row of bytes for each slot."""
    return np.frombuffer(memory, np.uint8).reshape(SLOTS, room)


def _work(pipe: Connection, memory: Any, room: int) -> None:
    """The life of a drawing process: pictures and frames in, slots out, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    try:
        _serve(pipe, _slots(memory, room))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone
    except Exception:
        pipe.send(traceback.format_exc())


def _serve(pipe: Connection, slots: NDArray[np.uint8]) -> None:
    import nnviz_cli.draw.learning_film  # noqa: F401 - ready before there is anything to draw

    warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # told once
    draw: Composed | None = None
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
        pipe.send((slot, draw.cut))
