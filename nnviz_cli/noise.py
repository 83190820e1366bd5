"""Keeps TensorFlow's start-up noise from the user; its own log level no longer does."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from nnviz_cli.errors import NnvizError


@contextmanager
def silenced(*, loud: bool = False) -> Iterator[None]:
    """Put what is written to descriptor 2 aside; show it if something unforeseen is raised."""
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
