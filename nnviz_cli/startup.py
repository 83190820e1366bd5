"""Starts TensorFlow: fast, and without its noise."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NoReturn

from nnviz_cli.errors import NnvizError


def start_tensorflow() -> None:
    """Import TensorFlow and Keras in 1.3 s where a plain import takes 3 s.

    Its 3000 modules make objects that stay, and the garbage collector would walk through
    all of them again and again (0.7 s, and as much while tracing). Keras would import
    pyplot for a gallery of images (0.3 s); it takes a missing matplotlib kindly.
    """
    if "tensorflow" in sys.modules:
        return
    collecting = gc.isenabled()
    gc.disable()
    hidden = "matplotlib" not in sys.modules
    if hidden:
        sys.modules["matplotlib"] = None  # type: ignore[assignment]  # how Python says: not there
    try:
        import keras  # noqa: F401
    finally:
        if hidden:
            del sys.modules["matplotlib"]
        gc.freeze()
        if collecting:
            gc.enable()


def leave(status: str | int | None) -> NoReturn:
    """End this process without taking TensorFlow apart object by object (0.5 s)."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "tensorflow" in sys.modules and isinstance(status, int):
        os._exit(status)
    sys.exit(status)


@contextmanager
def silenced(*, loud: bool = False) -> Iterator[None]:
    """Put what is written to descriptor 2 aside; show it if something unforeseen is raised.

    TensorFlow's own log level no longer keeps it quiet while it starts.
    """
    if loud:
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except Exception as error:
            if not isinstance(error, NnvizError):
                os.dup2(kept, 2)
                _replay(aside)
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _replay(aside: IO[bytes]) -> None:
    aside.seek(0)
    sys.stderr.write(aside.read().decode("utf-8", "replace"))
