"""What the table says of a panel is what the page, the time axis and the alt text make of it."""

from dataclasses import replace

import numpy as np
import pytest

from nnviz_cli.draw.canvas import nothing
from nnviz_cli.draw.layout import CAPTION, GAP_BELOW, boxes
from nnviz_cli.draw.panel import Panel
from nnviz_cli.draw.panels import PANELS, default_panels, descriptions
from nnviz_cli.draw.time_axis import is_wanted

PAGE = (1280, 720)


def rows(*names):
    return tuple(((name, {}),) for name in names)


@pytest.fixture
def bars(monkeypatch):
    """A panel that is added to the table, and nowhere else."""
    panel = Panel(draw=lambda _: nothing, alt_text="some bars", shows_time=True, below=33, strip=77)
    monkeypatch.setitem(PANELS, "bars", panel)
    return panel


def test_every_panel_has_its_own_description_and_the_empty_cell_has_none(made_up):
    assert PANELS["."].description(made_up.facts) == ""
    texts = [PANELS[name].description(made_up.facts) for name in PANELS if name != "."]
    assert all(texts)
    assert len(set(texts)) == len(texts)


def test_a_mosaic_is_described_in_the_order_of_the_page_each_panel_once(made_up):
    mosaic = ((("hidden", {"layer": 0}), ("loss", {})), ((".", {}), ("loss", {})))
    assert descriptions(mosaic, made_up.facts) == ["hidden layer 1", "the loss"]


def test_an_added_panel_is_described(bars, made_up):
    assert descriptions(rows("loss", "bars"), made_up.facts) == ["the loss", "some bars"]


def test_an_added_strip_is_as_high_as_it_says_beside_panels_that_are_not_low(bars):
    (_, strip) = (box for box, _ in boxes(rows("units", "bars"), PAGE, (0, 0)))
    assert strip.height == 77
    (one, other) = (box for box, _ in boxes(rows("loss", "bars"), PAGE, (0, 0)))
    assert one.height == other.height  # nothing but strips: they share the page


def test_strips_of_two_heights_keep_their_own(bars):
    heights = [box.height for box, _ in boxes(rows("units", "bars", "loss"), PAGE, (0, 0))]
    assert heights[1:] == [77, PANELS["loss"].strip]
    beside = rows("units")[0] * 2, (("bars", {}), ("loss", {}))
    assert [box.height for box, _ in boxes(beside, PAGE, (0, 0))][1:] == [77, 77]


def test_an_added_panel_has_the_room_below_that_it_asks_for(bars):
    for name, room in (("bars", 33), ("units", 0)):
        upper, lower = (box for box, _ in boxes(rows(name, "loss"), PAGE, (0, 0)))
        gap = lower.top - (upper.top + upper.height)
        assert gap == pytest.approx(GAP_BELOW + CAPTION + room)


def test_a_scale_of_the_time_is_wanted_unless_a_panel_shows_the_time(bars, made_up):
    uneven = replace(made_up, step=np.array([0, 1, 10, 100, 1000, 10000]))
    assert is_wanted(uneven, rows("units", "hidden"))
    assert not is_wanted(uneven, rows("units", "bars"))
    assert not is_wanted(uneven, rows("units", "loss"))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("inputs", [1, 2, 5])
def test_the_default_mosaic_has_panels_of_the_table(task, inputs):
    names = {name for row in default_panels(inputs, task, PAGE) for name in row}
    assert names <= set(PANELS)
