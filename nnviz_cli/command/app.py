"""The command line: words in, words out, an exit status.

Results go to standard output, all else to standard error. 0: done; 1: a render failed;
2: the spec or the command is wrong; 130 and 143: interrupted. Heavy modules are imported
where they are needed, so that `--help` answers at once.
"""

import json
import logging
import math
import os
import re
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnviz_cli import __version__
from nnviz_cli.errors import NnvizError, Problem, RenderError, SpecError, did_you_mean, printable
from nnviz_cli.signals import Stopped
from nnviz_cli.train.startup import font_folder, leave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nnviz_cli.command.progress import Progress
    from nnviz_cli.job.drawing import Report
    from nnviz_cli.job.experiment import Experiment
    from nnviz_cli.job.render import Result
    from nnviz_cli.spec.overrides import Assignment

INDEX = r"-?[0-9]{1,9}"
INTEGER = r"[-+]?[0-9]{1,30}"
KEYBOARD_INTERRUPT = 130  # Typer's status
QUALITIES = {"draft": 360, "medium": 720, "high": 1080, "4k": 2160}  # lines of a picture
KINDS = {
    "datasets": "points to learn from",
    "panels": "what a film can show",
    "themes": "colours and type",
    "formats": "what the suffix of an output means",
    "activations": "of layers",
    "initializers": "of weights",
    "losses": "what training minimises",
    "metrics": "what else is measured",
    "optimizers": "how weights change",
    "regularizers": "penalties on weights",
}

