"""The panel `fit`: a target curve and the output of the network."""

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from nnviz_cli.draw.canvas import Array, Canvas, Flag, Show, nothing
from nnviz_cli.draw.labels import note
from nnviz_cli.draw.legend import heading
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.ranges import APART, MARGIN, drawable, ends
from nnviz_cli.draw.ticks import scales
from nnviz_cli.recording.shape import Shape

if TYPE_CHECKING:
    pass

MOST_POINTS = 1000  # drawn of the data

LineWidth = Annotated[
    float, Field(gt=0, le=40, description="width of the output's line in points, at 720p")
]


def fit(
    canvas: Canvas,
    *,
    line_width: LineWidth = 4.0,
    points: Annotated[
        Flag, Field(description="whether data points are drawn, a sample of them if they are many")
    ] = False,
    ghosts: Annotated[
        int,
        Field(ge=0, le=20, strict=True, description="number of earlier outputs that stay visible"),
    ] = 0,
    residual: Annotated[
        Flag, Field(description="whether the difference between target and output is shaded")
    ] = False,
) -> Show:
    """The curve to be learnt and the network's answer to it."""
    axes, recording = canvas.axes, canvas.recording
    x, target = recording.x[:, 0], drawable(recording.y[:, 0])
    drawn = [target, recording.data_y] if points else [target]
    axes.set_xlim(*recording.bounds[0])
    axes.set_ylim(*curve_limits(drawn, recording.output))
    inset = scales(canvas)
    follow = answer(canvas, line_width)
    axes.plot(x, target, color=canvas.theme.target, lw=2.6 * line_width, alpha=0.55, label="target")
    if points:
        data(canvas)
    fill = _residual(canvas) if residual else nothing
    earlier = _ghosts(canvas, ghosts) if ghosts else nothing
    wordings = ("target and network output", "target and output", "answer")
    heading(canvas, *wordings, inset=inset)

    def show(frame: int) -> None:
        fill(frame)
        earlier(frame)
        follow(frame)

    return show


def misfit(shape: Shape, **_: Any) -> str:
    """One number to one number."""
    one = (shape.task, shape.units[0], shape.units[-1]) == ("regression", 1, 1)
    return "" if one else "requires a regression with one input and one output"


def answer(canvas: Canvas, width: float) -> Show:
    """The output over all inputs; a note where it leaves the axes."""
    axes, recording = canvas.axes, canvas.recording
    style: dict[str, Any] = {"color": canvas.theme.answer, "animated": True, "zorder": 2.1}
    (line,) = axes.plot([], [], lw=width, label="answer", **style)
    say = note(canvas)
    x, (low, high) = recording.x[:, 0], axes.get_ylim()

    def show(frame: int) -> None:
        values = drawable(recording.output[frame, :, 0])
        line.set_data(x, values)
        say(["output outside the view"] if values.min() < low or values.max() > high else [])

    return show


def data(canvas: Canvas) -> None:
    """The points there are to learn from, as many as tell their spread; rings if held out."""
    recording = canvas.recording
    for held_out, label in ((False, "data"), (True, "held out")):
        chosen = np.flatnonzero(recording.held_out == held_out)
        chosen = chosen[:: max(1, len(chosen) // MOST_POINTS)]
        if len(chosen):
            style: dict[str, Any] = {"mfc": "none", "mew": 1.4} if held_out else {"mew": 0}
            x, y = recording.data_x[chosen, 0], drawable(recording.data_y[chosen, 0])
            style |= {"color": canvas.theme.soft, "alpha": 0.55, "clip_on": False, "zorder": 1.9}
            canvas.axes.plot(x, y, "o", ms=5, label=label, **style)


def _residual(canvas: Canvas) -> Show:
    """The area between target and answer."""
    from matplotlib.collections import PolyCollection

    axes, recording, theme = canvas.axes, canvas.recording, canvas.theme
    area = PolyCollection([], facecolors=theme.negative, alpha=0.25, animated=True, zorder=1.5)
    axes.add_collection(area, autolim=False)
    axes.plot([], [], "s", ms=15, mew=0, color=theme.negative, alpha=0.4, label="residual")
    x, target = recording.x[:, 0], drawable(recording.y[:, 0])

    def show(frame: int) -> None:
        answer = drawable(recording.output[frame, :, 0])
        there, back = np.column_stack([x, target]), np.column_stack([x, answer])[::-1]
        area.set_verts([np.concatenate([there, back])])

    return show


def _ghosts(canvas: Canvas, count: int) -> Show:
    """Answers of earlier frames, at even distances in time; the older, the fainter."""
    from matplotlib.collections import LineCollection

    axes, recording = canvas.axes, canvas.recording
    shades = [(*_rgb(canvas.theme.answer), 0.5 * (1 - i / (count + 1))) for i in range(count)]
    lines = LineCollection([], linewidths=1.6, animated=True, zorder=1.8)
    axes.add_collection(lines, autolim=False)
    x = recording.x[:, 0]
    stride = max(1, recording.frames // (2 * count))
    axes.plot([], [], color=shades[0], lw=1.6, label="earlier")

    def show(frame: int) -> None:
        earlier = [frame - stride * (i + 1) for i in range(count) if frame - stride * (i + 1) >= 0]
        curves = [np.column_stack([x, drawable(recording.output[at, :, 0])]) for at in earlier]
        lines.set(segments=curves, colors=shades[: len(curves)])

    return show


def _rgb(color: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(color)


def curve_limits(drawn: list[Array], outputs: Array) -> tuple[float, float]:
    """Room for all that stays, and for all but the wildest answers (frames, watched, 1)."""
    low, high = ends(drawn)
    room = max(high - low, APART * max(-low, high)) or 1.0
    least, most = ends(outputs)
    low, high = max(min(low, least), low - room), min(max(high, most), high + room)
    return low - MARGIN * room, high + MARGIN * room


PANEL = Panel(
    draw=fit, misfit=misfit, alt_text="the target curve with the output of the network", below=30
)
