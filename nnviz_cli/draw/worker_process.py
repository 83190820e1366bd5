"""What runs in the process of a drawing worker."""

import signal
import traceback
import warnings
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.draw.picture import Composed

SLOTS = 3  # frames a worker may be ahead of the film


def slots_of(memory: Any, room: int) -> NDArray[np.uint8]:
    """Shared memory as one row of bytes per slot."""
    return np.frombuffer(memory, np.uint8).reshape(SLOTS, room)


def run(pipe: Connection, memory: Any, room: int) -> None:
    """Receive pictures and frames, draw into slots and send which, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    try:
        _serve(pipe, slots_of(memory, room))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone
    except Exception:
        pipe.send(traceback.format_exc())


def _serve(pipe: Connection, slots: NDArray[np.uint8]) -> None:
    import nnviz_cli.draw.learning_film  # noqa: F401 - ready before there is anything to draw

    warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # reported once
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
