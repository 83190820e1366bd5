"""Commands that check, print and list: validate, verify, show, new, list, schema, doctor."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nnviz_cli.command import completion
from nnviz_cli.command.options import OneSpec, Quiet, SpecOptions, Specs, assignments
from nnviz_cli.command.outcome import Outcome
from nnviz_cli.command.process import training_process
from nnviz_cli.command.reporting import font_list, watched
from nnviz_cli.command.signature import command
from nnviz_cli.command.specs import check_all, report_limitations
from nnviz_cli.errors import Problem, SpecError, did_you_mean

KINDS = {
    "datasets": "points to learn from",
    "panels": "what a film can show",
    "themes": "colours and fonts",
    "formats": "file formats, by the suffix of an output",
    "activations": "of layers",
    "initializers": "of weights",
    "losses": "what training minimises",
    "metrics": "what else is measured",
    "optimizers": "how weights change",
    "regularizers": "penalties on weights",
}


@command("validate")
def validate(outcome: Outcome, specs: Specs, options: SpecOptions) -> None:
    """Check specs and print every problem with its place."""
    problems: list[Problem] = []
    for path in specs:
        try:
            experiments = check_all([path], assignments(options), large=options.large)
        except SpecError as error:
            problems += error.problems
        else:
            outcome.add({"file": str(path)}, f"{path}: valid")
            report_limitations(outcome, experiments)
    if problems:
        raise SpecError(list(dict.fromkeys(problems)))


@command("verify")
def verify_films(
    outcome: Outcome,
    films: Annotated[list[str], typer.Argument(metavar="FILM", help="Films made by nnviz.")],
    large: Annotated[bool, typer.Option("--large", help="Lift the limits of size.")] = False,
    quiet: Quiet = False,
) -> None:
    """Make films again from the .json beside them, and compare."""
    from nnviz_cli.command.progress import Progress
    from nnviz_cli.job.verify import verify

    with font_list(quiet=quiet), Progress(quiet=quiet) as progress:
        for film in films:
            verdict = verify(film, watched(progress), large=large, process=training_process)
            progress.clear()
            outcome.add(asdict(verdict), f"{film}: {verdict.text}")
            if not verdict.same:
                outcome.fail(Problem(f"{film}: {verdict.text}"))


@command("show")
def show(outcome: Outcome, spec: OneSpec, options: SpecOptions) -> None:
    """Print a spec with every default filled in."""
    import yaml

    (experiment,) = check_all([spec], assignments(options), large=options.large)
    plain = experiment.spec.dump()
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    outcome.add({"file": str(spec), "spec": plain}, text.rstrip("\n"))


@command("new")
def new(
    outcome: Outcome,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The YAML file to write.")],
    template: Annotated[
        str,
        typer.Option(
            "--template",
            metavar="DATASET",
            help="The dataset to learn from.",
            autocompletion=completion.templates,
        ),
    ] = "rings",
    schema: Annotated[
        bool, typer.Option("--schema", help="Write the JSON Schema for editors beside it.")
    ] = False,
) -> None:
    """Write a commented spec to start from; there is one for each dataset."""
    from nnviz_cli.spec.template import write

    written = str(write(path, template, schema=schema))
    outcome.add({"path": written}, written)


@command("list")
def list_names(
    outcome: Outcome,
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help=f"{', '.join(KINDS)}. By default the kinds are listed.",
            autocompletion=completion.one_of(KINDS),
        ),
    ] = None,
) -> None:
    """List what a spec can name, with the aliases and options of each."""
    from nnviz_cli.command.catalog import catalog, entry

    if kind is not None and kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"known: {', '.join(KINDS)}"
        raise SpecError([Problem(f"unknown kind '{kind}'", hint=hint)])
    entries = catalog(kind) if kind else [entry(name, about) for name, about in KINDS.items()]
    names = [f"{each['name']} {_in_brackets(each['aliases'])}".strip() for each in entries]
    width = max(map(len, names))
    for name, each in zip(names, entries, strict=True):
        options = "  ".join(f"{key}: {json.dumps(value)}" for key, value in each["options"].items())
        about = "  ".join(filter(None, (each["help"], options)))
        outcome.add(each, f"{name:{width}}  {about}".rstrip())
    if kind is None and not outcome.as_json:
        typer.echo("`nnviz list KIND` lists the members of a kind.", err=True)


def _in_brackets(words: list[str]) -> str:
    return f"({', '.join(words)})" if words else ""


@command("schema")
def print_schema(outcome: Outcome) -> None:
    """Print the JSON Schema of a spec, for editors."""
    from nnviz_cli.spec.schema import json_schema

    schema = json_schema()
    outcome.add(schema, json.dumps(schema, indent=1, ensure_ascii=False))


@command("doctor")
def doctor(outcome: Outcome) -> None:
    """Check Python, TensorFlow, ffmpeg and fonts, and render three frames."""
    from nnviz_cli.command.doctor import checks

    with font_list(quiet=outcome.as_json):
        for check in checks():
            status = "ok  " if check.ok else "FAIL"
            fix = f"\n      fix: {check.fix}" if check.fix else ""
            outcome.add(asdict(check), f"{status}  {check.what}: {check.found}{fix}")
            if not check.ok:
                outcome.fail(Problem(f"{check.what}: {check.found}", hint=check.fix))


@command("info")
def info(
    outcome: Outcome,
    recording: Annotated[
        Path, typer.Argument(metavar="RECORDING", help="The recording (.h5) to describe.")
    ],
) -> None:
    """Print what is in a recording, and which panels can draw it."""
    from nnviz_cli.job.info import described, lines
    from nnviz_cli.recording.recording import Recording

    values = described(Recording.open(recording))
    outcome.add({"path": str(recording), **values}, "\n".join(lines(values)))