app = typer.Typer(
    name="nnviz",
    help="Turn a YAML spec into a film of a neural network learning.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

Specs = Annotated[list[Path], typer.Argument(metavar="SPEC...", help="YAML files to read.")]
OneSpec = Annotated[Path, typer.Argument(metavar="SPEC", help="The YAML file to read.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key: training.learning_rate=0.003"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print results as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print errors only.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Tell more; -vv: TensorFlow's words too.")
]
Large = Annotated[
    bool, typer.Option("--large", help="Allow more frames, points, units and pixels than usual.")
]
Frames = Annotated[str | None, typer.Option("--frames", metavar="N", help="Frames of the film.")]
Seed = Annotated[str | None, typer.Option("--seed", metavar="N", help="Seed of everything random.")]
Size = Annotated[str | None, typer.Option("--size", metavar="WxH", help="Pixels, like 1280x720.")]
Fps = Annotated[str | None, typer.Option("--fps", metavar="N", help="Frames a second.")]
MaxSize = Annotated[
    str | None,
    typer.Option(
        "--max-size", metavar="SIZE", help="Bytes a .gif, .webp or .apng may take, like 10MB."
    ),
]
Theme = Annotated[str | None, typer.Option("--theme", metavar="NAME", help="Colours and type.")]

Quality = Annotated[
    str | None,
    typer.Option("--quality", "-q", metavar="|".join(QUALITIES), help="Size of the picture."),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nnviz {__version__}")
        raise typer.Exit


@app.callback()
def _nnviz(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Turn a YAML spec into a film of a neural network learning."""


@app.command()
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
    assignments = _assignments(sets, frames=frames, seed=seed, size=size, fps=fps, theme=theme)
    experiments = _check_all(specs, assignments, output or [], quality, max_size, large=large)
    _render(experiments, quiet, verbose, as_json, preview=preview, skip_existing=skip_existing)


@app.command()
def still(
    spec: OneSpec,
    output: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="A .png to write.")],
    frame: Annotated[
        str,
        typer.Option(
            "--frame",
            metavar="N",
            help="Which frame: -1 is the last, 'telling' the most telling one.",
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
    assignments = _assignments(sets, size=size, theme=theme)
    experiments = _check_all([spec], assignments, [made], None, large=large)
    _render(experiments, quiet, verbose, as_json)


@app.command()
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
    assignments = _assignments(sets, theme=theme)
    experiments = _check_all([spec], assignments, [made], None, large=large)
    _render(experiments, quiet, verbose, as_json)


@app.command()
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

    given = {"size": size, "fps": 30 if fps is None else _number(fps), "theme": theme}
    bent = check_bend(
        source,
        _assignments(sets, seed=seed),
        output or [],
        look={key: value for key, value in given.items() if value is not None},
        frame=_whole("--frame", frame),
        tempo=None if seconds is None else Tempo.of(_seconds(seconds)),
        height=_lines(quality),
        large=large,
    )
    check_together([bent])

    def results(report: "Report") -> "Iterator[Result]":
        return bend(bent, report, loud=verbose > 1)

    _follow(results, quiet, verbose, as_json)


@app.command()
def validate(
    specs: Specs, sets: Sets = None, large: Large = False, as_json: AsJson = False
) -> None:
    """Check specs; tell everything that is wrong, and where."""
    problems: list[Problem] = []
    for path in specs:
        try:
            (experiment,) = _check_all([path], sets or [], [], None, large=large)
        except SpecError as error:
            problems += error.problems
        else:
            if not as_json:
                typer.echo(f"{path}: good")
                _forewarn([experiment])
    if as_json:
        typer.echo(json.dumps([_problem_as_json(problem) for problem in problems], indent=1))
    if problems:
        raise typer.Exit(_complain(SpecError(problems)))


@app.command("verify")
def verify_films(
    films: Annotated[list[str], typer.Argument(metavar="FILM...", help="Films made by nnviz.")],
    large: Large = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make films again from what is beside them, and say whether they are the same."""
    from nnviz_cli.command.progress import Progress
    from nnviz_cli.job.verify import verify

    verdicts = []
    with _fonts(quiet=quiet), Progress(quiet=quiet) as progress:
        for film in films:
            verdict = verify(film, _watched(progress), large=large)
            verdicts.append(verdict)
            progress.clear()
            if not as_json:
                typer.echo(f"{film}: {verdict.text}")
    if as_json:
        typer.echo(json.dumps([asdict(verdict) for verdict in verdicts], ensure_ascii=False))
    if not all(verdict.same for verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def show(spec: OneSpec, sets: Sets = None, large: Large = False, as_json: AsJson = False) -> None:
    """Print a spec with every default filled in."""
    import yaml

    (experiment,) = _check_all([spec], sets or [], [], None, large=large)
    plain = experiment.spec.dump()
    if as_json:
        typer.echo(json.dumps(plain, indent=1, ensure_ascii=False))
    else:
        typer.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100), nl=False)


@app.command()
def new(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The YAML file to write.")],
    template: Annotated[
        str,
        typer.Option("--template", metavar="DATASET", help="What it learns from."),
    ] = "rings",
    schema: Annotated[
        bool,
        typer.Option("--schema", help="Write the schema beside it, by which editors check it."),
    ] = False,
) -> None:
    """Write a commented spec to start from; there is one for each dataset."""
    from nnviz_cli.spec.template import write

    typer.echo(write(path, template, schema=schema))


@app.command("list")
def list_names(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help=f"{', '.join(KINDS)}. By default the kinds."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what a spec can name, with the aliases and options of each."""
    from nnviz_cli.command.catalog import catalog, entry

    if kind is not None and kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"known: {', '.join(KINDS)}"
        raise SpecError([Problem(f"unknown kind '{kind}'", hint=hint)])
    entries = catalog(kind) if kind else [entry(name, about) for name, about in KINDS.items()]
    if as_json:
        typer.echo(json.dumps(entries, indent=1, ensure_ascii=False))
        return
    names = [f"{each['name']} {_in_brackets(each['aliases'])}".strip() for each in entries]
    width = max(map(len, names))
    for name, each in zip(names, entries, strict=True):
        options = "  ".join(f"{key}: {json.dumps(value)}" for key, value in each["options"].items())
        about = "  ".join(filter(None, (each["help"], options)))
        typer.echo(f"{name:{width}}  {about}".rstrip())
    if kind is None:
        typer.echo("`nnviz list KIND` lists the members of one.", err=True)


def _in_brackets(words: list[str]) -> str:
    return f"({', '.join(words)})" if words else ""


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a spec, for editors."""
    from nnviz_cli.spec.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=1, ensure_ascii=False))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check Python, TensorFlow, ffmpeg and fonts, and render three frames."""
    from nnviz_cli.command.doctor import checks

    findings = []
    with _fonts(quiet=as_json):
        for finding in checks():
            findings.append(finding)
            if not as_json:
                typer.echo(f"{'ok  ' if finding.good else 'FAIL'}  {finding.what}: {finding.found}")
                if finding.cure:
                    typer.echo(f"      cure: {finding.cure}")
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=1))
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line, and turn what is known to go wrong into words and a status."""
    try:
        app(prog_name="nnviz")
    except SystemExit as end:
        # Typer takes what is raised before a render begins, says nothing, and ends with 130
        silent = Stopped.asked and not Stopped.told and end.code == KEYBOARD_INTERRUPT
        status = _last_words(end) if silent else end.code
    except (Exception, Stopped) as error:
        status = _last_words(error)
    leave(status)


# behind the commands --------------------------------------------------------------------


def _assignments(sets: list[str] | None, **options: str | None) -> "list[str | Assignment]":
    """What `--set` and the options with names of their own change; the latter win."""
    from nnviz_cli.spec.overrides import Assignment

    given = {name: text for name, text in options.items() if text is not None}
    inside = {name: "view." if name in ("size", "fps", "theme") else "" for name in given}
    named = [
        Assignment(
            option=f"--{name}",
            key=inside[name] + name,
            value=_number(text) if name in ("frames", "seed", "fps") else text,
        )
        for name, text in given.items()
    ]
    return [*(sets or []), *named]


def _number(text: str) -> int | float | str:
    """The number that the text of an option is; the text itself where it is not a number."""
    if re.fullmatch(INTEGER, text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _whole(option: str, text: str) -> int:
    if not re.fullmatch(INDEX, text):
        raise SpecError(f"{option}: expected a whole number, got '{text}'")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.1 <= seconds <= 30:
        raise SpecError(f"--seconds: expected a number from 0.1 to 30, got '{text}'")
    return seconds


def _check_all(
    specs: list[Path],
    assignments: "Sequence[str | Assignment]",
    outputs: "Sequence[str | Mapping[str, Any]]",
    quality: str | None,
    max_size: str | None = None,
    *,
    large: bool,
) -> "list[Experiment]":
    """Check all specs before anything is made; all problems are told at once."""
    from nnviz_cli.job.experiment import check, check_together, with_max_size
    from nnviz_cli.limits import byte_count

    height = _lines(quality)
    try:
        most = byte_count(max_size) if max_size is not None else None
    except ValueError as error:
        raise SpecError(f"--max-size: {error}") from None
    experiments: list[Experiment] = []
    problems: list[Problem] = []
    for path in specs:
        try:
            experiments.append(check(path, assignments, outputs, height=height, large=large))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    if most is not None:
        experiments = [with_max_size(each, most) for each in experiments]
    check_together(experiments)
    return experiments


def _lines(quality: str | None) -> int | None:
    """The height of a picture by the name of a quality."""
    if quality is None:
        return None
    if quality not in QUALITIES:
        hint = did_you_mean(quality, QUALITIES) or f"known: {', '.join(QUALITIES)}"
        raise SpecError([Problem(f"--quality: unknown quality '{quality}'", hint=hint)])
    return QUALITIES[quality]


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
        _forewarn(experiments)

    def make(report: "Report") -> "Iterator[Result]":
        return render_all(experiments, report, skip_existing=skip_existing, loud=verbose > 1)

    _follow(make, quiet, verbose, as_json, several=len(experiments) > 1, preview=preview)


def _forewarn(experiments: "list[Experiment]") -> None:
    """Tell before any work what no training will reach."""
    for experiment in experiments:
        for limitation in experiment.limitations:
            typer.echo(f"{experiment.name}: note: {limitation}", err=True)


def _follow(
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
    with _fonts(quiet=quiet), Progress(quiet=quiet) as progress:
        try:
            started = time.monotonic()
            for result in make(_watched(progress)):
                results.append(result)
                _tell(result, progress, as_json, time.monotonic() - started, verbose)
                started = time.monotonic()
        except (Exception, Stopped):
            if not Stopped.asked:
                raise
            written = [result.path for result in results if result.path and not result.error]
            kept = f"kept {', '.join(written)}" if written else "nothing was written"
            progress.clear()
            Stopped.told = True
            typer.echo(f"interrupted: {kept}", err=True)
            raise typer.Exit(Stopped.status()) from None
    failed = [result for result in results if result.error]
    if several:
        done = len({result.experiment for result in results if not result.error})
        if not quiet:
            typer.echo(f"{done} done, {len(failed)} failed", err=True)
    if failed:
        raise typer.Exit(1)
    if preview and (obstacle := _open([result.path for result in results])) and not quiet:
        typer.echo(f"--preview: nothing was opened: {obstacle}", err=True)


def _open(paths: list[str]) -> str:
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
def _fonts(*, quiet: bool) -> "Iterator[None]":
    """Let matplotlib keep its list of fonts; report once if that is a temporary one."""
    with font_folder() as obstacle:
        if obstacle and not quiet:
            typer.echo(f"note: {obstacle}", err=True)
        yield


def _watched(progress: "Progress") -> "Report":
    """What reports go through: a signal that was lost on its way is raised again."""

    def report(stage: str, done: int, total: int, facts: dict[str, Any]) -> None:
        Stopped.check()
        progress(stage, done, total, facts)

    return report


def _tell(
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


def _last_words(error: BaseException) -> int:
    """Say why this process ends, and give its status.

    What is raised after a signal is the signal's doing: libraries wrap and drop it.
    """
    if Stopped.asked:
        typer.echo("interrupted: nothing was written", err=True)
        return Stopped.status()
    from nnviz_cli.film.atomic import is_adrift

    if isinstance(error, OSError) and is_adrift():
        error = RenderError("the working folder has been deleted; change to another one")
    return _complain(error) if isinstance(error, NnvizError) else _own_up(error)


def _complain(error: NnvizError) -> int:
    typer.echo(str(error), err=True)
    if isinstance(error, SpecError):
        count = len(error.problems)
        plural = "s" * (count > 1)
        typer.echo(f"{count} problem{plural}; nothing was written.", err=True)
    return error.status


def _own_up(error: BaseException) -> int:
    """A bug of ours: say so in a line, and keep the details for its report."""
    if os.environ.get("NNVIZ_DEBUG"):
        traceback.print_exception(error)
        return 1
    try:
        details = _kept_report(error)
    except OSError:  # no disk takes it
        last = traceback.extract_tb(error.__traceback__)[-1]
        details = f"{last.filename}:{last.lineno}, in {last.name}"
    first = printable(str(error).partition("\n")[0][:200])
    typer.echo(f"a bug in nnviz: {type(error).__name__}: {first}", err=True)
    typer.echo(f"  please report it with {details}", err=True)
    return 1


def _kept_report(error: BaseException) -> str:
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


def _problem_as_json(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "message": problem.message,
        "hint": problem.hint,
        "file": place.source if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }
