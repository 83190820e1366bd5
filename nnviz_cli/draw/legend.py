"""What a panel shows, over its left edge, and what its signs mean, over its right one."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnviz_cli.draw.canvas import CAPTION_SIZE, Canvas
from nnviz_cli.draw.labels import fitting, points, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# in points of 1/72 inch
SIZE = CAPTION_SIZE - 2  # of the names of signs
LINE = 27  # from one line of signs to the next
LIFT = 10  # of the words over the panel
PAD = 7  # of the names, over the panel and from its right edge
HANDLE, GAP, BETWEEN = 26, 10, 24  # a sign's width, the gap after it, and that after its name


@dataclass(frozen=True)
class Key:
    """A sign, and what it means."""

    sign: Any
    label: str
    name: str  # the same, or shorter
    width: float  # of sign and name, in points


def heading(
    canvas: Canvas,
    *wordings: str,
    small: Sequence[str] = (),
    known: Collection[str] = (),
    inset: float = 0.0,
) -> None:
    """Write the first of some wordings that fits, and the name of every sign that has one.

    Names are shortened where they count ('arm 1', '2') before they take more than one line, and
    they take as many lines as they need: none is left out but those that are `known`. `small` are
    wordings for a panel that is too narrow for all others, `inset` is by how much the axes gave way
    to the numbers at their left, in pixels.
    """
    axes = canvas.axes
    signs, names = axes.get_legend_handles_labels()
    told = [(sign, name) for sign, name in zip(signs, names, strict=True) if name not in known]
    room = (axes.bbox.width + inset) / points(axes)
    signs, names = [sign for sign, _ in told], [name for _, name in told]
    if small and all(width_of(axes, each, CAPTION_SIZE) > room for each in wordings):
        wordings = tuple(small)
    found: tuple[str, list[list[Key]]] | None = None
    for shown in (names, _counted(names)):
        keys = [_key(axes, *each, room) for each in zip(signs, names, shown, strict=True)]
        for wording in wordings:
            width = width_of(axes, wording, CAPTION_SIZE)
            if width > room and wording != wordings[-1]:
                continue
            first = room - PAD - width - BETWEEN * bool(wording)
            lines = list(_lines(keys, first, room - PAD))
            if found is None or _cost(lines) < _cost(found[1]):
                found = wording, lines
    wording, lines = found or ("", [[]])
    over = len(lines) - 1
    title = axes.set_title(
        fitting(axes, [wording], room, CAPTION_SIZE),
        loc="left",
        fontsize=CAPTION_SIZE,
        color=canvas.theme.soft,
        pad=LIFT + over * LINE,
        y=1.0,
    )
    title.set_x(-inset / axes.bbox.width)
    for line, below in zip(lines, range(over, -1, -1), strict=True):
        if line:
            _draw(canvas, line, below)


def told_before(axes: "Axes") -> set[str]:
    """Labels of signs that the panels before this one tell."""
    from matplotlib.legend import Legend

    others = (other for other in axes.figure.axes if other is not axes)
    legends = (legend for other in others for legend in other.findobj(Legend))
    return {str(text.get_gid()) for legend in legends for text in legend.get_texts()}


def signs_width(axes: "Axes") -> float:
    """What the widest line of signs takes, with the gap before it, in points, or 0."""
    from matplotlib.legend import Legend

    widths = [legend.get_window_extent().width for legend in axes.findobj(Legend)]
    return max(widths) / points(axes) + BETWEEN if widths else 0.0


def _counted(names: Sequence[str]) -> list[str]:
    """'arm 1', 'arm 2' as 'arm 1', '2'."""
    stems = [re.sub(r"\d+$", "", name) for name in names]
    return [
        name.removeprefix(stem) if i and stem == stems[i - 1] else name
        for i, (name, stem) in enumerate(zip(names, stems, strict=True))
    ]


def _key(axes: "Axes", sign: Any, label: str, name: str, room: float) -> Key:
    shown = fitting(axes, [name], room - PAD - HANDLE - GAP, SIZE)
    return Key(sign, label, shown, HANDLE + GAP + width_of(axes, shown, SIZE))


def _lines(keys: Sequence[Key], first: float, room: float) -> Iterator[list[Key]]:
    """Keys in lines, of which the first has room for some points and the others for more."""
    line: list[Key] = []
    left = first
    for key in keys:
        if key.width > left:
            yield line
            line, left = [], room
        line.append(key)
        left -= key.width + BETWEEN
    yield line


def _cost(lines: Sequence[Sequence[Key]]) -> tuple[int, int]:
    """The fewer lines the better, and then the more signs in the first one."""
    return len(lines), -len(lines[0])


def _draw(canvas: Canvas, line: Sequence[Key], below: int) -> None:
    """One line of signs, with so many lines between it and the panel."""
    from matplotlib.legend import Legend

    axes = canvas.axes
    legend = Legend(
        axes,
        [key.sign for key in line],
        [key.name for key in line],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0 + below * LINE * points(axes) / axes.bbox.height),
        borderaxespad=PAD / SIZE,
        borderpad=0,
        ncols=len(line),
        frameon=False,
        fontsize=SIZE,
        labelcolor=canvas.theme.soft,
        handlelength=HANDLE / SIZE,
        handletextpad=GAP / SIZE,
        columnspacing=BETWEEN / SIZE,
    )
    for text, key in zip(legend.get_texts(), line, strict=True):
        text.set_gid(key.label)
    axes.add_artist(legend)
