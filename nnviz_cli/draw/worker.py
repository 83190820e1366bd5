"""One drawing worker: its process, its shared memory, and its replacement if it dies."""

import ctypes
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from threading import Lock
from typing import Any

from nnviz_cli.draw.picture import Drawable, Pixels
from nnviz_cli.draw.worker_process import SLOTS, run, slots_of
from nnviz_cli.errors import DrawingError
from nnviz_cli.signals import deferred

MOST_DEATHS = 2  # of the processes that draw one frame, or none; then no other is started
BLAS_THREADS = (  # variables of OpenBLAS, OpenMP, MKL and Accelerate, read when NumPy is imported
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_CONTEXT = get_context("spawn")
_STARTING = Lock()  # two threads that start workers would restore each other's environment


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Let a process that is started meanwhile compute with one thread.

    There is a worker per core already. It must be set before NumPy is imported there, which a
    user's script may do in its first line.
    """
    with _STARTING:
        kept = {name: os.environ[name] for name in BLAS_THREADS if name in os.environ}
        os.environ.update(dict.fromkeys(BLAS_THREADS, "1"))
        try:
            yield
        finally:
            for name in BLAS_THREADS:
                del os.environ[name]
            os.environ.update(kept)


class Worker:
    """A process that draws frames into shared memory, or its replacement after it died."""

    def __init__(self, room: int, deaths: list[str], cut: set[str]) -> None:
        self._room = room
        self._shared = _CONTEXT.RawArray(ctypes.c_uint8, SLOTS * room)
        self._slots = slots_of(self._shared, room)
        self._picture: Drawable | None = None
        self._asked: deque[tuple[int, int]] = deque()  # frames not yet received, and their slots
        self._in_a_row = 0  # deaths since a frame was drawn
        self._deaths = deaths
        self._cut = cut
        self._begin()

    def _begin(self) -> None:
        ours, theirs = _CONTEXT.Pipe()
        arguments = (theirs, self._shared, self._room)
        process = _CONTEXT.Process(target=run, args=arguments, daemon=True)
        try:
            with _one_blas_thread():
                process.start()
        except OSError as error:
            why = error.strerror or error
            raise DrawingError(f"a drawing process cannot be started: {why}") from error
        finally:
            theirs.close()
        self._pipe, self._process = ours, process

    def show(self, picture: Drawable) -> None:
        """Set the picture that the next frames are of."""
        self._picture, self._in_a_row = picture, 0
        self._send(picture)
        self._in_a_row = 0  # a process that had died before is not this picture's

    def ask(self, frame: int, slot: int) -> None:
        """Ask for a frame, drawn into a slot."""
        self._asked.append((frame, slot))
        self._send((frame, slot))

    def receive(self) -> int:
        """Wait for the next frame that was asked for; returns its slot."""
        while True:
            try:
                answer = self._pipe.recv()
                break
            except (EOFError, OSError):
                with deferred():
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
            with deferred():
                self._replace()

    def _replace(self) -> None:
        """Start another process, and ask it for all that the dead one had not drawn."""
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
