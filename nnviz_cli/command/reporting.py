"""Reports films as they are made: paths on standard output, all else on standard error."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from nnviz_cli import signals
from nnviz_cli.command.font_cache import font_folder
from nnviz_cli.command.options import LogOptions
from nnviz_cli.command.outcome import Outcome
from nnviz_cli.errors import Problem

if TYPE_CHECKING:
    from nnviz_cli.command.progress import Progress
    from nnviz_cli.job.drawing import Report
    from nnviz_cli.job.run import Result


def follow(
    outcome: Outcome,
    make: "Callable[[Report], Iterator[Result]]",
    log: LogOptions,
    *,
    several: bool = False,
) -> None:
    """Make films and report each of them; `several` experiments are counted at the end."""
    from nnviz_cli.command.progress import Progress

    if log.verbose:
        logging.basicConfig(format="%(message)s", level=logging.WARNING)
        logging.getLogger("nnviz_cli").setLevel(logging.INFO)
    with font_list(quiet=log.quiet), Progress(quiet=log.quiet) as progress:
        done: set[str] = set()
        started = time.monotonic()
        for result in make(watched(progress)):
            _collect(outcome, result)
            if not result.error:
                done.add(result.experiment)
            if outcome.as_json and not result.error:
                progress.clear()
            else:
                _print(result, progress, time.monotonic() - started, log.verbose)
            started = time.monotonic()
    if several and not log.quiet:
        typer.echo(f"{len(done)} done, {len(outcome.errors)} failed", err=True)


def open_files(paths: Sequence[str]) -> str:
    """Open files in their viewers; why they cannot be, or ''."""
    if not sys.stdout.isatty():
        return "standard output is not a terminal"
    displays = [os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")]
    if sys.platform.startswith("linux") and not any(displays):
        return "there is no display"
    if any([typer.launch(path) != 0 for path in paths]):  # noqa: C419 - all of them
        return "no program for it was found"
    return ""


@contextmanager
def font_list(*, quiet: bool) -> "Iterator[None]":
    """Let matplotlib keep its list of fonts; report once if that is a temporary one."""
    with font_folder() as obstacle:
        if obstacle and not quiet:
            typer.echo(f"note: {obstacle}", err=True)
        yield


def watched(progress: "Progress") -> "Report":
    """What reports go through: a signal that was lost on its way is raised again."""

    def report(stage: str, done: int, total: int, facts: dict[str, Any]) -> None:
        signals.current().check()
        progress(stage, done, total, facts)

    return report


def _collect(outcome: Outcome, result: "Result") -> None:
    """Add what became of a file to the outcome: a result with its warnings, or an error."""
    if result.error:
        outcome.fail(Problem(f"{result.experiment}: {result.error}"))
        return
    outcome.add(result.as_dict())
    outcome.warnings += [Problem(f"{result.experiment}: {each}") for each in result.warnings]


def _print(result: "Result", progress: "Progress", seconds: float, verbose: int) -> None:
    """Print one result: the path on standard output, the rest on standard error."""
    from nnviz_cli.limits import in_bytes
    from nnviz_cli.number import value

    if result.error:
        progress.clear()
        typer.echo(f"{result.experiment}: {result.error}", err=True)
        return
    if result.skipped:
        progress.say(f"{result.experiment}: {result.path} is up to date")
        return
    for warning in result.warnings:
        progress.say(f"{result.experiment}: warning: {warning}")
    if result.shrunk:
        progress.say(f"{result.experiment}: to fit, {result.path} has {result.shrunk}")
    if verbose:
        progress.say(f"{result.experiment}: {result.alt}")
    frames = f"{result.frames} frame{'s' * (result.frames > 1)}"
    progress.say(
        f"{result.experiment}: {frames}, {in_bytes(result.bytes)}, "
        f"loss {value(result.loss)}, in {seconds:.1f} s"
    )
    typer.echo(result.path)
