"""Commands that read, check and print: validate, verify, show, new, list, schema, doctor."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nnviz_cli.command.failure import print_error
from nnviz_cli.command.options import AsJson, Large, OneSpec, Quiet, Sets, Specs
from nnviz_cli.command.process import training_process
from nnviz_cli.command.reporting import font_list, problem_as_json, watched
from nnviz_cli.command.specs import check_all, print_notes
from nnviz_cli.errors import Problem, SpecError, did_you_mean

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


def validate(
    specs: Specs, sets: Sets = None, large: Large = False, as_json: AsJson = False
) -> None:
    """Check specs; tell everything that is wrong, and where."""
    problems: list[Problem] = []
    for path in specs:
        try:
            (experiment,) = check_all([path], sets or [], [], None, large=large)
        except SpecError as error:
            problems += error.problems
        else:
            if not as_json:
                typer.echo(f"{path}: good")
                print_notes([experiment])
    if as_json:
        typer.echo(json.dumps([problem_as_json(problem) for problem in problems], indent=1))
    if problems:
        raise typer.Exit(print_error(SpecError(problems)))


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
    with font_list(quiet=quiet), Progress(quiet=quiet) as progress:
        for film in films:
            verdict = verify(film, watched(progress), large=large, process=training_process)
            verdicts.append(verdict)
            progress.clear()
            if not as_json:
                typer.echo(f"{film}: {verdict.text}")
    if as_json:
        typer.echo(json.dumps([asdict(verdict) for verdict in verdicts], ensure_ascii=False))
    if not all(verdict.same for verdict in verdicts):
        raise typer.Exit(1)


def show(spec: OneSpec, sets: Sets = None, large: Large = False, as_json: AsJson = False) -> None:
    """Print a spec with every default filled in."""
    import yaml

    (experiment,) = check_all([spec], sets or [], [], None, large=large)
    plain = experiment.spec.dump()
    if as_json:
        typer.echo(json.dumps(plain, indent=1, ensure_ascii=False))
    else:
        typer.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100), nl=False)


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


def print_schema() -> None:
    """Print the JSON Schema of a spec, for editors."""
    from nnviz_cli.spec.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=1, ensure_ascii=False))


def doctor(as_json: AsJson = False) -> None:
    """Check Python, TensorFlow, ffmpeg and fonts, and render three frames."""
    from nnviz_cli.command.doctor import checks

    findings = []
    with font_list(quiet=as_json):
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
