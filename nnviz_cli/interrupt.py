"""Ctrl-C and SIGTERM: noticed at once, acted upon where nothing breaks."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


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
    """Turn both signals into `Stopped`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _notice)


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
    if again or not Stopped.held:
        raise Stopped
