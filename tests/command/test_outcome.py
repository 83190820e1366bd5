"""The outcome of a command: one JSON object, whatever happens, and an exit status."""

import json
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from nnviz_cli import signals
from nnviz_cli.command.outcome import Outcome
from nnviz_cli.command.signature import command
from nnviz_cli.errors import Place, Problem, RenderError, SpecError


@dataclass(frozen=True, kw_only=True)
class Options:
    number: Annotated[int, typer.Option("--number")] = 3


def ends(how):
    """A command that adds a result and a warning, and then does what it is given."""

    @command("try")
    def tried(outcome: Outcome, path: str, options: Options) -> None:
        outcome.add({"path": path, "number": options.number}, f"made {path}")
        outcome.warnings.append(Problem("small"))
        how(outcome)

    app = typer.Typer()
    app.command(tried.__name__)(tried)
    return app


def raises(error):
    def how(_):
        raise error

    return how


SPEC = Place("s.yaml", 2, 7, "frames: x", 1, key="frames")
OPTION = Place("--seed", 0, 1, "x", 1, key="seed")
WRONG = SpecError(
    [Problem("frames: not a number", SPEC, "write 3"), Problem("seed: negative", OPTION)]
)
ENDS = {  # what a command does: exit status, errors as (file, line, column, key, message, hint)
    "nothing": (lambda _: None, 0, []),
    "an error of one file": (
        lambda outcome: outcome.fail(Problem("a.mp4: full")),
        1,
        [(None, None, None, None, "a.mp4: full", None)],
    ),
    "a wrong spec": (
        raises(WRONG),
        2,
        [
            ("s.yaml", 2, 7, "frames", "frames: not a number", "write 3"),
            ("--seed", None, None, "seed", "negative", None),
        ],
    ),
    "a failure": (raises(RenderError("no")), 1, [(None, None, None, None, "no", None)]),
}


@pytest.mark.parametrize("name", ENDS)
def test_json_is_one_object_with_the_results_so_far_and_all_errors(name):
    how, status, errors = ENDS[name]
    done = CliRunner().invoke(ends(how), ["a.mp4", "--number", "5", "--json"])
    assert done.exit_code == status
    assert json.loads(done.stdout) == {
        "version": 1,
        "command": "try",
        "ok": status == 0,
        "results": [{"path": "a.mp4", "number": 5}],
        "errors": [
            dict(zip(("file", "line", "column", "key", "message", "hint"), error, strict=True))
            for error in errors
        ],
        "warnings": [
            dict.fromkeys(("file", "line", "column", "key", "hint")) | {"message": "small"}
        ],
    }


@pytest.mark.parametrize("name", ENDS)
def test_without_json_results_are_text_and_the_status_is_the_same(name):
    how, status, _ = ENDS[name]
    done = CliRunner().invoke(ends(how), ["a.mp4"])
    assert (done.exit_code, done.stdout) == (status, "made a.mp4\n")


def test_an_interrupt_names_the_files_that_are_kept(monkeypatch):
    ours = signals.Signals()
    ours.received = 15
    monkeypatch.setattr(signals, "current", lambda: ours)
    done = CliRunner().invoke(ends(raises(OSError("broken by the signal"))), ["a.mp4", "--json"])
    assert done.exit_code == 143
    assert ours.reported
    assert done.stderr == "interrupted: kept a.mp4\n"
    (error,) = json.loads(done.stdout)["errors"]
    assert error["message"] == "interrupted: kept a.mp4"


def test_a_bug_is_an_error_too(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = CliRunner().invoke(ends(raises(ZeroDivisionError("x"))), ["a.mp4", "--json"])
    assert done.exit_code == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert error["message"] == "a bug in nnviz: ZeroDivisionError: x"
    (report,) = tmp_path.iterdir()
    assert error["hint"] == f"please report it with {report}"
