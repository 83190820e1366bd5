"""Prints why a command failed, and gives the exit status."""

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from nnviz_cli import __version__, signals
from nnviz_cli.errors import NnvizError, Problem, RenderError, SpecError, printable


@dataclass(frozen=True)
class Failure:
    """Why a command ended early."""

    status: int
    problems: tuple[Problem, ...]


def print_failure(error: BaseException, kept: Sequence[str] = ()) -> Failure:
    """Print on standard error why this process ends; `kept` are files that it has written.

    What is raised after a signal is the signal's doing: libraries wrap and drop it.
    """
    ours = signals.current()
    if ours.received:
        ours.reported = True
        what = f"kept {', '.join(kept)}" if kept else "nothing was written"
        return _failure(ours.status, f"interrupted: {what}")
    from nnviz_cli.film.atomic import is_adrift

    if isinstance(error, OSError) and is_adrift():
        error = RenderError("the working folder has been deleted; change to another one")
    if isinstance(error, SpecError):
        count = len(error.problems)
        typer.echo(f"{error}\n{count} problem{'s' * (count > 1)}; nothing was written.", err=True)
        return Failure(error.status, error.problems)
    if isinstance(error, NnvizError):
        return _failure(error.status, str(error))
    return print_bug(error)


def print_bug(error: BaseException) -> Failure:
    """Print a bug of ours in a line, and keep the details for its report."""
    first = printable(str(error).partition("\n")[0][:200])
    text = f"a bug in nnviz: {type(error).__name__}: {first}"
    if os.environ.get("NNVIZ_DEBUG"):
        traceback.print_exception(error)
        return Failure(1, (Problem(text),))
    try:
        details = _write_report(error)
    except OSError:  # no disk takes it
        last = traceback.extract_tb(error.__traceback__)[-1]
        details = f"{last.filename}:{last.lineno}, in {last.name}"
    return _failure(1, text, f"please report it with {details}")


def _failure(status: int, text: str, hint: str = "") -> Failure:
    typer.echo(f"{text}\n  {hint}" if hint else text, err=True)
    return Failure(status, (Problem(text, hint=hint),))


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
