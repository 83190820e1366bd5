"""Drawing workers: processes that draw frames, each on a core of its own.

They are spawned before there is anything to draw, so that they import matplotlib while
TensorFlow is still starting; the last one when it has, because it would take that core
(0.3 s). A frame depends on the recording alone: whichever worker draws it, the pixels are
the same. Pixels come back through shared memory.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Self

from nnviz_cli.draw.picture import Drawable, Pixels
from nnviz_cli.draw.worker import Worker
from nnviz_cli.draw.worker_process import SLOTS
from nnviz_cli.errors import DrawingError
from nnviz_cli.signals import deferred

WATCH_INTERVAL = 0.5  # seconds between checks that all processes live


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class DrawingWorkers:
    """A few drawing workers; use them as a context manager.

    One that dies is replaced, and its replacement draws its frames again.
    """

    def __init__(self, count: int, largest: tuple[int, int]) -> None:
        """`largest` is the size of the largest picture they will be asked for."""
        self._count = count
        self._room = 4 * largest[0] * largest[1]
        self._workers: list[Worker] = []
        self._deaths: list[str] = []
        self._cut: set[str] = set()
        self._start(count - 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()

    def complete(self) -> None:
        """Start the last process."""
        self._start(self._count)

    def _start(self, count: int) -> None:
        while len(self._workers) < count:
            with deferred():  # or nobody would know of it
                self._workers.append(Worker(self._room, self._deaths, self._cut))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Replace processes that die meanwhile; for a time in which nothing is drawn."""
        over = Event()

        def watch() -> None:
            while not over.wait(WATCH_INTERVAL):
                for worker in tuple(self._workers):
                    with suppress(DrawingError):  # raised again by the first frame
                        worker.revive()

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def deaths(self) -> tuple[str, ...]:
        """Warnings about processes that died since the last call."""
        noted = tuple(dict.fromkeys(self._deaths))
        self._deaths.clear()
        return noted

    def cut(self) -> tuple[str, ...]:
        """Words of the last picture that ended with an ellipsis for want of room."""
        return tuple(sorted(self._cut))

    def frames(self, picture: Drawable, indices: Sequence[int]) -> Iterator[Pixels]:
        """Draw frames and yield them in order; pixels are good until the next one is asked for.

        Raises DrawingError for what cannot be drawn, and for a frame whose process died twice.
        """
        self.complete()
        self._cut.clear()
        workers = self._workers[: max(1, len(indices))]
        waiting = [list(indices[k :: len(workers)]) for k in range(len(workers))]
        try:
            for worker, queue in zip(workers, waiting, strict=True):
                worker.show(picture)
                for slot in range(min(SLOTS, len(queue))):
                    worker.ask(queue.pop(0), slot)
            for position in range(len(indices)):
                worker = workers[position % len(workers)]
                slot = worker.receive()
                yield worker.pixels(slot, picture.size)
                queue = waiting[position % len(workers)]
                if queue:
                    worker.ask(queue.pop(0), slot)
        finally:
            for worker in workers:
                worker.drain()
