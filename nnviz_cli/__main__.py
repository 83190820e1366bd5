"""`nnviz`, and `python -m nnviz_cli`: the process, before anything large is imported."""

import io
import os
import sys
from typing import Any

from nnviz_cli.signals import Stopped, listen


class Pipe(io.FileIO):
    """A standard output whose reader may leave early, as `head` does: that is no error."""

    def write(self, data: Any, /) -> int:
        """Write, or pretend to."""
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            return len(data)


def main() -> None:
    """Run the command line."""
    signals = listen()
    if sys.stdout is not None and not sys.stdout.isatty():
        pipe = io.BufferedWriter(Pipe(sys.stdout.fileno(), "w", closefd=False))
        sys.stdout = io.TextIOWrapper(pipe, sys.stdout.encoding, "replace")
    try:
        from nnviz_cli.command.app import main as run
    except Stopped:
        if sys.stderr is not None:
            os.write(2, b"interrupted: nothing was written\n")
        os._exit(signals.status)  # a second signal, while Python ends, would change it
    run()


if __name__ == "__main__":
    main()
