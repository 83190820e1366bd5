"""Ctrl-C and SIGTERM: a first signal ends this process where nothing breaks, a second at once."""

import os
import signal
import sys
from _thread import start_new_thread
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
CLEAR = b"\r\x1b[K\x1b[?25h"  # a live line goes away, and the cursor comes back


class Stopped(KeyboardInterrupt):
    """The user, or the system, wants this process to end.

    What was asked for is kept, because an exception that is raised inside a library may be
    dropped (by a clean-up callback) or wrapped: `check` raises it again, and whatever else
    is raised after a signal is the signal's doing.
    """

    asked = 0  # the signal's number
    held = 0  # how many `held` are open
    told = False  # whether the user has been told what was kept

    @classmethod
    def status(cls) -> int:
        """What a shell expects from a process that ends by this signal."""
        return 128 + cls.asked

    @classmethod
    def check(cls) -> None:
        """Raise what was asked for."""
        if cls.asked:
            raise cls


def listen() -> None:
    """Turn a first signal into `Stopped`, and end this process at a second one."""
    for number in SIGNALS:
        signal.signal(number, _notice)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    # a copy, because descriptor 2 is put aside while TensorFlow starts; it may be closed
    stderr = os.dup(2) if sys.stderr else os.open(os.devnull, os.O_WRONLY)
    start_new_thread(_end_at_second, (reading, stderr))


@contextmanager
def held() -> Iterator[None]:
    """Put a first signal off until `check`.

    For beginnings, which could not be ended yet, and for libraries that an exception from
    nowhere would break: TensorFlow can crash of it.
    """
    Stopped.held += 1
    try:
        yield
    finally:
        Stopped.held -= 1


def _notice(number: int, _: object) -> None:
    again, Stopped.asked = bool(Stopped.asked), number
    if not again and not Stopped.held:
        raise Stopped


def _end_at_second(signals: int, stderr: int) -> None:
    """Wait for two signals and end this process; a thread of its own.

    Python calls `_notice` in the main thread, and not before a library gives control back. Part
    files stay, as after SIGKILL, and the next run removes them; ffmpeg ends with its input.
    """
    seen = number = 0
    while seen < 2:
        (number,) = os.read(signals, 1)
        seen += number in SIGNALS
    try:
        if spawned := sys.modules.get("multiprocessing.process"):
            for child in spawned.active_children():
                child.kill()
        if not Stopped.told:
            os.write(stderr, CLEAR * os.isatty(stderr) + b"interrupted\n")
    finally:
        os._exit(128 + number)
