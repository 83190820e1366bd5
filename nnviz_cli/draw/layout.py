"""Where panels are on the page: a mosaic of rectangles, as matplotlib's `subplot_mosaic` has it.

Lengths are in points from the page's upper left corner.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nnviz_cli.draw.legend import LINE
from nnviz_cli.draw.panels import PANELS

EMPTY = "."  # a cell without a panel
EDGE = 48  # around everything
CAPTION = 42  # above each panel
TALL_STRIP = 0.16  # of the page, where a strip may be higher
GAP, GAP_BELOW = 40, 14  # between panels
HEADER = 126  # title, clock and facts
FOOTER = 44  # captions, if there are any

# pictures are designed for 1280×720, where a point is a pixel, and scaled by their area
DESIGN_AREA = 1280 * 720
LEAST_SCALE = 0.42  # the smallest text keeps 8 pixels
LEAST_PAGE = (560, 420)  # what fits on a page; smaller pictures have smaller text

Cell = tuple[str, dict[str, Any]]  # name and options of a panel
Rows = Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Area:
    """A panel, and the cells that it fills."""

    cell: Cell
    row: int
    column: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Box:
    """A rectangle on the page."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Room:
    """What a panel needs around it: for its heading, and for numbers below it."""

    above: float
    below: float


def usual_room(name: str) -> Room:
    """What a panel of a name needs, as long as it says no more than others do."""
    return Room(CAPTION, PANELS[name].below)


def scale(size: tuple[int, int]) -> float:
    """Pixels of a point in a picture of a size; the page is the size by this."""
    width, height = size
    by_area = max(LEAST_SCALE, math.sqrt(width * height / DESIGN_AREA))
    return min(by_area, width / LEAST_PAGE[0], height / LEAST_PAGE[1])


def reach(
    rows: Rows,
    ratios: tuple[Sequence[float], Sequence[float]],
    size: tuple[int, int],
    names: Collection[str],
) -> tuple[float, float]:
    """How many times wider than high, and higher than wide, panels of these names are at most."""
    page = (size[0] / scale(size), size[1] / scale(size))
    found = areas(rows)
    headings = (0, LINE, 2 * LINE) if len(rows[0]) > 1 else (0,)
    usual = [usual_room(each.cell[0]) for each in found]
    shapes = [
        box.width / box.height
        for more in headings  # of panels that share a row, which may need more lines
        for footer in (0, FOOTER)
        for box, (name, _) in boxes(
            rows, page, (HEADER, footer), ratios, [Room(r.above + more, r.below) for r in usual]
        )
        if name in names
    ]
    return max([1.0, *shapes]), max([1.0, *(1 / shape for shape in shapes)])


def areas(rows: Rows) -> list[Area]:
    """The panels of a mosaic; equal cells are one. Raises ValueError if no rectangle."""
    found: list[Area] = []
    seen: list[Cell] = []
    for row, cells in enumerate(rows):
        if len(cells) != len(rows[0]):
            has = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
            raise ValueError(f"row {row + 1} has {has}, but row 1 has {len(rows[0])}")
        for column, cell in enumerate(cells):
            if cell[0] == EMPTY or cell in seen:
                continue
            seen.append(cell)
            found.append(_area(rows, cell, row, column))
    return found


def _area(rows: Rows, cell: Cell, row: int, column: int) -> Area:
    """All cells like the one at this upper left corner."""
    places = [
        (i, j) for i, cells in enumerate(rows) for j, each in enumerate(cells) if each == cell
    ]
    last_row, last_column = (max(place[axis] for place in places) for axis in (0, 1))
    first_column = min(j for _, j in places)
    height, width = last_row - row + 1, last_column - first_column + 1
    if first_column != column or len(places) != height * width:
        raise ValueError(f"the cells of '{cell[0]}' are not a rectangle")
    return Area(cell, row, column, height, width)


def boxes(
    rows: Rows,
    page: tuple[float, float],
    margins: tuple[float, float],
    ratios: tuple[Sequence[float], Sequence[float]] = ((), ()),
    rooms: Sequence[Room] = (),
) -> Iterator[tuple[Box, Cell]]:
    """Rectangles of the panels on a page of a width and height, between top and bottom margins.

    `ratios` are those of the columns' widths and of the rows' heights; even by default, but a
    row of strips alone is low. `rooms` are what each panel needs, in the order of `areas`.
    """
    found = areas(rows)
    rooms = rooms or [usual_room(each.cell[0]) for each in found]
    widths = _shares(page[0] - 2 * EDGE - GAP * (len(rows[0]) - 1), ratios[0], len(rows[0]))
    above, below = [float(CAPTION)] * len(rows), [0.0] * len(rows)
    for each, room in zip(found, rooms, strict=True):
        last = each.row + each.rows - 1
        above[each.row] = max(above[each.row], room.above)
        below[last] = max(below[last], room.below)
    left_over = page[1] - sum(margins) - len(rows) * GAP_BELOW - sum(above) - sum(below)
    heights = _heights(rows, page, left_over, ratios[1])
    tops = [margins[0] + above[0]]
    for height, under, over in zip(heights, below, [*above[1:], 0.0], strict=True):
        tops.append(tops[-1] + height + under + GAP_BELOW + over)
    for each in found:
        last = each.row + each.rows - 1
        left = EDGE + sum(widths[: each.column]) + GAP * each.column
        width = sum(widths[each.column : each.column + each.columns]) + GAP * (each.columns - 1)
        yield (
            Box(left, tops[each.row], width, tops[last] + heights[last] - tops[each.row]),
            each.cell,
        )


def _shares(room: float, ratios: Sequence[float], count: int) -> list[float]:
    """Parts of some room, even or by ratios."""
    weights = list(ratios) or [1.0] * count
    return [max(20.0, room * weight / sum(weights)) for weight in weights]


def _heights(
    rows: Rows, page: tuple[float, float], room: float, ratios: Sequence[float]
) -> list[float]:
    """The height of each row; strips are low, unless there is nothing else."""
    strips = [_strip(row) for row in rows]
    if ratios or all(strips) or not any(strips):
        return _shares(room, ratios, len(rows))
    if page[0] < 1.2 * page[1]:  # there is room for more than a strip
        strips = [strip and max(strip, TALL_STRIP * page[1]) for strip in strips]
    rest = max(20.0, (room - sum(strips)) / strips.count(0))
    return [strip or rest for strip in strips]


def _strip(row: Sequence[Cell]) -> float:
    """The height of a row of low panels; 0 for a row with a panel that is not low."""
    heights = [PANELS[name].strip for name, _ in row]
    return max(heights) if all(heights) else 0.0
