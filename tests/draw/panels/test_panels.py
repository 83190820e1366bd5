"""Panels place artists where the recording says; a hand-made recording, no TensorFlow."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

from nnviz_cli.draw.artists import Pixels, drawn_once, empty_renderer
from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.geometry import clip_line
from nnviz_cli.draw.legend import _counted
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.panels.input import SURFACE_OPACITY
from nnviz_cli.draw.points import one_per_pixel
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.recording.recording import Surface
from tests.recordings import changed


@pytest.fixture
def axes():
    figure = Figure(figsize=(4, 3), dpi=100)
    FigureCanvasAgg(figure)
    return figure.add_axes((0, 0, 1, 1))


def points_of(axes):
    """Positions of every cloud of markers that moves."""
    return [
        line.get_xydata() for line in axes.lines if line.get_marker() == "o" and line.get_animated()
    ]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [name for name in PANELS if name != "fit"])
def test_every_panel_shows_every_frame_in_every_theme(name, theme, axes, made_up):
    show = PANELS[name].draw(Canvas(axes, made_up, THEMES[theme]))
    limits = axes.get_xlim(), axes.get_ylim()
    for frame in range(made_up.frames):
        show(frame)
        axes.figure.canvas.draw()
        assert (axes.get_xlim(), axes.get_ylim()) == limits, "the camera never moves"


def test_hidden_puts_each_class_where_the_layer_puts_it(axes, made_up):
    show = PANELS["hidden"].draw(Canvas(axes, made_up, THEMES["light"]))
    for frame in (0, 5):
        show(frame)
        outer, inner, *_ = points_of(axes)
        # few points: none shares a pixel, so all are drawn
        for drawn, member in ((outer, np.s_[:40]), (inner, np.s_[40:])):
            wanted = made_up.probed.activation[frame, member]
            assert sorted(map(tuple, drawn)) == sorted(map(tuple, wanted))


def test_one_class_is_solid_and_the_other_hollow(axes, made_up):
    PANELS["hidden"].draw(Canvas(axes, made_up, THEMES["light"]))(0)
    clouds = [line for line in axes.lines if line.get_marker() == "o" and line.get_animated()]
    assert len(clouds) == 3  # outer, inner, the cores of inner
    assert clouds[2].get_markersize() < clouds[1].get_markersize()
    np.testing.assert_array_equal(clouds[1].get_xydata(), clouds[2].get_xydata())


def test_hidden_bends_all_grid_lines_whole(axes, made_up):
    show = PANELS["hidden"].draw(Canvas(axes, made_up, THEMES["light"]))
    show(3)
    (collection,) = (c for c in axes.collections if isinstance(c, LineCollection))
    drawn = np.unique(np.concatenate(collection.get_segments()), axis=0)
    wanted = np.unique(made_up.probed.grid_activation[3].reshape(-1, 2), axis=0)
    np.testing.assert_allclose(drawn, wanted, atol=1e-6)
    assert len(collection.get_segments()) == 42 * 4  # each line in pieces of 25 steps


def test_crushed_parts_of_the_grid_are_fainter(axes, made_up):
    show = PANELS["hidden"].draw(Canvas(axes, made_up, THEMES["light"]))
    show(0)
    (collection,) = (c for c in axes.collections if isinstance(c, LineCollection))
    wide = collection.get_colors()[:, 3].mean()
    crushed = np.zeros((6, 42, 100, 2), np.float32)
    look = made_up.probed  # opened for reading; a crushed copy stands in
    object.__setattr__(look, "grid_activation", crushed)
    object.__setattr__(look, "activation", np.zeros((6, 80, 2), np.float32))
    show(0)
    assert collection.get_colors()[:, 3].max() < wide / 2


def test_hidden_draws_an_upright_boundary(axes, made_up):
    PANELS["hidden"].draw(Canvas(axes, made_up, THEMES["light"]))(0)
    line = next(line for line in axes.lines if line.get_linewidth() == 3.5)
    np.testing.assert_allclose(line.get_xdata(), [0.25, 0.25])
    assert sorted(line.get_ydata()) == pytest.approx(sorted(axes.get_ylim()))


def test_hidden_has_one_scale_for_both_directions(axes, made_up):
    PANELS["hidden"].draw(Canvas(axes, made_up, THEMES["light"]))
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    assert (x1 - x0) / axes.bbox.width == pytest.approx((y1 - y0) / axes.bbox.height)
    for unit, (low, high) in enumerate(((x0, x1), (y0, y1))):
        values = made_up.probed.activation[..., unit]
        assert low < values.min() < values.max() < high
    assert x1 - x0 < np.ptp(made_up.probed.high[:, 0]) + 2.6, "the points fill it, not the grid"


def test_input_draws_the_boundary_where_the_logit_is_zero(axes, made_up):
    show = PANELS["input"].draw(Canvas(axes, made_up, THEMES["dark"]))
    show(0)
    contour = axes.collections[-1]
    (line,) = contour.get_segments()
    np.testing.assert_allclose(line[:, 0], 0.25, atol=1e-6)  # x, which is not yet turned
    show(3)
    (line,) = contour.get_segments()
    turned = line @ [np.cos(np.radians(30)), -np.sin(np.radians(30))]
    np.testing.assert_allclose(turned, 0.25, atol=1e-6)


def test_input_tints_by_the_likelier_class_and_not_at_the_boundary(axes, made_up):
    PANELS["input"].draw(Canvas(axes, made_up, THEMES["light"]))(0)
    image = tint(axes).get_data()
    rows, columns = image.shape[:2]
    left, right = axes.get_xlim()
    x = np.linspace(left, right, columns)
    for label, side in enumerate((x < 0.2, x > 0.3)):
        assert {tuple(pixel[:3]) for pixel in image[rows // 2, side]} == {rgb("light", label)}
    sure = np.abs(np.tanh((x - 0.25) / 2))
    np.testing.assert_allclose(image[rows // 2, :, 3], 255 * SURFACE_OPACITY * sure, atol=3)


def test_input_puts_the_tint_where_it_belongs(axes, made_up):
    """Each quarter of the plane has a tint of its own, seen on the canvas."""
    sure = np.array([[-9.0, 9.0], [0.0, -0.7]])  # the lower row first
    quarters = np.repeat(np.repeat(sure, 24, axis=0), 24, axis=1)
    surface = Surface(extent=made_up.bounds, scores=np.array([[quarters]]))
    object.__setattr__(made_up, "surface", lambda _: surface)
    PANELS["input"].draw(Canvas(axes, made_up, THEMES["light"]))(0)
    canvas = axes.figure.canvas
    canvas.draw()
    axes.draw_artist(tint(axes))
    pixels = np.asarray(canvas.buffer_rgba())[::-1]  # the lowest row first
    white = np.array([255, 255, 255])
    for (x, y), value in (
        ((-0.85, -0.85), -9),
        ((0.85, -0.85), 9),
        ((-0.85, 0.85), 0),
        ((0.85, 0.85), -0.7),
    ):
        column, row = axes.transData.transform((x, y)).astype(int)
        share = SURFACE_OPACITY * abs(np.tanh(value / 2))
        wanted = (1 - share) * white + share * np.array(rgb("light", int(value > 0)))
        np.testing.assert_allclose(pixels[row, column, :3], wanted, atol=3)


def test_what_is_drawn_once_looks_like_what_is_drawn(axes):
    canvas = axes.figure.canvas
    canvas.draw()
    empty = canvas.copy_from_bbox(axes.figure.bbox)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    x, y = np.random.default_rng(0).uniform(0.1, 0.9, (2, 500))
    lines = axes.plot(x, y, "o", ms=6, mew=0, color="#2563d9") + axes.plot(x, y, ".", color="w")
    for line in lines:
        axes.draw_artist(line)
    wanted = np.asarray(canvas.buffer_rgba()).astype(int)
    canvas.restore_region(empty)
    assert abs(np.asarray(canvas.buffer_rgba()) - wanted).max() > 100, "they are seen"
    renderer = empty_renderer(axes.figure)
    for _ in range(2):  # the renderer is left empty
        canvas.restore_region(empty)
        axes.draw_artist(axes.add_artist(drawn_once(lines, renderer, axes.bbox)))
        np.testing.assert_allclose(np.asarray(canvas.buffer_rgba()), wanted, atol=3)


def tint(axes):
    return min((a for a in axes.artists if isinstance(a, Pixels)), key=lambda a: a.get_zorder())


def rgb(theme, label):
    return tuple(bytes.fromhex(THEMES[theme].classes[label][1:]))


def test_loss_marks_now_and_tells_the_whole_curve_from_the_start(axes, made_up):
    show = PANELS["loss"].draw(Canvas(axes, made_up, THEMES["light"]))
    whole, past, now = axes.lines[:3]
    show(2)
    np.testing.assert_allclose(whole.get_ydata(), made_up.history["loss"])
    np.testing.assert_allclose(past.get_xdata(), [0, 1, 2])
    assert now.get_xydata().tolist() == [[2.0, pytest.approx(1 / 3)]]


@pytest.mark.parametrize(
    ("a", "b", "c", "ends"),
    [
        (1, 0, -0.5, [(0.5, -1), (0.5, 1)]),  # b is 0: upright
        (0, 1, 0.25, [(-2, -0.25), (2, -0.25)]),  # a is 0: level
        (1, 1, 0, [(-1, 1), (1, -1)]),
        (1e30, 1e30, 0, [(-1, 1), (1, -1)]),
        (1, -1e-9, 0, [(0, -1), (0, 1)]),
        (1, 0, 5, []),  # outside
        (0, 0, 1, []),  # no line at all
        (float("nan"), 1, 0, []),
        (float("inf"), 1, 0, []),
    ],
)
def test_a_line_is_clipped_to_the_box_whatever_its_direction(a, b, c, ends):
    found = clip_line(a, b, c, (-2, 2), (-1, 1))
    assert found.shape == (len(ends), 2)
    np.testing.assert_allclose(sorted(map(tuple, found)), sorted(ends), atol=1e-8)


@pytest.mark.parametrize("left", [0.1, 0.1013, 0.1027])  # the axes' corner inside its pixel
def test_one_point_a_pixel_covers_what_all_points_cover(left):
    figure = Figure(figsize=(4, 3), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((left, left, 0.7, 0.7), xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    angle = np.linspace(0, 2 * np.pi, 20_000)
    ring = 0.5 + 0.4 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ring += np.random.default_rng(0).normal(0, 0.004, ring.shape)
    kept = one_per_pixel(axes, ring.astype(np.float32))
    assert len(kept) < 0.4 * len(ring)
    drawn = []
    (markers,) = axes.plot([], [], "k,")  # a whole pixel, without soft edges
    for places in (ring, kept):
        markers.set_data(*places.T)
        canvas.draw()
        drawn.append(np.asarray(canvas.buffer_rgba())[..., 0] == 0)
    # float32 puts a point in a thousand on the other side of a pixel's edge
    assert (drawn[0] != drawn[1]).sum() <= 0.001 * drawn[0].sum()


def test_points_outside_or_not_finite_are_not_drawn(axes):
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    bad = [[np.nan, 0], [0, np.nan], [np.inf, 0], [0, -np.inf], [1e30, 0], [3e38, 3e38], [5, 5]]
    (markers,) = axes.plot([], [], "ko", ms=3)
    for places, seen in ((bad, False), ([*bad, [0.5, 0.5]], True)):
        chosen = one_per_pixel(axes, np.array(places, np.float32))
        markers.set_data(*chosen.T)
        axes.figure.canvas.draw()
        dark = np.argwhere(np.asarray(axes.figure.canvas.buffer_rgba())[..., 0] < 200)
        assert bool(len(dark)) is seen
    np.testing.assert_allclose(dark.mean(axis=0), (150, 200), atol=1)


@pytest.mark.parametrize(
    ("width", "caption", "lines"),
    [
        (12, "the input plane", [["inner", "outer", "boundary"]]),
        (6.5, "inputs", [["inner", "outer", "boundary"]]),
        (4.8, "inputs", [["inner", "outer"], ["boundary"]]),
        (2.7, "inputs", [["inner"], ["outer"], ["boundary"]]),
    ],
)
def test_caption_and_legend_share_the_room_and_no_name_is_left_out(width, caption, lines, made_up):
    figure = Figure(figsize=(width, 3), dpi=72)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 0.6))
    PANELS["input"].draw(Canvas(axes, made_up, THEMES["light"]))(0)
    figure.canvas.draw()
    assert axes.get_title("left") == caption
    legends = axes.findobj(Legend)
    assert [[text.get_text() for text in each.get_texts()] for each in legends] == lines
    words = next(text for text in axes.findobj(Text) if text.get_text() == caption)
    boxes = [words.get_window_extent()]
    boxes += [text.get_window_extent() for each in legends for text in each.get_texts()]
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
    assert all(0 <= box.x0 < box.x1 <= 72 * width for box in boxes)


def test_names_that_count_are_told_short_where_there_is_no_room():
    assert _counted(["arm 1", "arm 2", "arm 3", "boundary"]) == ["arm 1", "2", "3", "boundary"]
    assert _counted(["class", "class 2", "4"]) == ["class", "class 2", "4"]


def test_a_separating_line_is_dashed_and_drawn_while_the_boundary_is_wrong(axes, made_up):
    """Two clouds with a gap around x = 3, from frame 2 on; the last frame has nothing wrong."""
    labels = made_up.y[:, 0]
    apart = np.outer(2 * labels - 1, [2, 0]) + made_up.x / 2 + [3, 1]
    places = np.array([made_up.x, made_up.x, apart, apart, apart, apart], np.float32)
    look = replace(made_up.probed, activation=places, low=places.min(1), high=places.max(1))
    wrong = np.array([40, 40, 20, 20, 20, 0])
    recording = changed(made_up, looks={1: look}, misclassified=wrong)
    show = PANELS["hidden"].draw(Canvas(axes, recording, THEMES["light"]), separator=True)
    (lines,) = (c for c in axes.collections if c.get_linewidth()[0] == 2.5)
    counts = []
    for frame in range(6):
        show(frame)
        counts.append(len(lines.get_segments()))
    assert counts == [0, 0, 1, 1, 1, 0]
    show(3)
    (segment,) = lines.get_segments()
    x = places[3, :, 0]
    assert x[labels == 0].max() < segment[:, 0].min()
    assert segment[:, 0].max() < x[labels == 1].min()
    assert any(line.get_label() == "separating line" for line in axes.lines)
