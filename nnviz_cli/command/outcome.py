"""What a command has to report; with `--json` it is one object on standard output."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import typer

from nnviz_cli.command.failure import print_failure
from nnviz_cli.errors import Problem
from nnviz_cli.signals import Stopped

VERSION = 1  # of the JSON object; a change that readers notice raises it


@dataclass(kw_only=True)
class Outcome:
    """The results, errors and warnings of one run of a command, and its exit status."""

    command: str
    as_json: bool = False
    results: list[dict[str, Any]] = field(default_factory=list)  # plain values
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    status: int = 0

    def add(self, result: dict[str, Any], text: str = "") -> None:
        """Add a result; without `--json` its text is printed on standard output."""
        self.results.append(result)
        if text and not self.as_json:
            typer.echo(text)

    def fail(self, problem: Problem, status: int = 1) -> None:
        """Add an error that does not end the command, but sets its exit status."""
        self.errors.append(problem)
        self.status = status

    def print_json(self) -> None:
        """Print everything as one object on standard output."""
        plain = {
            "version": VERSION,
            "command": self.command,
            "ok": self.status == 0,
            "results": self.results,
            "errors": [_as_dict(problem) for problem in self.errors],
            "warnings": [_as_dict(problem) for problem in self.warnings],
        }
        typer.echo(json.dumps(plain, indent=1, ensure_ascii=False))


@contextmanager
def reported(command: str, *, as_json: bool) -> Iterator[Outcome]:
    """Run the body of a command; its errors are printed and end it with their exit status."""
    outcome = Outcome(command=command, as_json=as_json)
    try:
        yield outcome
    except (Exception, Stopped) as error:
        kept = [str(result["path"]) for result in outcome.results if "path" in result]
        failure = print_failure(error, kept)
        outcome.errors += failure.problems
        outcome.status = failure.status
    if as_json:
        outcome.print_json()
    if outcome.status:
        raise typer.Exit(outcome.status)


def _as_dict(problem: Problem) -> dict[str, Any]:
    """A problem for JSON; the value of an option has the option's name as its file."""
    place = problem.place
    return {
        "file": place.source if place else None,
        "line": place.line if place and not place.is_option else None,
        "column": place.column if place and not place.is_option else None,
        "key": (place and place.key) or None,
        "message": problem.text,
        "hint": problem.hint or None,
    }
