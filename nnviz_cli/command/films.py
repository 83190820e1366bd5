"""Commands that write films, pictures and recordings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnviz_cli.command.options import (
    DrawOptions,
    Frame,
    LogOptions,
    MaxSize,
    OneSpec,
    Output,
    Png,
    Quality,
    SpecOptions,
    Specs,
    ViewOptions,
    assignments,
    height_of,
    index_or_name,
    seconds_of,
)
from nnviz_cli.command.outcome import Outcome
from nnviz_cli.command.process import training_process
from nnviz_cli.command.reporting import follow, open_files
from nnviz_cli.command.signature import command
from nnviz_cli.command.specs import check_all, report_limitations
from nnviz_cli.errors import Problem, SpecError

if TYPE_CHECKING:
    from nnviz_cli.job.drawing import Report
    from nnviz_cli.job.experiment import Experiment
    from nnviz_cli.job.run import Result
    from nnviz_cli.train.installed import TrainingProcess


MORPH_FPS = "30"  # a motion needs more frames per second than a training


@command("render")
def render(
    outcome: Outcome,
    specs: Specs,
    options: SpecOptions,
    view: ViewOptions,
    log: LogOptions,
    output: Output = None,
    quality: Quality = None,
    max_size: MaxSize = None,
    preview: Annotated[
        bool, typer.Option("--preview", "-p", help="Open the films when they are written.")
    ] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Skip films that are up to date.")
    ] = False,
) -> None:
    """Train the network of each SPEC and write its film."""
    experiments = check_all(
        specs,
        [*assignments(options), *assignments(view)],
        output or [],
        height=height_of(quality),
        max_size=max_size,
        large=options.large,
    )
    _render(outcome, experiments, log, skip_existing=skip_existing)
    if preview and not outcome.status:
        obstacle = open_files([result["path"] for result in outcome.results])
        if obstacle and not log.quiet:
            typer.echo(f"--preview: nothing was opened: {obstacle}", err=True)


@command("still")
def still(
    outcome: Outcome,
    spec: OneSpec,
    output: Png,
    options: SpecOptions,
    view: ViewOptions,
    log: LogOptions,
    frame: Frame = "last",
    quality: Quality = None,
) -> None:
    """Write one frame of a film as a picture."""
    if not output.lower().endswith(".png"):
        raise SpecError(f"--output: a still is a .png, not '{output}'")
    made = {"path": output, "frame": index_or_name(frame)}
    settings = [*assignments(options), *assignments(view)]
    experiments = check_all(
        [spec], settings, [made], height=height_of(quality), large=options.large
    )
    _render(outcome, experiments, log)


@command("sheet")
def sheet(
    outcome: Outcome,
    spec: OneSpec,
    output: Png,
    options: SpecOptions,
    view: ViewOptions,
    log: LogOptions,
    grid: Annotated[
        str, typer.Option("--grid", metavar="CxR", help="Columns and rows of frames.")
    ] = "4x3",
) -> None:
    """Write frames of a whole film, first to last, beside each other on one picture.

    --size is the size of each frame.
    """
    if not output.lower().endswith(".png"):
        raise SpecError(f"--output: a sheet is a .png, not '{output}'")
    made: dict[str, Any] = {"path": output, "sheet": grid}
    if view.size is not None:
        made["size"] = view.size
    settings = [*assignments(options), *assignments(replace(view, size=None))]
    experiments = check_all([spec], settings, [made], large=options.large)
    _render(outcome, experiments, log)


@command("morph")
def morph(
    outcome: Outcome,
    source: Annotated[
        Path, typer.Argument(metavar="SPEC|RECORDING", help="A YAML file, or a recording (.h5).")
    ],
    options: SpecOptions,
    view: ViewOptions,
    log: LogOptions,
    output: Output = None,
    frame: Frame = "last",
    seconds: Annotated[
        str | None,
        typer.Option("--seconds", metavar="N", help="Seconds per motion, from 0.1 to 30."),
    ] = None,
    quality: Quality = None,
    max_size: MaxSize = None,
) -> None:
    """Show how a trained network transforms its inputs, layer by layer."""
    from nnviz_cli.draw.morph.tempo import Tempo
    from nnviz_cli.job.experiment import Morph

    view = replace(view, fps=view.fps or MORPH_FPS)
    experiments = check_all(
        [source],
        [*assignments(options), *assignments(view)],
        output or [],
        height=height_of(quality),
        max_size=max_size,
        large=options.large,
        morph=Morph(
            frame=_frame(frame), tempo=None if seconds is None else Tempo.of(seconds_of(seconds))
        ),
    )
    _render(outcome, experiments, log)


@command("record")
def record(
    outcome: Outcome,
    spec: OneSpec,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="The recording (.h5) to write.")
    ],
    options: SpecOptions,
    log: LogOptions,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="Leave out what follows from the weights, and compress."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a recording of another spec.")
    ] = False,
) -> None:
    """Train the network of a SPEC and write its recording, to be drawn later."""
    from nnviz_cli.job.source import check_replaced
    from nnviz_cli.recording.shape import is_recording

    if not is_recording(output):
        raise SpecError(f"--output: a recording is a .h5 file, not '{output}'")
    made = {"path": output} | ({"compact": True} if compact else {})
    experiments = check_all([spec], assignments(options), [made], large=options.large)
    if not force:
        for experiment in experiments:
            check_replaced(experiment.spec, experiment.paths)
    _render(outcome, experiments, log)


@command("draw")
def draw(
    outcome: Outcome,
    recording: Annotated[
        Path, typer.Argument(metavar="RECORDING", help="The recording (.h5) to draw.")
    ],
    options: DrawOptions,
    view: ViewOptions,
    log: LogOptions,
    output: Output = None,
    quality: Quality = None,
    max_size: MaxSize = None,
) -> None:
    """Draw a film of a RECORDING, without training and without TensorFlow."""
    from nnviz_cli.recording.shape import is_recording

    if not is_recording(str(recording)):
        hint = "`nnviz record SPEC -o run.h5` writes one; `nnviz render` trains and draws"
        raise SpecError([Problem(f"{recording}: expected a recording (.h5)", hint=hint)])
    experiments = check_all(
        [recording],
        [*assignments(options), *assignments(view)],
        output or [],
        height=height_of(quality),
        max_size=max_size,
        large=options.large,
    )
    _render(outcome, experiments, log)


def _frame(frame: str) -> int | str:
    """The frame of a training that a morph shows; SpecError for an unknown name."""
    from nnviz_cli.job.showing import NAMED_FRAMES

    index = index_or_name(frame)
    if isinstance(index, str) and index not in NAMED_FRAMES:
        names = ", ".join(f"'{name}'" for name in NAMED_FRAMES)
        raise SpecError(f"--frame: expected the index of a frame, or {names}, got '{frame}'")
    return index


def _process(log: LogOptions) -> "TrainingProcess":
    """What a training runs in; with -vv TensorFlow's messages are printed."""
    return partial(training_process, loud=log.verbose > 1)


def _render(
    outcome: Outcome,
    experiments: "Sequence[Experiment]",
    log: LogOptions,
    *,
    skip_existing: bool = False,
) -> None:
    from nnviz_cli.job.run import run

    report_limitations(outcome, experiments, quiet=log.quiet)

    def make(report: "Report") -> "Iterator[Result]":
        return run(experiments, report, skip_existing=skip_existing, process=_process(log))

    follow(outcome, make, log, several=len(experiments) > 1)
