"""Numbers along axes: round, never twice, whole on the page, and those of the curves."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.theme import LIGHT
from nnviz_cli.draw.ticks import film_time, linear_marks, log_marks
from nnviz_cli.draw.time_axis import timeline
from tests.draw.test_pathology import replaced
from tests.invented import invented
from tests.reading import composed, number, read_off, texts_of

SIZES = [(1280, 720), (480, 270), (1080, 1920)]
COLUMNS = [["fit"], ["loss", "fit"], ["weights", "fit", "input"]]


@pytest.mark.parametrize("factor", [1e-30, 4e-6, 0.00125, 1.0, 333.0, -1e7, 1e15, 1e37])
def test_numbers_beside_a_curve_are_whole_and_those_of_the_curve(factor, tmp_path):
    made = invented(tmp_path / "made.h5", (1, 5, 1))
    scaled = {name: np.asarray(getattr(made, name)) * factor for name in ("y", "data_y", "output")}
    made = replaced(made, **{name: values.astype(np.float32) for name, values in scaled.items()})
    for size, columns in zip(SIZES, COLUMNS, strict=True):
        figure, show = composed(made, (tuple((name, {}) for name in columns),), size)
        show(4)
        axes = next(a for a in figure.axes if "target" in a.get_legend_handles_labels()[1])
        for axis in (axes.xaxis, axes.yaxis):
            shown = [label.get_text() for label in axis.get_ticklabels()]
            assert len(set(shown)) == len(shown) >= 2
            assert axis.get_offset_text().get_text() == ""
        (target,) = (line for line in axes.lines if line.get_label() == "target")
        pixels = axes.transData.transform(target.get_xydata())[:, 1]
        values = made.y[:, 0].astype(float)
        np.testing.assert_allclose(read_off(axes, pixels), values, atol=1e-4 * np.ptp(values))
        seen = list(texts_of(figure))
        for text, box in seen:
            assert 0 <= box.x0 < box.x1 <= size[0], text
            assert text.get_fontsize() * figure.dpi / 72 >= 18 * figure.dpi / 72
        for label in axes.get_yticklabels():
            box = label.get_window_extent()
            others = [other for text, other in seen if text is not label]
            assert not any(box.overlaps(other) for other in others), label


def test_numbers_are_round_ever_fewer_and_never_twice():
    rng = np.random.default_rng(0)
    for _ in range(300):
        low = rng.normal() * 10 ** rng.uniform(-6, 20)
        high = low + abs(low) * 10 ** rng.uniform(-5, 3)
        above = abs(low), abs(low) + high - low
        for most, marks in (
            *((most, linear_marks((low, high), most)) for most in (1, 5)),
            *((most, log_marks(above, most)) for most in (1, 5)),
        ):
            counts = []
            for places, texts in marks:
                assert len(set(texts)) == len(texts) == len(places)
                step = np.diff(places).min() if len(places) > 1 else abs(places[0])
                found = np.array([number(text) for text in texts])
                assert np.abs(found - places).max() <= 0.011 * step
                counts.append(len(texts))
            assert counts, (low, high, most)
            assert counts[0] <= 8
            assert counts[-1] <= 2


def test_powers_of_ten_are_written_as_such():
    places, texts = next(log_marks((3e-7, 2.5)))
    assert texts == ["1e−6", "0.0001", "0.01", "1"]
    np.testing.assert_allclose(places, [1e-6, 1e-4, 1e-2, 1])


def strip(width):
    figure = Figure(figsize=(width / 72, 1), dpi=72)
    FigureCanvasAgg(figure)
    return figure.add_axes((0.1, 0.5, 0.8, 0.1))


TIMES = {
    "one state": ([0], 1),
    "two": ([0, 1], 5),
    "twenty thousand epochs": (np.arange(9) * 2500, 1),
    "within an epoch": (np.arange(11), 200),
    "fifths": (np.arange(41), 5),
    "by the logarithm": ([0, *np.unique(np.geomspace(1, 5000, 90).round())], 1),
    "to 5": ([0, 1, 2, 3, 4, 5], 1),
}


@pytest.mark.parametrize("width", [1200, 600, 300, 120])
@pytest.mark.parametrize("times", TIMES)
def test_epochs_along_time_are_where_they_were_and_do_not_touch(times, width, made_up):
    steps, per_epoch = TIMES[times]
    made = replace(
        made_up,
        step=np.asarray(steps, int),
        facts=replace(made_up.facts, steps_per_epoch=per_epoch),
    )
    axes = strip(width)
    film_time(Canvas(axes, made, LIGHT))
    labels = axes.get_xticklabels()
    texts = [label.get_text() for label in labels]
    assert texts[0] == "epoch 0"
    assert len(set(texts)) == len(texts)
    epochs = np.array([number(text.removeprefix("epoch ")) for text in texts])
    frames = [label.get_position()[0] for label in labels]
    reached = np.asarray(steps) / per_epoch
    np.testing.assert_allclose(np.interp(frames, np.arange(len(reached)), reached), epochs)
    boxes = [label.get_window_extent() for label in labels]
    assert all(one.x1 + 4 < other.x0 for one, other in pairwise(boxes))
    if width > 500 and len(steps) > 1:
        assert len(texts) >= 2


def test_frames_that_hold_the_last_finite_state_have_no_time_of_their_own(made_up):
    facts = replace(made_up.facts, diverged=3.0, steps_per_epoch=5)
    made = replace(made_up, step=np.array([0, 5, 10, 10, 10, 10]), facts=facts)
    axes = strip(600)
    film_time(Canvas(axes, made, LIGHT))
    assert axes.get_xlim() == (0, 2)
    labels = {label.get_text(): label.get_position()[0] for label in axes.get_xticklabels()}
    assert labels == {"epoch 0": 0, "1": 1, "2": 2}
    show = timeline(Canvas(axes, made, LIGHT))
    show(5)
    assert axes.lines[-1].get_xdata() == [2], "the mark stays at the end"


def test_rows_of_panels_keep_apart_when_one_needs_more_room(tmp_path):
    """The heading of three lines, and the numbers below, push the panels of all columns."""
    made = invented(tmp_path / "made.h5", (2, 4, 1, 8), classes=8, points=80)
    rows = ((("input", {}), ("hidden", {}), ("network", {})), (("loss", {}),) * 3)
    figure, _ = composed(made, rows, (640, 480))
    figure.draw_without_rendering()
    tops = {round(axes.bbox.y1, 3) for axes in figure.axes[:3]}
    assert len(tops) == 1
    for (one, box), (other, beside) in combinations(texts_of(figure), 2):
        assert not box.padded(-1).overlaps(beside.padded(-1)), (one, other)
