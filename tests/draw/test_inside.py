"""All that is drawn lies inside the panel, in every frame; what may leave it is said here."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from nnviz_cli.data.table import DATASETS
from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.panels.orbit import cut_at_walls
from nnviz_cli.draw.theme import LIGHT
from nnviz_cli.recording.recording import Look
from tests.draw.test_pathology import replaced
from tests.draw.test_views import KINDS, fits

MAY_LEAVE = {"grid"}  # the inputs' lines, bent by a layer of two units or more than three


def drawn(recording, name, size=(9, 6), **options):
    figure = Figure(figsize=size, dpi=72)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.7))
    return axes, PANELS[name].draw(Canvas(axes, recording, LIGHT), **options)


def places_of(axes):
    """All places of lines, markers and areas in the units of the data, by the artist."""
    for each in axes.figure.axes:
        for line in each.lines:
            yield each, line, np.asarray(line.get_xydata(), float)
        for collection in each.collections:
            if isinstance(collection, PathCollection):
                yield each, collection, np.asarray(collection.get_offsets())
            elif moved := [path.vertices for path in collection.get_paths()]:
                yield each, collection, np.concatenate(moved)


def assert_inside(axes, told):
    """Nothing that is drawn by its data is outside of the limits."""
    for where, artist, places in places_of(axes):
        seen = places[np.isfinite(places).all(axis=1)]
        if artist.get_gid() in MAY_LEAVE or not len(seen):
            continue
        marks = isinstance(artist, PathCollection)
        moved = artist.get_offset_transform() if marks else artist.get_transform()
        pixels = moved.transform(seen)
        low, high = where.bbox.min - 0.5, where.bbox.max + 0.5
        assert (low <= pixels).all(), (told, artist, seen)
        assert (pixels <= high).all(), (told, artist, seen)


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_drawn_is_inside_the_limits_in_every_frame(kind, make):
    recording = make(**KINDS[kind])
    for name in PANELS:
        if not fits(name, recording.facts):
            continue
        options = {"points": True, "ghosts": 2, "residual": True} if name == "fit" else {}
        axes, show = drawn(recording, name, **options)
        for frame in range(recording.frames):
            show(frame)
            assert_inside(axes, (name, frame))


def test_the_view_of_a_fit_holds_the_points_it_shows(make):
    recording = make((1, 5, 1), held_out=9)
    data = np.asarray(recording.data_y).copy()
    data[3], data[20] = 3.0, -2.5  # far from the sine, whose amplitude is 1
    recording = replaced(recording, data_y=data)
    for name, options in (("fit", {"points": True}), ("input", {})):
        axes, show = drawn(recording, name, **options)
        for frame in range(recording.frames):
            show(frame)
            assert_inside(axes, (name, frame))
        low, high = axes.get_ylim()
        assert low < -2.5 < 3.0 < high < 6
    axes, _ = drawn(recording, "fit")
    assert axes.get_ylim()[1] < 2.9, "points that are not shown need no room"


@pytest.mark.parametrize("name", ["fit", "input"])
def test_an_answer_that_leaves_the_view_is_said_to(name, make):
    recording = make((1, 5, 1))
    output = np.asarray(recording.output) * np.array([100, 1, 1, 1, 0.1])[:, None, None]
    recording = replaced(recording, output=output)
    axes, show = drawn(recording, name)
    low, high = axes.get_ylim()
    assert high - low < 10, "the wildest answers do not flatten all others"
    for frame in range(recording.frames):
        show(frame)
        values = output[frame]
        leaves = bool(values.min() < low or values.max() > high)
        assert leaves is (frame == 0)
        assert ("output outside the view" in {text.get_text() for text in axes.texts}) is leaves


def with_a_wide_grid(recording, times=20):
    """A recording whose grid reaches much further than its points, as a ReLU's does."""
    layer = recording.facts.probe
    look = recording.looks[layer]
    grid = np.asarray(look.grid_activation) * times
    low, high = grid.min(axis=(1, 2)), grid.max(axis=(1, 2))
    return replaced(recording, looks={layer: Look(look.activation, grid, low, high)})


@pytest.mark.parametrize("units", [(2, 4, 1, 1), (2, 4, 2, 1), (2, 4, 3, 1), (2, 7, 3)])
def test_the_view_of_a_layer_is_that_of_its_points_however_far_the_grid_goes(units, make):
    recording = with_a_wide_grid(make(units, classes=max(2, units[-1])))
    axes, show = drawn(recording, "hidden", size=(6, 6))
    marks = [line for line in axes.lines if line.get_animated() and line.get_marker() in "os^D"]
    places = []
    for frame in range(recording.frames):
        show(frame)
        assert_inside(axes, (units, frame))
        places += [mark.get_xydata() for mark in marks]
    spread = np.ptp(np.concatenate(places), axis=0) / np.ptp(
        [axes.get_xlim(), axes.get_ylim()], axis=1
    )
    assert spread.max() > 0.5, "the points are no speck"


def test_the_lines_of_the_grid_end_at_the_walls_of_the_cube():
    rng = np.random.default_rng(0)
    lines = rng.normal(size=(200, 30, 3)).cumsum(axis=1) * 0.2
    cut, inside = cut_at_walls(lines)
    was_inside = (np.abs(lines) <= 1).all(axis=2)
    np.testing.assert_array_equal(cut[was_inside], lines[was_inside])
    np.testing.assert_array_equal(inside, was_inside[:, 1:] | was_inside[:, :-1])
    drawn_to = np.concatenate([cut[:, 1:][inside], cut[:, :-1][inside]])
    assert np.abs(drawn_to).max() <= 1 + 1e-12
    # a point outside between two that are inside moves on to the wall only once
    leaving = was_inside[:, :-2] & ~was_inside[:, 1:-1] & ~was_inside[:, 2:]
    assert leaving.sum() > 100
    ends = cut[:, 1:-1][leaving]
    np.testing.assert_allclose(np.abs(ends).max(axis=1), 1, err_msg="on a wall")
    start, way = lines[:, :-2][leaving], (lines[:, 1:-1] - lines[:, :-2])[leaving]
    np.testing.assert_allclose(np.cross(ends - start, way), 0, atol=1e-9, err_msg="and the line")


@pytest.mark.parametrize("name", DATASETS)
def test_the_bounds_of_a_dataset_hold_its_points(name):
    options = {"noise": 0.4} if "noise" in DATASETS[name].make.__kwdefaults__ else {}
    made = DATASETS[name].make(np.random.default_rng(0), points=400, **options)
    low, high = made.bounds.T
    assert (low <= made.x).all()
    assert (made.x <= high).all()
