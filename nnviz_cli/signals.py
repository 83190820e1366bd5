"""Ctrl-C and SIGTERM: a first signal ends this process where nothing breaks, a second at once.

Only the command line listens. Everywhere else, in a notebook for instance, signals keep the
handlers that they have, and what is here does nothing.
"""

import os
import signal
import sys
from _thread import start_new_thread
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
CLEAR = b"\r\x1b[K\x1b[?25h"  # a live line goes away, and the cursor comes back


class Stopped(KeyboardInterrupt):
    """The user, or the system, wants this process to end."""


class Signals:
    """The signals that a process has received.

    The number is kept, because an exception that is raised inside a library may be dropped (by a
    clean-up callback) or wrapped: `check` raises it again, and whatever else is raised after a
    signal is the signal's doing.
    """

    def __init__(self) -> None:
        self.received = 0  # the number of the last one; 0: none
        self.reported = False  # whether the user has read what was kept
        self._deferrals = 0  # how many `deferred` are open

    @property
    def status(self) -> int:
        """What a shell expects from a process that ends by this signal."""
        return 128 + self.received

    def check(self) -> None:
        """Raise `Stopped` if there was a signal."""
        if self.received:
            raise Stopped

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Put a first signal off until the next `check`."""
        self._deferrals += 1
        try:
            yield
        finally:
            self._deferrals -= 1

    def notice(self, number: int, _: FrameType | None) -> None:
        """Handle a signal."""
        again, self.received = bool(self.received), number
        if not again and not self._deferrals:
            raise Stopped


_current: ContextVar[Signals] = ContextVar("signals")


def current() -> Signals:
    """The signals of this process; none are ever received where the command line does not run."""
    return _current.get(None) or Signals()


@contextmanager
def deferred() -> Iterator[None]:
    """Put a first signal off until the next `check`.

    For what is being started and could not be ended yet, and for libraries that an exception
    from a signal handler would break: TensorFlow can crash.
    """
    with current().deferred():
        yield


def listen() -> Signals:
    """Turn a first signal into `Stopped`, and end this process at a second one."""
    signals = Signals()
    _current.set(signals)
    for number in SIGNALS:
        signal.signal(number, signals.notice)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    # a copy, because descriptor 2 is put aside while TensorFlow starts; it may be closed
    stderr = os.dup(2) if sys.stderr else os.open(os.devnull, os.O_WRONLY)
    start_new_thread(_end_at_second, (signals, reading, stderr))
    return signals


def _end_at_second(signals: Signals, pipe: int, stderr: int) -> None:
    """Wait for two signals and end this process; a thread of its own.

    Python calls `notice` in the main thread, and not before a library gives control back. Part
    files stay, as after SIGKILL, and the next run removes them; ffmpeg ends with its input.
    """
    seen = number = 0
    while seen < 2:
        (number,) = os.read(pipe, 1)
        seen += number in SIGNALS
    try:
        if spawned := sys.modules.get("multiprocessing.process"):
            for child in spawned.active_children():
                child.kill()
        if not signals.reported:
            os.write(stderr, CLEAR * os.isatty(stderr) + b"interrupted\n")
    finally:
        os._exit(128 + number)
