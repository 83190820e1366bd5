"""Reads and checks the specs that were given, before anything is made."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from nnviz_cli.command.outcome import Outcome
from nnviz_cli.errors import Problem, SpecError

if TYPE_CHECKING:
    from nnviz_cli.job.experiment import Experiment, Morph
    from nnviz_cli.spec.overrides import Assignment


def check_all(
    specs: Sequence[Path],
    assignments: "Sequence[str | Assignment]",
    outputs: "Sequence[str | Mapping[str, Any]]" = (),
    *,
    height: int | None = None,
    max_size: str | None = None,
    large: bool,
    morph: "Morph | None" = None,
) -> "list[Experiment]":
    """Check all specs before anything is made; SpecError has the problems of all of them."""
    from nnviz_cli.job.experiment import check, check_together, with_max_size
    from nnviz_cli.limits import byte_count

    try:
        most = byte_count(max_size) if max_size is not None else None
    except ValueError as error:
        raise SpecError(f"--max-size: {error}") from None
    experiments: list[Experiment] = []
    problems: list[Problem] = []
    for path in specs:
        try:
            checked = check(path, assignments, outputs, height=height, large=large, morph=morph)
            experiments.append(checked)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))  # an option is wrong for each spec
    if most is not None:
        experiments = [with_max_size(each, most) for each in experiments]
    check_together(experiments)
    return experiments


def report_limitations(
    outcome: Outcome, experiments: "Sequence[Experiment]", *, quiet: bool = False
) -> None:
    """Report, before any work, what no training of these specs can reach."""
    for experiment in experiments:
        for limitation in experiment.limitations:
            outcome.warnings.append(Problem(f"{experiment.name}: {limitation}"))
            if not quiet:
                typer.echo(f"{experiment.name}: note: {limitation}", err=True)
