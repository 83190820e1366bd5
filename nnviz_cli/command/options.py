"""Options that commands share, and the values that they stand for."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnviz_cli.errors import Problem, SpecError, did_you_mean

if TYPE_CHECKING:
    from nnviz_cli.spec.overrides import Assignment

INDEX = r"-?[0-9]{1,9}"
INTEGER = r"[-+]?[0-9]{1,30}"
QUALITIES = {"draft": 360, "medium": 720, "high": 1080, "4k": 2160}  # lines of a picture

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


def assignments(sets: list[str] | None, **options: str | None) -> "list[str | Assignment]":
    """What `--set` and the options with names of their own change; the latter win."""
    from nnviz_cli.spec.overrides import Assignment

    given = {name: text for name, text in options.items() if text is not None}
    inside = {name: "view." if name in ("size", "fps", "theme") else "" for name in given}
    named = [
        Assignment(
            option=f"--{name}",
            key=inside[name] + name,
            value=number(text) if name in ("frames", "seed", "fps") else text,
        )
        for name, text in given.items()
    ]
    return [*(sets or []), *named]


def number(text: str) -> int | float | str:
    """The number that the text of an option is; the text itself where it is not a number."""
    if re.fullmatch(INTEGER, text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def whole_number(option: str, text: str) -> int:
    """The whole number that the text of an option is; SpecError if it is not one."""
    if not re.fullmatch(INDEX, text):
        raise SpecError(f"{option}: expected a whole number, got '{text}'")
    return int(text)


def seconds_of(text: str) -> float:
    """The value of `--seconds`; SpecError if it is not a number in its range."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.1 <= seconds <= 30:
        raise SpecError(f"--seconds: expected a number from 0.1 to 30, got '{text}'")
    return seconds


def lines(quality: str | None) -> int | None:
    """The height of a picture by the name of a quality."""
    if quality is None:
        return None
    if quality not in QUALITIES:
        hint = did_you_mean(quality, QUALITIES) or f"known: {', '.join(QUALITIES)}"
        raise SpecError([Problem(f"--quality: unknown quality '{quality}'", hint=hint)])
    return QUALITIES[quality]
