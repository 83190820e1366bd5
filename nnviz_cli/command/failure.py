"""Prints why a command failed, and gives the exit status."""

import os
import sys
import tempfile
import traceback
from pathlib import Path

import typer

from nnviz_cli import __version__, signals
from nnviz_cli.errors import NnvizError, RenderError, SpecError, printable


def print_failure(error: BaseException) -> int:
    """Say why this process ends, and give its status.

    What is raised after a signal is the signal's doing: libraries wrap and drop it.
    """
    ours = signals.current()
    if ours.received:
        typer.echo("interrupted: nothing was written", err=True)
        return ours.status
    from nnviz_cli.film.atomic import is_adrift

    if isinstance(error, OSError) and is_adrift():
        error = RenderError("the working folder has been deleted; change to another one")
    return print_error(error) if isinstance(error, NnvizError) else print_bug(error)


def print_error(error: NnvizError) -> int:
    """Print an error that the user can correct; gives the exit status."""
    typer.echo(str(error), err=True)
    if isinstance(error, SpecError):
        count = len(error.problems)
        plural = "s" * (count > 1)
        typer.echo(f"{count} problem{plural}; nothing was written.", err=True)
    return error.status


def print_bug(error: BaseException) -> int:
    """A bug of ours: say so in a line, and keep the details for its report."""
    if os.environ.get("NNVIZ_DEBUG"):
        traceback.print_exception(error)
        return 1
    try:
        details = _write_report(error)
    except OSError:  # no disk takes it
        last = traceback.extract_tb(error.__traceback__)[-1]
        details = f"{last.filename}:{last.lineno}, in {last.name}"
    first = printable(str(error).partition("\n")[0][:200])
    typer.echo(f"a bug in nnviz: {type(error).__name__}: {first}", err=True)
    typer.echo(f"  please report it with {details}", err=True)
    return 1


def _write_report(error: BaseException) -> str:
    """A temporary file with the traceback: whole, or not there."""
    descriptor, name = tempfile.mkstemp(prefix="nnviz-bug-", suffix=".txt", text=True)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"nnviz {__version__}, Python {sys.version}\n{sys.argv}\n")
            traceback.print_exception(error, file=file)
    except OSError:
        Path(name).unlink()
        raise
    return name
