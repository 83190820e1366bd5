"""The command line: the table of commands, and the exit status.

Results go to standard output, all else to standard error. 0: done; 1: a render failed;
2: the spec or the command is wrong; 130 and 143: interrupted. Heavy modules are imported
where they are needed, so that `--help` answers at once.
"""

import sys
from typing import Annotated, Any

import typer

from nnviz_cli import __version__, signals
from nnviz_cli.command import films, inspect
from nnviz_cli.command.failure import print_failure
from nnviz_cli.command.outcome import Outcome
from nnviz_cli.command.process import leave
from nnviz_cli.errors import Problem
from nnviz_cli.signals import Stopped

UsageError: Any = typer.BadParameter.__mro__[1]  # of click, which Typer keeps to itself

app = typer.Typer(
    name="nnviz",
    help="Turn a YAML spec into a film of a neural network learning.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


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


COMMANDS = (
    films.render,
    films.still,
    films.sheet,
    films.morph,
    films.record,
    films.draw,
    inspect.info,
    inspect.validate,
    inspect.verify_films,
    inspect.show,
    inspect.new,
    inspect.list_names,
    inspect.print_schema,
    inspect.doctor,
)
for command in COMMANDS:
    app.command(command.__name__)(command)


def main() -> None:
    """Run the command line and end the process with its status."""
    try:
        status = app(prog_name="nnviz", standalone_mode=False) or 0
    except UsageError as error:
        status = _report_usage(error)
    except SystemExit as end:
        status = end.code
    except (Exception, Stopped) as error:
        status = print_failure(error).status
    ours = signals.current()
    if ours.received and not ours.reported:  # Typer drops what is raised before a command runs
        status = print_failure(Stopped()).status
    leave(status)


def _report_usage(error: Any) -> int:
    """Print a wrong command, as one JSON object too if that was asked for."""
    error.show()
    if "--json" in sys.argv:
        name = error.ctx.info_name if error.ctx else "nnviz"
        outcome = Outcome(command=name, as_json=True)
        outcome.fail(Problem(error.format_message()), error.exit_code)
        outcome.print_json()
    return int(error.exit_code)
