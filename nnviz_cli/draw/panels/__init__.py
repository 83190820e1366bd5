"""One view of a Recording in one axes, by name.

A panel is a file: a function `(canvas, *, options) -> show`, and a `PANEL` with all that is
known of it. The function makes its artists once and returns `show(frame)`, which only moves
them. What moves is made `animated`, so that the figure can keep everything else as a picture.
Lengths are in points; the figure scales them with its size. `heading` puts the caption and the
legend over it.

matplotlib is imported inside the functions, because names and options of panels are needed
where no picture is drawn.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from nnviz_cli.draw.canvas import Canvas, Show, nothing
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.panels import fit, hidden, history, loss, network, units, weights
from nnviz_cli.draw.panels import input as inputs
from nnviz_cli.recording.shape import Shape


def empty(_: Canvas) -> Show:
    """A cell of the mosaic that stays empty."""
    return nothing


PANELS = {
    ".": Panel(draw=empty, alt_text=""),
    "boundary-history": history.PANEL,
    "fit": fit.PANEL,
    "hidden": hidden.PANEL,
    "input": inputs.PANEL,
    "loss": loss.PANEL,
    "network": network.PANEL,
    "units": units.PANEL,
    "weights": weights.PANEL,
}


def default_panels(inputs: int, task: str, size: tuple[int, int]) -> list[list[str]]:
    """The mosaic of a film that does not choose its panels, by its size in pixels."""
    upright = size[0] < 0.8 * size[1]
    if task == "regression":
        return [["fit"], ["loss"]] if inputs == 1 else [["loss"]]
    if inputs != 2:
        return [["hidden"], ["loss"]]
    if upright:
        return [["input"], ["hidden"], ["loss"]]
    return [["input", "hidden"], ["loss", "loss"]]


def descriptions(rows: Sequence[Sequence[tuple[str, dict[str, Any]]]], shape: Shape) -> list[str]:
    """What the panels of a mosaic show, each once, in the order of the page."""
    texts = (PANELS[name].description(shape, **options) for name, options in chain(*rows))
    return list(dict.fromkeys(filter(None, texts)))
