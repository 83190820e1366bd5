"""The panel `boundary-history`: earlier decision boundaries."""

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from nnviz_cli.draw.canvas import Canvas, MarkerSize, Show
from nnviz_cli.draw.legend import heading
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.panels.input import contour, contours, visible
from nnviz_cli.draw.points import mixed, still_clouds
from nnviz_cli.draw.ranges import input_view
from nnviz_cli.recording.shape import Shape

if TYPE_CHECKING:
    pass


def boundary_history(
    canvas: Canvas,
    *,
    marker_size: MarkerSize = 4.0,
    lines: Annotated[
        int,
        Field(
            ge=1, le=100, strict=True, description="number of earlier boundaries that stay visible"
        ),
    ] = 24,
) -> Show:
    """Decision boundaries of earlier frames in the input plane, pale to dark."""
    from matplotlib.collections import LineCollection

    axes, recording, theme = canvas.axes, canvas.recording, canvas.theme
    input_view(canvas)
    still_clouds(canvas, marker_size)
    frames = np.unique(np.linspace(0, recording.frames - 1, lines).round().astype(int))
    surface, task = visible(canvas), recording.facts.task
    kept = []
    for frame in frames:
        age = 1 - frame / max(1, recording.frames - 1)
        color = mixed(theme.ink, theme.panel, 0.25 + 0.6 * age)
        past = LineCollection(contours(surface, task, frame), colors=[color], linewidths=1.8)
        past.set(animated=True, zorder=2.9)
        axes.add_collection(past, autolim=False)
        kept.append((frame, past))
    now = contour(canvas, "now")
    axes.plot([], [], color=mixed(theme.ink, theme.panel, 0.55), lw=1.8, label="earlier")
    wordings = ("decision boundary over time", "boundary over time", "boundaries")
    heading(canvas, *wordings)

    def show(frame: int) -> None:
        for at, past in kept:
            past.set_visible(bool(at <= frame))
        now(frame)

    return show


def misfit(shape: Shape, **_: Any) -> str:
    """Why the panel cannot be drawn: it requires classes and two inputs; or ''."""
    plane_of_classes = shape.units[0] == 2 and shape.task != "regression"
    return "" if plane_of_classes else "requires classes and two inputs"


PANEL = Panel(
    draw=boundary_history,
    misfit=misfit,
    alt_text="earlier positions of the decision boundary",
    surface=True,
)
