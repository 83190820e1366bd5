"""The command line: words in, words out, an exit status.

Results go to standard output, all else to standard error. 0: done; 1: a render failed;
2: the spec or the command is wrong; 130 and 143: interrupted. Heavy modules are imported
where they are needed, so that `--help` answers at once.
"""

from collections.abc import Callable
from typing import Annotated

import typer

from nnviz_cli import __version__, signals
from nnviz_cli.command import films, inspect
from nnviz_cli.command.failure import print_failure
from nnviz_cli.command.process import leave
from nnviz_cli.signals import Stopped

KEYBOARD_INTERRUPT = 130  # Typer's status

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


COMMANDS: dict[str, Callable[..., None]] = {
    "render": films.render,
    "still": films.still,
    "sheet": films.sheet,
    "morph": films.morph,
    "validate": inspect.validate,
    "verify": inspect.verify_films,
    "show": inspect.show,
    "new": inspect.new,
    "list": inspect.list_names,
    "schema": inspect.print_schema,
    "doctor": inspect.doctor,
}
for name, command in COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    """Run the command line, and turn what is known to go wrong into words and a status."""
    try:
        app(prog_name="nnviz")
    except SystemExit as end:
        # Typer takes what is raised before a render begins, says nothing, and ends with 130
        ours = signals.current()
        silent = ours.received and not ours.reported and end.code == KEYBOARD_INTERRUPT
        status = print_failure(end) if silent else end.code
    except (Exception, Stopped) as error:
        status = print_failure(error)
    leave(status)
