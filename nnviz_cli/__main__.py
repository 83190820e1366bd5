"""`nnviz`, and `python -m nnviz_cli`."""

import sys

from nnviz_cli.interrupt import Stopped, listen


def main() -> None:
    """Run the command line; signals are heard before anything large is imported."""
    listen()
    try:
        from nnviz_cli.cli import main as run
    except Stopped:
        sys.stderr.write("interrupted: nothing was written\n")
        sys.exit(Stopped.status())
    run()


if __name__ == "__main__":
    main()
