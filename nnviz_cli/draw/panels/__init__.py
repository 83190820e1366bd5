"""One view of a Recording in one axes, by name.

A panel is a function `(canvas, *, options) -> show`: it makes its artists once and returns
`show(frame)`, which only moves them. What moves is made `animated`, so that the figure can
keep everything else as a picture. Lengths are in points; the figure scales them with its
size. `heading` puts the caption and the legend over it.

matplotlib is imported inside the functions, because names and options of panels are needed
where no picture is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnviz_cli.draw.canvas import Canvas, Show, nothing
from nnviz_cli.draw.panels import fit, hidden, history, loss, network, units, weights
from nnviz_cli.draw.panels import input as inputs
from nnviz_cli.draw.panels.legend import heading
from nnviz_cli.recording.shape import Needs, Shape

__all__ = ["PANELS", "Canvas", "Panel", "Show", "heading"]


def _anything(_: Shape, **__: Any) -> str:
    return ""


def _nothing(_: Shape, **__: Any) -> Needs:
    return Needs()


@dataclass(frozen=True)
class Panel:
    """What draws, and what is asked before a number is recorded; all take the same options."""

    draw: Callable[..., Show]  # canvas
    misfit: Callable[..., str] = _anything  # shape; why this cannot be drawn, or ''
    needs: Callable[..., Needs] = _nothing  # shape
    surface: bool = False  # the answer over the inputs fills it


def empty(_: Canvas) -> Show:
    """A cell of the mosaic that stays empty."""
    return nothing


PANELS: dict[str, Panel] = {
    ".": Panel(empty),
    "boundary-history": Panel(history.boundary_history, history.misfit, surface=True),
    "fit": Panel(fit.fit, fit.misfit),
    "hidden": Panel(hidden.hidden, hidden.misfit, hidden.needs),
    "input": Panel(inputs.input_plane, inputs.misfit, surface=True),
    "loss": Panel(loss.loss),
    "network": Panel(network.network, needs=network.needs),
    "units": Panel(units.units, needs=units.needs),
    "weights": Panel(weights.weights, needs=weights.needs),
}
