"""Options that commands share, and the values that they stand for."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnviz_cli.command import completion
from nnviz_cli.errors import Problem, SpecError, did_you_mean

if TYPE_CHECKING:
    from nnviz_cli.spec.overrides import Assignment

INDEX = r"-?[0-9]{1,9}"
INTEGER = r"[-+]?[0-9]{1,30}"
QUALITIES = {"draft": 360, "medium": 720, "high": 1080, "4k": 2160}  # height in pixels
TEXTS = ("size", "theme")  # options whose value is text; that of the others is a number

Specs = Annotated[list[Path], typer.Argument(metavar="SPEC", help="YAML files to read.")]
OneSpec = Annotated[Path, typer.Argument(metavar="SPEC", help="The YAML file to read.")]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="OUT",
        help="File to write, in place of the spec's outputs; the suffix is the format.",
        autocompletion=completion.outputs,
    ),
]
Png = Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="The .png to write.")]
Frame = Annotated[
    str,
    typer.Option(
        "--frame",
        metavar="N",
        help="Frame to show: an index, first, last, or key (the result of the training).",
        autocompletion=completion.frames,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print errors only.")]
Quality = Annotated[
    str | None,
    typer.Option(
        "--quality",
        "-q",
        metavar="|".join(QUALITIES),
        help="Height of the picture: " + ", ".join(map(str, QUALITIES.values())) + " pixels.",
        autocompletion=completion.one_of(QUALITIES),
    ),
]
MaxSize = Annotated[
    str | None,
    typer.Option(
        "--max-size",
        metavar="SIZE",
        help="Maximum size of a .gif, .webp or .apng, like 10MB.",
    ),
]


Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the spec: training.learning_rate=0.003",
        autocompletion=completion.settings,
    ),
]
Large = Annotated[
    bool, typer.Option("--large", help="Lift the limits of frames, points, units and pixels.")
]


@dataclass(frozen=True, kw_only=True)
class SpecOptions:
    """Options that change keys of a spec, and lift its limits."""

    sets: Sets = None
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="N", help="Seed of everything random.")
    ] = None
    frames: Annotated[
        str | None, typer.Option("--frames", metavar="N", help="Number of frames.")
    ] = None
    epochs: Annotated[
        str | None, typer.Option("--epochs", metavar="N", help="Number of epochs to train.")
    ] = None
    lr: Annotated[str | None, typer.Option("--lr", metavar="X", help="Learning rate.")] = None
    large: Large = False


@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """Options that change how a film or a picture looks, never what is trained."""

    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="Size in pixels, like 1280x720.")
    ] = None
    fps: Annotated[str | None, typer.Option("--fps", metavar="N", help="Frames per second.")] = None
    theme: Annotated[
        str | None,
        typer.Option(
            "--theme",
            metavar="NAME",
            help="Colours and fonts; `nnviz list themes` prints the names.",
            autocompletion=completion.themes,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class DrawOptions:
    """Options that choose what of a recording is drawn."""

    panels: Annotated[
        str | None,
        typer.Option("--panels", metavar="ROWS", help="Like [[input, hidden], [loss, loss]]."),
    ] = None
    sets: Sets = None
    large: Large = False


@dataclass(frozen=True, kw_only=True)
class LogOptions:
    """Options that choose what is printed on standard error."""

    quiet: Quiet = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="Print more; -vv: also the messages of TensorFlow.",
        ),
    ] = 0


KEYS = {
    "seed": "seed",
    "frames": "frames",
    "epochs": "training.epochs",
    "lr": "training.learning_rate",
    "size": "view.size",
    "fps": "view.fps",
    "theme": "view.theme",
    "panels": "view.panels",
}


def assignments(options: SpecOptions | ViewOptions | DrawOptions) -> "list[str | Assignment]":
    """The keys that options set, and their values: `--set` first, because the others win."""
    from nnviz_cli.spec.overrides import Assignment

    given = {name: getattr(options, name, None) for name in KEYS}
    named = [
        Assignment(option=f"--{name}", key=KEYS[name], value=_value(name, text))
        for name, text in given.items()
        if text is not None
    ]
    return [*(getattr(options, "sets", None) or []), *named]


def _value(name: str, text: str) -> Any:
    """The value of an option that sets a key."""
    if name == "panels":
        from nnviz_cli.spec.overrides import option_value

        return option_value("--panels", text)
    return text if name in TEXTS else number(text)


def number(text: str) -> int | float | str:
    """The number that the text of an option is; the text itself where it is not a number."""
    if re.fullmatch(INTEGER, text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def index_or_name(text: str) -> int | str:
    """The value of `--frame`, as a spec has it."""
    return int(text) if re.fullmatch(INDEX, text) else text


def seconds_of(text: str) -> float:
    """The value of `--seconds`; SpecError if it is not a number in its range."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.1 <= seconds <= 30:
        raise SpecError(f"--seconds: expected a number from 0.1 to 30, got '{text}'")
    return seconds


def height_of(quality: str | None) -> int | None:
    """The height of a picture by the name of a quality; SpecError if it is unknown."""
    if quality is None:
        return None
    if quality not in QUALITIES:
        hint = did_you_mean(quality, QUALITIES) or f"known: {', '.join(QUALITIES)}"
        raise SpecError([Problem(f"--quality: unknown quality '{quality}'", hint=hint)])
    return QUALITIES[quality]
