"""Every panel for every kind of network, from invented recordings; what is drawn is computed anew."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure

from nnviz_cli.draw.artists import Pixels
from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.geometry import borders, faces, seen, turned, widest
from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.panels.input import SURFACE_OPACITY, contours, visible
from nnviz_cli.draw.panels.line import cuts
from nnviz_cli.draw.theme import LIGHT
from tests.reading import named

LAST = 4  # frame

KINDS = {
    "two classes by one output": {"units": (2, 4, 2, 1)},
    "two classes by two outputs": {"units": (2, 4, 2, 2)},
    "three classes": {"units": (2, 4, 2, 3), "classes": 3},
    "five classes": {"units": (2, 4, 2, 5), "classes": 5, "points": 60},
    "eight classes": {"units": (2, 8, 2, 8), "classes": 8, "points": 80},
    "held out": {"units": (2, 3, 1), "held_out": 8},
    "a curve": {"units": (1, 4, 3, 1)},
    "one unit": {"units": (2, 5, 1, 3), "classes": 3},
    "three units": {"units": (2, 3, 1)},
    "three units, three classes": {"units": (2, 3, 3), "classes": 3},
    "seven units": {"units": (2, 7, 3), "classes": 3},
    "no hidden layer": {"units": (2, 1)},
}


@pytest.fixture
def axes():
    figure = Figure(figsize=(12, 8), dpi=72)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 0.9))
    axes.set_facecolor(LIGHT.panel)
    return axes


def drawn_of(axes, kind):
    return [each for each in axes.collections if type(each) is kind]


def pixels_of(axes):
    """The canvas with what is animated on it."""
    canvas = axes.figure.canvas
    canvas.draw()
    moving = [artist for artist in axes.get_children() if artist.get_animated()]
    for artist in sorted(moving, key=lambda artist: artist.get_zorder()):
        axes.draw_artist(artist)
    return np.asarray(canvas.buffer_rgba()).astype(int)


def fits(name, facts):
    return not PANELS[name].misfit(facts, **({"layer": None} if name == "hidden" else {}))


@pytest.mark.parametrize("kind", KINDS)
def test_every_panel_that_fits_draws_every_kind_with_a_steady_camera(kind, make, axes):
    recording = make(**KINDS[kind])
    drawn = 0
    for name, panel in PANELS.items():
        if not fits(name, recording.facts):
            continue
        axes.clear()
        show = panel.draw(Canvas(axes, recording, LIGHT))
        limits = axes.get_xlim(), axes.get_ylim()
        frames = []
        for frame in (0, LAST):
            show(frame)
            frames.append(pixels_of(axes))
        assert (axes.get_xlim(), axes.get_ylim()) == limits
        if name != ".":
            assert np.abs(frames[-1] - frames[0]).max() > 20, f"{name} moves"
        drawn += 1
    assert drawn >= 6


# a layer of one unit


def test_a_line_has_a_row_for_each_class_and_its_points_where_the_unit_answers(make, axes):
    recording = make((2, 5, 1, 3), classes=3)
    PANELS["hidden"].draw(Canvas(axes, recording, LIGHT))(LAST)
    assert len(drawn_of(axes, PolyCollection)) == 3
    answers = recording.probed.activation[LAST][:, 0]
    rows = [line for line in axes.lines if line.get_marker() in "os" and line.get_animated()]
    rows = [line for line in rows if line.get_markersize() > 4]
    assert len(rows) == 3
    step = np.ptp(axes.get_xlim()) / 2000
    for label, line in enumerate(rows):
        wanted = answers[recording.y[:, 0] == label]
        found = np.asarray(line.get_xdata())
        assert max(np.abs(found[:, None] - wanted).min(axis=0)) <= step, "each has a marker"
        assert max(np.abs(found[:, None] - wanted).min(axis=1)) <= step, "no other has"
        assert np.ptp(line.get_ydata()) == 0


@pytest.mark.parametrize("seed", range(6))
def test_a_line_is_cut_where_the_winner_changes(seed):
    rng = np.random.default_rng(seed)
    slopes, shifts = rng.normal(size=(2, 5))
    x = np.linspace(-3, 3, 200_001)
    winner = (x[:, None] * slopes + shifts).argmax(axis=1)
    wanted = x[1:][np.diff(winner) != 0]
    np.testing.assert_allclose(cuts(slopes, shifts, -3, 3), wanted, atol=1e-4)


# a layer of two units, several classes


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_borders_lie_where_the_two_greatest_scores_are_equal_and_nowhere_is_one_missing(classes):
    rng = np.random.default_rng(classes)
    kernel, bias = rng.normal(size=(2, classes)), rng.normal(size=classes)
    lines = borders(kernel, bias, (-2, 2), (-2, 2))
    for ends in lines:
        for share in (0.01, 0.5, 0.99):
            scores = np.sort((ends[0] + share * (ends[1] - ends[0])) @ kernel + bias)
            assert scores[-1] - scores[-2] == pytest.approx(0, abs=1e-9)
    even = np.linspace(-2, 2, 201)
    places = np.stack(np.meshgrid(even, even), axis=2)
    winner = (places @ kernel + bias).argmax(axis=2)
    for place in (places[:, 1:][winner[:, 1:] != winner[:, :-1]])[::7]:
        gaps = [distance(place, ends) for ends in lines]
        assert min(gaps) <= 0.021, "each change of the winner is at a border"


def distance(place, ends):
    """From a place to a segment."""
    along = ends[1] - ends[0]
    share = np.clip((place - ends[0]) @ along / (along @ along), 0, 1)
    return np.linalg.norm(place - ends[0] - share * along)


# a layer of three units


def reach(look):
    """The least and the greatest activation of each unit at the points."""
    every = np.asarray(look.activation).reshape(-1, look.activation.shape[2])
    return every.min(axis=0), every.max(axis=0)


def test_space_is_seen_in_perspective_and_the_camera_turns(make, axes):
    recording = make((2, 3, 1))
    look = recording.probed
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT), orbit=90.0)
    low, high = reach(look)
    half = 1.12 * (high - low).max() / 2
    places = (look.activation[LAST] - (low + high) / 2) / half
    angle, lift = np.radians(35 + 90), np.radians(20)
    eye = np.array([np.cos(lift) * np.cos(angle), np.cos(lift) * np.sin(angle), np.sin(lift)])
    right = np.array([-np.sin(angle), np.cos(angle), 0])
    up = np.cross(eye, right)
    wanted = np.stack([places @ right, places @ up], axis=1) / (1 - 0.16 * places @ eye)[:, None]
    show(LAST)
    found = np.concatenate(
        [line.get_xydata() for line in axes.lines if line.get_animated() and len(line.get_xdata())]
    )
    gaps = np.linalg.norm(found[:, None] - wanted, axis=2)
    assert gaps.min(axis=0).max() < 1e-4, "each point is drawn"
    assert gaps.min(axis=1).max() < 1e-4, "in its place"
    corners = [np.array(path.vertices) for path in drawn_of(axes, LineCollection)[0].get_paths()]
    show(0)
    turned_back = [np.array(p.vertices) for p in drawn_of(axes, LineCollection)[0].get_paths()]
    assert not np.allclose(corners, turned_back), "the cube turns"


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_faces_are_planes_between_the_winners_inside_the_cube(classes):
    rng = np.random.default_rng(classes)
    kernel, bias = rng.normal(size=(3, classes)), 0.3 * rng.normal(size=classes)
    found = faces(kernel, bias, 1.0)
    assert found
    for polygon in found:
        assert np.abs(polygon).max() <= 1 + 1e-9
        middle = np.sort(polygon.mean(axis=0) @ kernel + bias)
        assert middle[-1] - middle[-2] == pytest.approx(0, abs=1e-9)
    x = rng.uniform(-1, 1, (2000, 2, 3))
    winner = (x @ kernel + bias).argmax(axis=2)
    assert (winner[:, 0] != winner[:, 1]).any()
    if classes == 2:
        assert len(found) == 1


def test_what_is_nearer_than_the_plane_is_drawn_over_it(make, axes):
    recording = make((2, 3, 1))
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT), orbit=0.0)
    show(LAST)
    plane = drawn_of(axes, PolyCollection)[0].get_zorder()
    kernel, bias = recording.scores(LAST)
    look = recording.probed
    middle, half = np.mean(reach(look), axis=0), 1.12 * np.ptp(reach(look), axis=0).max() / 2
    normal, shift = kernel[:, 1] - kernel[:, 0], bias[1] - bias[0]
    eye = middle + 6 * half * turned(35.0)[:, 2]
    near = np.sign(look.activation[LAST] @ normal + shift) == np.sign(eye @ normal + shift)
    over = [line for line in axes.lines if line.get_zorder() > plane and line.get_animated()]
    solid = [line for line in over if line.get_markersize() > 4]
    assert sum(len(line.get_xdata()) for line in solid) == near.sum()
    assert 0 < near.sum() < len(near)


def test_perspective_leaves_the_middle_and_enlarges_what_is_near():
    camera = turned(35.0)
    flat, near = seen(np.array([[0.0, 0, 0], camera[:, 2], -camera[:, 2]]), camera)
    np.testing.assert_allclose(flat, 0, atol=1e-12)
    np.testing.assert_allclose(near, [0, 1, -1], atol=1e-12)
    front, _ = seen((camera[:, 0] + camera[:, 2])[None], camera)
    back, _ = seen((camera[:, 0] - camera[:, 2])[None], camera)
    assert front[0, 0] > 1 > back[0, 0]


# wider layers


def test_a_wide_layer_is_seen_by_its_principal_components(make, axes):
    recording = make((2, 7, 3), classes=3)
    every = np.concatenate([recording.probed.activation[frame] for frame in range(5)]).astype(float)
    middle = every.mean(axis=0)
    _, spread, directions = np.linalg.svd(every - middle, full_matrices=False)
    share = (spread[:2] ** 2).sum() / (spread**2).sum()
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT))
    assert axes.get_title("left").endswith(f"{100 * share:.0f} % of the variance")
    for frame in (0, LAST):
        show(frame)
        found = np.concatenate([line.get_xydata() for line in axes.lines if line.get_animated()])
        wanted = (recording.probed.activation[frame] - middle) @ directions[:2].T
        for sign in np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)]):
            if np.linalg.norm(found[:, None] - sign * wanted, axis=2).min(axis=0).max() < 1e-3:
                break
        else:
            pytest.fail("no mirror image of the components is drawn")


def test_the_decision_view_has_the_normal_along_x():
    rng = np.random.default_rng(0)
    activation = rng.normal(size=(3, 50, 6)) * [3, 2, 1, 1, 1, 1]
    normal = rng.normal(size=6)
    _, directions, share = widest(activation, normal)
    np.testing.assert_allclose(np.abs(directions[:, 0] @ normal), np.linalg.norm(normal))
    np.testing.assert_allclose(directions.T @ directions, np.eye(2), atol=1e-12)
    assert 0 < share < widest(activation)[2]


# the input plane


@pytest.mark.parametrize("classes", [3, 5])
def test_the_plane_has_the_winners_colour_and_lines_between_the_winners(classes, make, axes):
    recording = make((2, 4, classes), classes=classes)
    show = PANELS["input"].draw(Canvas(axes, recording, LIGHT))
    show(LAST)
    surface = visible(Canvas(axes, recording, LIGHT))
    for line in contours(surface, "multiclass", LAST):
        for x, y in line[:: max(1, len(line) // 10)]:
            scores = np.sort(bilinear(surface, x, y))
            assert scores[-1] - scores[-2] < 0.25, "the two greatest are near"
    image = next(a for a in axes.artists if isinstance(a, Pixels)).get_data()
    logit = surface.scores[LAST]
    probability = np.exp(logit) / np.exp(logit).sum(axis=0)
    likely = np.sort(probability, axis=0)
    for row, column in ((0, 0), (-1, 0), (0, -1), (-1, -1)):  # of the lowest row first
        winner = logit[:, row, column].argmax()
        pixel = image[row, column]
        sure = likely[-1, row, column] - likely[-2, row, column]
        assert pixel[3] == pytest.approx(255 * SURFACE_OPACITY * sure, abs=3)
        if sure > 0.6:  # bytes multiplied by a low opacity are rough
            wanted = 255 * np.array(to_rgb(LIGHT.classes[winner]))
            np.testing.assert_allclose(pixel[:3], wanted, atol=5)


def bilinear(surface, x, y):
    """The scores (classes,) at a place."""
    values = surface.scores[LAST]
    shape = np.array(values.shape[1:])
    low, high = np.asarray(surface.extent, float).T
    column, row = (np.array([x, y]) - low) / (high - low) * (shape[::-1] - 1)
    i, j = (
        int(np.clip(each, 0, side - 2)) for each, side in zip((row, column), shape, strict=True)
    )
    u, v = row - i, column - j
    upper = (1 - v) * values[:, i, j] + v * values[:, i, j + 1]
    lower = (1 - v) * values[:, i + 1, j] + v * values[:, i + 1, j + 1]
    return (1 - u) * upper + u * lower


def test_points_held_out_have_rings(make, axes):
    recording = make((2, 3, 1), held_out=8)
    PANELS["input"].draw(Canvas(axes, recording, LIGHT))(0)
    assert "held out" in named(axes)
    ink = np.array(to_rgb(LIGHT.ink)) * 255
    pixels = pixels_of(axes)[::-1]
    for place, out in zip(recording.x, recording.held_out, strict=True):
        column, row = axes.transData.transform(place).astype(int)
        around = pixels[row - 9 : row + 10, column - 9 : column + 10, :3]
        dark = (np.abs(around - ink).sum(axis=2) < 150).sum()
        assert (dark > 10) == out


def test_one_input_is_a_curve_over_the_data(make, axes):
    recording = make((1, 4, 1))
    show = PANELS["input"].draw(Canvas(axes, recording, LIGHT))
    show(LAST)
    answer = next(line for line in axes.lines if line.get_animated())
    np.testing.assert_allclose(answer.get_xdata(), recording.x[:, 0])
    np.testing.assert_allclose(answer.get_ydata(), recording.output[LAST, :, 0])


# fit


def test_fit_shows_earlier_answers_and_what_is_left(make, axes):
    recording = make((1, 4, 1), frames=9)
    show = PANELS["fit"].draw(Canvas(axes, recording, LIGHT), ghosts=2, residual=True)
    show(8)
    (ghosts,) = drawn_of(axes, LineCollection)
    for path, frame in zip(ghosts.get_paths(), (6, 4), strict=True):
        np.testing.assert_allclose(path.vertices[:, 1], recording.output[frame, :, 0], atol=1e-6)
    assert ghosts.get_colors()[0][3] > ghosts.get_colors()[1][3], "the older, the fainter"
    (area,) = (each for each in drawn_of(axes, PolyCollection) if each.get_animated())
    vertices = area.get_paths()[0].vertices
    for curve in (recording.y[:, 0], recording.output[8, :, 0]):
        ends = np.stack([recording.x[:, 0], curve], axis=1)
        assert np.linalg.norm(vertices[:, None] - ends, axis=2).min(axis=0).max() < 1e-6
    show(0)
    assert not ghosts.get_paths(), "nothing was before the first"


# units, network, weights, history


def test_a_units_map_has_the_colour_of_its_sign(make, axes):
    recording = make((2, 3, 1))
    PANELS["units"].draw(Canvas(axes, recording, LIGHT))(LAST)
    tiles = [artist.get_data() for artist in axes.artists if isinstance(artist, Pixels)]
    maps = [
        recording.maps[layer][LAST][unit] for layer in (1, 2) for unit in range((0, 3, 1)[layer])
    ]
    assert len(tiles) == len(maps) == 4
    for tile, map_ in zip(tiles, maps, strict=True):
        for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
            red, _, blue = tile[corner][:3].astype(int)
            value = map_[corner]
            if abs(value) > 0.4:
                assert (blue > red) == (value > 0)


def test_edges_are_as_wide_as_their_weights_and_coloured_by_sign(make, axes):
    recording = make((2, 4, 3, 1))
    PANELS["network"].draw(Canvas(axes, recording, LIGHT))(LAST)
    lines = drawn_of(axes, LineCollection)
    assert [len(each.get_paths()) for each in lines] == [8, 12, 3]
    for layer, collection in enumerate(lines, 1):
        weights = recording.kernels[layer][LAST].ravel()
        width = np.array(collection.get_linewidths()) - 0.5
        np.testing.assert_allclose(
            width / width.max(), abs(weights) / abs(weights).max(), atol=1e-5
        )
        for weight, color in zip(weights, collection.get_colors(), strict=True):
            wanted = to_rgb(LIGHT.positive if weight > 0 else LIGHT.negative)
            np.testing.assert_allclose(color[:3], wanted, atol=1e-6)


def test_a_wide_layer_says_how_many_units_are_not_shown(make, axes):
    recording = make((2, 25, 1))
    PANELS["network"].draw(Canvas(axes, recording, LIGHT))(0)
    assert "+ 15" in {text.get_text() for text in axes.texts}


def test_weights_are_told_by_quantiles_and_their_range(make, axes):
    recording = make((2, 4, 1))
    show = PANELS["weights"].draw(Canvas(axes, recording, LIGHT))
    kernels = recording.kernels[1][...]
    words = {text.get_text() for text in axes.texts}
    ends = f"{kernels.min():.3g} … {kernels.max():.3g}".replace("-", "\N{MINUS SIGN}")
    assert ends in words
    assert {"hidden 1", "output", "weights", "activations", "gradient norm"} <= words
    veils = [patch for patch in axes.patches if patch.get_animated()]
    assert len(veils) == 6, "three pictures for each of two layers"
    show(LAST)
    assert all(veil.get_width() == pytest.approx(0, abs=1e-9) for veil in veils)
    show(2)
    assert all(veil.get_width() > 0.1 for veil in veils)
    median = next(line for line in axes.lines if len(line.get_xdata()) == 5)
    medians = np.median(kernels.reshape(5, -1), axis=1)
    drawn = np.asarray(median.get_ydata())
    slope = np.polyfit(medians, drawn, 1)
    np.testing.assert_allclose(np.polyval(slope, medians), drawn, atol=1e-4)
    assert slope[0] > 0


def test_past_boundaries_come_one_after_the_other(make, axes):
    recording = make((2, 4, 1))
    show = PANELS["boundary-history"].draw(Canvas(axes, recording, LIGHT), lines=5)
    *past, _, _ = drawn_of(axes, LineCollection)
    for frame in range(5):
        show(frame)
        assert [each.get_visible() for each in past] == [at <= frame for at in range(5)]
    shades = [sum(to_rgba(each.get_colors()[0])[:3]) for each in past]
    assert shades == sorted(shades, reverse=True), "from pale to dark"


# whole pictures


def test_several_layers_stand_in_one_film(make):
    recording = make((2, 3, 2, 1))
    rows = ((("input", {}), ("hidden", {"layer": 0}), ("hidden", {"layer": "layer_2"})),)
    pixels = compose(recording, rows, LIGHT, (960, 400))(LAST)
    for left in (60, 380, 700):
        part = pixels[140:380, left : left + 200, :3].astype(int)
        assert (np.ptp(part, axis=2) > 60).sum() > 200, "each panel has its colours"
