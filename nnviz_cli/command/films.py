"""Commands that write films and pictures: render, still, sheet, morph."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnviz_cli.command.options import (
    INDEX,
    AsJson,
    Fps,
    Frames,
    Large,
    MaxSize,
    OneSpec,
    Quality,
    Quiet,
    Seed,
    Sets,
    Size,
    Specs,
    Theme,
    Verbose,
    assignments,
    lines,
    number,
    seconds_of,
    whole_number,
)
from nnviz_cli.command.process import training_process
from nnviz_cli.command.reporting import follow
from nnviz_cli.command.specs import check_all, print_notes
from nnviz_cli.errors import SpecError

if TYPE_CHECKING:
    from nnviz_cli.job.drawing import Report
    from nnviz_cli.job.experiment import Experiment
    from nnviz_cli.job.render import Result


def render(
    specs: Specs,
    output: Annotated[
        list[str] | None,
        typer.Option("--output", "-o", metavar="OUT", help="File to write, instead of the spec's."),
    ] = None,
    frames: Frames = None,
    sets: Sets = None,
    seed: Seed = None,
    size: Size = None,
    fps: Fps = None,
    theme: Theme = None,
    quality: Quality = None,
    max_size: MaxSize = None,
    preview: Annotated[
        bool, typer.Option("--preview", "-p", help="Open the film when it is done.")
    ] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Keep films that are up to date.")
    ] = False,
    large: Large = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Train the network of each SPEC and write its film."""
    settings = assignments(sets, frames=frames, seed=seed, size=size, fps=fps, theme=theme)
    experiments = check_all(specs, settings, output or [], quality, max_size, large=large)
    _render(experiments, quiet, verbose, as_json, preview=preview, skip_existing=skip_existing)


def still(
    spec: OneSpec,
    output: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="A .png to write.")],
    frame: Annotated[
        str,
        typer.Option(
            "--frame",
            metavar="N",
            help="Frame to show: an index, first, last, or key (the result of the training).",
        ),
    ] = "-1",
    sets: Sets = None,
    size: Size = None,
    theme: Theme = None,
    large: Large = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write one frame of a film as a picture."""
    if not output.lower().endswith(".png"):
        raise SpecError(f"--output: a still is a .png, not '{output}'")
    index = int(frame) if re.fullmatch(INDEX, frame) else frame
    made = {"path": output, "frame": index}
    settings = assignments(sets, size=size, theme=theme)
    experiments = check_all([spec], settings, [made], None, large=large)
    _render(experiments, quiet, verbose, as_json)


def sheet(
    spec: OneSpec,
    output: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="A .png to write.")],
    grid: Annotated[
        str, typer.Option("--grid", metavar="CxR", help="Columns and rows of frames.")
    ] = "4x3",
    sets: Sets = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="Pixels of each frame.")
    ] = None,
    theme: Theme = None,
    large: Large = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write frames of a whole film, first to last, beside each other on one picture."""
    if not output.lower().endswith(".png"):
        raise SpecError(f"--output: a sheet is a .png, not '{output}'")
    made = {"path": output, "sheet": grid} | ({"size": size} if size else {})
    settings = assignments(sets, theme=theme)
    experiments = check_all([spec], settings, [made], None, large=large)
    _render(experiments, quiet, verbose, as_json)


def morph(
    source: Annotated[
        Path, typer.Argument(metavar="SPEC|RECORDING", help="A YAML file, or a kept .h5.")
    ],
    output: Annotated[
        list[str] | None,
        typer.Option("--output", "-o", metavar="OUT", help="File to write; any of the formats."),
    ] = None,
    frame: Annotated[
        str, typer.Option("--frame", metavar="N", help="Of the training; -1 is the last.")
    ] = "-1",
    seconds: Annotated[
        str | None,
        typer.Option("--seconds", metavar="N", help="Seconds per motion, from 0.1 to 30."),
    ] = None,
    sets: Sets = None,
    seed: Seed = None,
    size: Size = None,
    fps: Fps = None,
    theme: Theme = None,
    quality: Quality = None,
    large: Large = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Show how a trained network bends space: each layer turns, stretches, moves and bends."""
    from nnviz_cli.draw.morph.tempo import Tempo
    from nnviz_cli.job.experiment import check_together
    from nnviz_cli.job.morph import bend, check_bend

    given = {"size": size, "fps": 30 if fps is None else number(fps), "theme": theme}
    bent = check_bend(
        source,
        assignments(sets, seed=seed),
        output or [],
        look={key: value for key, value in given.items() if value is not None},
        frame=whole_number("--frame", frame),
        tempo=None if seconds is None else Tempo.of(seconds_of(seconds)),
        height=lines(quality),
        large=large,
    )
    check_together([bent])

    def results(report: "Report") -> "Iterator[Result]":
        return bend(bent, report, process=partial(training_process, loud=verbose > 1))

    follow(results, quiet, verbose, as_json)


def _render(
    experiments: "list[Experiment]",
    quiet: bool,
    verbose: int,
    as_json: bool,
    *,
    preview: bool = False,
    skip_existing: bool = False,
) -> None:
    from nnviz_cli.job.render import render as render_all

    if not quiet:
        print_notes(experiments)

    def make(report: "Report") -> "Iterator[Result]":
        process = partial(training_process, loud=verbose > 1)
        return render_all(experiments, report, skip_existing=skip_existing, process=process)

    follow(make, quiet, verbose, as_json, several=len(experiments) > 1, preview=preview)
