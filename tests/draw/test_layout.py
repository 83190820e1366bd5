"""The mosaic of panels: matplotlib's words, our page."""

from itertools import combinations, product

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnviz_cli.draw.layout import (
    CAPTION,
    EDGE,
    FOOTER,
    HEADER,
    Room,
    areas,
    boxes,
    reach,
    scale,
    usual_room,
)
from nnviz_cli.draw.legend import LINE
from nnviz_cli.draw.panels import default_panels
from nnviz_cli.errors import SpecError
from tests.conftest import RINGS, spec_of

SIZES = [(1280, 720), (1080, 1080), (1080, 1920), (560, 420), (2560, 1080)]


def cells(rows):
    return [[(name, {}) for name in row] for row in rows]


def spans_of_matplotlib(rows):
    """The cells of each panel as `subplot_mosaic` sees them."""
    made = Figure().subplot_mosaic(rows, empty_sentinel=".")
    return {
        name: (spec.rowspan.start, spec.colspan.start, len(spec.rowspan), len(spec.colspan))
        for name, axes in made.items()
        for spec in [axes.get_subplotspec()]
    }


def test_any_mosaic_is_read_as_matplotlib_reads_it():
    rng = np.random.default_rng(0)
    read = refused = 0
    for _ in range(300):
        shape = rng.integers(1, 4, 2)
        rows = rng.choice(list("ab."), shape).tolist()
        rows[0][0] = "a"  # matplotlib stumbles over a mosaic of nothing
        try:
            expected = spans_of_matplotlib(rows)
        except ValueError:
            with pytest.raises(ValueError, match="not a rectangle"):
                areas(cells(rows))
            refused += 1
            continue
        found = areas(cells(rows))
        assert {a.cell[0]: (a.row, a.column, a.rows, a.columns) for a in found} == expected
        read += 1
    assert read > 50
    assert refused > 50


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "rows",
    [
        [["input", "hidden"], ["loss", "loss"]],
        [["input", "hidden"], ["input", "loss"]],
        [["fit"], ["loss"]],
        [["units", "weights", "hidden"], ["units", ".", "hidden"], ["fit", "fit", "fit"]],
    ],
)
def test_panels_stay_on_the_page_and_apart(rows, size):
    placed = [box for box, _ in boxes(cells(rows), size, (126, 30))]
    for box in placed:
        assert EDGE <= box.left < box.left + box.width <= size[0] - EDGE + 1e-6
        assert 126 < box.top < box.top + box.height <= size[1] - 30 + 1e-6
    for one, other in combinations(placed, 2):
        beside = one.left + one.width <= other.left or other.left + other.width <= one.left
        above = one.top + one.height <= other.top or other.top + other.height <= one.top
        assert beside or above


@pytest.mark.parametrize("size", SIZES)
def test_the_surface_reaches_the_sides_of_a_panel_whose_heading_needs_a_second_line(size):
    rows = cells([["input", "hidden"], ["loss", "loss"]])
    page = (size[0] / scale(size), size[1] / scale(size))
    wide, high = reach(rows, ((), ()), size, {"input"})
    for above, footer in product((CAPTION, CAPTION + LINE), (0, FOOTER)):
        rooms = [Room(above, usual_room(each.cell[0]).below) for each in areas(rows)]
        box, _ = next(boxes(rows, page, (HEADER, footer), rooms=rooms))
        assert box.width / box.height <= wide + 1e-9
        assert box.height / box.width <= high + 1e-9


def test_ratios_share_the_room():
    one, other = boxes(cells([["units", "weights"]]), (1280, 720), (126, 0), ((3, 1), ()))
    assert one[0].width == pytest.approx(3 * other[0].width)


def test_the_default_fits_the_shape_of_the_picture():
    assert default_panels(2, "binary", (1280, 720)) == [["input", "hidden"], ["loss", "loss"]]
    assert default_panels(2, "binary", (1080, 1920)) == [["input"], ["hidden"], ["loss"]]
    assert spec_of(RINGS + "view: {size: 1080x1920}\n").view.panels[2][0].name == "loss"


@pytest.mark.parametrize(
    ("view", "told"),
    [
        ("panels: [[input, hidden], [hidden, input]]", "the cells of 'input' are not a rectangle"),
        ("panels: [[input, hidden], [loss]]", "row 2 has 1 cell, but row 1 has 2"),
        (
            "panels: [input, loss], width_ratios: [1]",
            "view.width_ratios: expected 2 numbers, got 1",
        ),
    ],
)
def test_a_mosaic_that_is_none_is_told_with_its_place(view, told):
    with pytest.raises(SpecError, match=r"spec.yaml:\d+:\d+: view") as caught:
        spec_of(RINGS + f"view: {{{view}}}\n")
    assert told in str(caught.value)
