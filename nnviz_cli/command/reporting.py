"""Prints what a command made: paths and JSON on standard output, all else on standard error."""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from nnviz_cli import signals
from nnviz_cli.command.font_cache import font_folder
from nnviz_cli.errors import Problem
from nnviz_cli.signals import Stopped

if TYPE_CHECKING:
    from nnviz_cli.command.progress import Progress
    from nnviz_cli.job.drawing import Report
    from nnviz_cli.job.render import Result


def follow(
    make: "Callable[[Report], Iterator[Result]]",
    quiet: bool,
    verbose: int,
    as_json: bool,
    *,
    several: bool = False,
    preview: bool = False,
) -> None:
    """Make films, and tell of each; the status says whether all were made."""
    from nnviz_cli.command.progress import Progress

    if verbose:
        logging.basicConfig(format="%(message)s", level=logging.WARNING)
        logging.getLogger("nnviz_cli").setLevel(logging.INFO)
    results: list[Result] = []
    with font_list(quiet=quiet), Progress(quiet=quiet) as progress:
        try:
            started = time.monotonic()
            for result in make(watched(progress)):
                results.append(result)
                _print_result(result, progress, as_json, time.monotonic() - started, verbose)
                started = time.monotonic()
        except (Exception, Stopped):
            ours = signals.current()
            if not ours.received:
                raise
            written = [result.path for result in results if result.path and not result.error]
            kept = f"kept {', '.join(written)}" if written else "nothing was written"
            progress.clear()
            ours.reported = True
            typer.echo(f"interrupted: {kept}", err=True)
            raise typer.Exit(ours.status) from None
    failed = [result for result in results if result.error]
    if several:
        done = len({result.experiment for result in results if not result.error})
        if not quiet:
            typer.echo(f"{done} done, {len(failed)} failed", err=True)
    if failed:
        raise typer.Exit(1)
    if preview and (obstacle := open_files([result.path for result in results])) and not quiet:
        typer.echo(f"--preview: nothing was opened: {obstacle}", err=True)


def open_files(paths: list[str]) -> str:
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


def _print_result(
    result: "Result", progress: "Progress", as_json: bool, seconds: float, verbose: int
) -> None:
    """One result: the path on standard output, the rest on standard error."""
    from nnviz_cli.limits import in_bytes
    from nnviz_cli.number import value

    if as_json:
        progress.clear()
        typer.echo(json.dumps(result.as_dict(), ensure_ascii=False))
        return
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


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """A problem as plain values, for JSON."""
    place = problem.place
    return {
        "message": problem.message,
        "hint": problem.hint,
        "file": place.source if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
