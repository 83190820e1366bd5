"""What a panel shows at a frame is what the recording has at that frame, and under its own name."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure

from nnviz_cli import number
from nnviz_cli.draw.artists import Pixels
from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.geometry import seen, turned
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.panels.input import SURFACE_OPACITY, visible
from nnviz_cli.draw.theme import LIGHT
from tests.draw.test_pathology import replaced
from tests.draw.test_views import reach
from tests.invented import SQUARE
from tests.reading import read_off, signs
from tests.recordings import changed

ASIDE = ((-2.0, 1.0), (-0.9, 1.2))  # bounds that are neither square nor around 0
FRAMES = (0, 2, 3, 1, 4)  # in any order: what is shown does not depend on what was shown before


@pytest.fixture
def axes():
    figure = Figure(figsize=(12, 8), dpi=72)
    FigureCanvasAgg(figure)
    return figure.add_axes((0, 0, 1, 0.9))


def winners(surface, frame):
    """The class (rows, columns) that leads at each place of the mesh."""
    logit = surface.scores[frame]
    return (logit[0] > 0).astype(int) if len(logit) == 1 else logit.argmax(axis=0)


def edges_with_a_change(winner):
    """The edges (row, column, across) of the mesh between whose ends the winner changes."""
    across = np.argwhere(winner[:, 1:] != winner[:, :-1])
    along = np.argwhere(winner[1:] != winner[:-1])
    return {(r, c, True) for r, c in across} | {(r, c, False) for r, c in along}


def edges_crossed(lines, surface):
    """The edges of the mesh that lines over the input plane cross: at each of their vertices."""
    rows, columns = surface.scores.shape[2:]
    low, high = np.asarray(surface.extent, float).T
    places = (np.concatenate(lines) - low) / (high - low) * (columns - 1, rows - 1)
    whole = np.round(places)
    found = set()
    for (column, row), near in zip(
        places, np.isclose(places, whole, rtol=0, atol=1e-9), strict=True
    ):
        assert near.any(), "every vertex lies on an edge"
        across = bool(near[1])  # between two columns of one row
        row, column = (round(row), int(column)) if across else (int(row), round(column))
        found.add((row, column, across))
    return found


@pytest.mark.parametrize("bounds", [SQUARE, ASIDE])
@pytest.mark.parametrize(
    ("units", "classes"), [((2, 4, 1), 2), ((2, 4, 2), 2), ((2, 4, 3), 3), ((2, 4, 5), 5)]
)
def test_the_boundary_parts_the_mesh_where_the_winner_changes_in_every_frame(
    units, classes, bounds, make, axes
):
    recording = make(units, classes=classes, bounds=bounds)
    show = PANELS["input"].draw(Canvas(axes, recording, LIGHT))
    line = [each for each in axes.collections if each.get_animated()][-1]
    wanted = [
        edges_with_a_change(winners(visible(Canvas(axes, recording, LIGHT)), frame))
        for frame in range(5)
    ]
    assert all(a != b for a, b in pairwise(wanted)), "each frame has its own"
    for frame in FRAMES:
        show(frame)
        assert (
            edges_crossed(line.get_segments(), visible(Canvas(axes, recording, LIGHT)))
            == wanted[frame]
        )


@pytest.mark.parametrize("name", ["input", "boundary-history"])
def test_the_plane_is_seen_where_its_bounds_are_and_x_goes_to_the_right(name, make, axes):
    recording = make((2, 4, 1), bounds=ASIDE)
    PANELS[name].draw(Canvas(axes, recording, LIGHT))(0)
    view = np.array([axes.get_xlim(), axes.get_ylim()])
    bounds = np.array(ASIDE)
    np.testing.assert_allclose(view.mean(axis=1), bounds.mean(axis=1), atol=1e-6)
    spare = np.ptp(view, axis=1) / np.ptp(bounds, axis=1)
    assert spare.min() == pytest.approx(1, abs=1e-6)
    scale = np.ptp(view, axis=1) / (axes.bbox.width, axes.bbox.height)
    assert scale[0] == pytest.approx(scale[1])


def test_points_in_the_plane_stand_at_their_inputs_in_the_colours_of_their_classes(make, axes):
    recording = make((2, 4, 3), classes=3, bounds=ASIDE)
    PANELS["input"].draw(Canvas(axes, recording, LIGHT), surface=False, boundary=False)(0)
    canvas = axes.figure.canvas
    canvas.draw()
    for artist in axes.artists:
        axes.draw_artist(artist)
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3] / 255
    shown = 0
    for place, label in zip(recording.x, recording.y[:, 0].astype(int), strict=True):
        column, row = axes.transData.transform(place).astype(int)
        around = pixels[max(row - 3, 0) : row + 4, max(column - 3, 0) : column + 4]
        if around.size and 3 < row < axes.bbox.height - 3:
            gap = np.abs(around - to_rgb(LIGHT.classes[label])).sum(axis=2)
            assert gap.min() < 0.02
            shown += 1
    assert shown > 10


@pytest.mark.parametrize(
    ("units", "classes", "bounds"), [((2, 4, 1), 2, ASIDE), ((2, 4, 3), 3, SQUARE)]
)
def test_the_tint_is_the_winners_and_as_strong_as_it_leads_in_every_frame(
    units, classes, bounds, make, axes
):
    recording = make(units, classes=classes, bounds=bounds)
    show = PANELS["input"].draw(Canvas(axes, recording, LIGHT))
    tint = min((a for a in axes.artists if isinstance(a, Pixels)), key=lambda a: a.get_zorder())
    colors = np.array([to_rgb(color) for color in LIGHT.classes[:classes]])
    for frame in FRAMES:
        show(frame)
        image = tint.get_data()
        winner = winners(visible(Canvas(axes, recording, LIGHT)), frame)
        at = [
            np.linspace(0, side - 1, count).astype(int)
            for side, count in zip(image.shape, winner.shape, strict=False)
        ]
        pixels = image[np.ix_(*at)] / 255
        distance = np.linalg.norm(pixels[..., None, :3] - colors, axis=3)
        sure = pixels[..., 3] > 0.1
        assert sure.sum() > 100
        np.testing.assert_array_equal(distance.argmin(axis=2)[sure], winner[sure])
        corners = np.ix_((0, -1), (0, -1))
        lead = probability_lead(visible(Canvas(axes, recording, LIGHT)).scores[frame])[corners]
        np.testing.assert_allclose(
            image[corners][..., 3], 255 * SURFACE_OPACITY * lead, atol=2, err_msg=str(frame)
        )


def probability_lead(logit):
    """By how much more likely the winner is than the next (rows, columns)."""
    scores = np.concatenate([np.zeros_like(logit), logit]) if len(logit) == 1 else logit
    power = np.sort(np.exp(scores.astype(float)), axis=0)
    return (power[-1] - power[-2]) / power.sum(axis=0)


def leads(recording, frame, places):
    """By how much the greatest score leads the next at places (n, units) of the last layer."""
    kernel, bias = recording.scores(frame)
    scores = np.sort(places @ kernel + bias, axis=1)
    return scores[:, -1] - scores[:, -2]


@pytest.mark.parametrize(("units", "classes"), [((2, 4, 2, 1), 2), ((2, 4, 2, 3), 3)])
def test_the_boundary_in_a_layer_is_that_of_the_frame(units, classes, make, axes):
    recording = make(units, classes=classes)
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT))
    line = next(line for line in axes.lines if line.get_linewidth() == 3.5 and line.get_animated())
    for frame in FRAMES:
        show(frame)
        ends = np.asarray(line.get_xydata())
        ends = ends[np.isfinite(ends).all(axis=1)]
        assert len(ends) >= 2
        np.testing.assert_allclose(leads(recording, frame, ends), 0, atol=1e-6)


def test_the_cut_of_a_line_is_that_of_the_frame(make, axes):
    recording = make((2, 5, 1, 3), classes=3)
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT))
    line = next(line for line in axes.lines if line.get_linewidth() == 3.5 and line.get_animated())
    cuts = set()
    for frame in FRAMES:
        show(frame)
        places = np.unique(np.asarray(line.get_xdata(), float))
        np.testing.assert_allclose(leads(recording, frame, places[:, None]), 0, atol=1e-6)
        cuts |= set(places)
    assert len(cuts) >= 3, "each frame has its own"


def test_the_plane_in_space_is_that_of_the_frame(make, axes):
    """Its corners are foretold: where it meets the edges of the cube, seen by the camera."""
    recording = make((2, 3, 1))
    look = recording.probed
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT), orbit=80.0)
    low, high = reach(look)
    middle, half = (low + high) / 2, 1.12 * (high - low).max() / 2
    corners = np.stack(np.meshgrid(*[(-1.0, 1.0)] * 3), axis=-1).reshape(-1, 3)
    pairs = [(a, b) for a in corners for b in corners if (a < b).sum() == 1 and (a == b).sum() == 2]
    assert len(pairs) == 12
    for frame in FRAMES:
        show(frame)
        kernel, bias = recording.scores(frame)
        scores = np.array([np.diff((middle + half * np.array(p)) @ kernel + bias) for p in pairs])
        wanted = [
            a + (b - a) * first / (first - second)
            for (a, b), (first, second) in zip(pairs, scores[..., 0], strict=True)
            if first * second < 0
        ]
        flat = seen(np.array(wanted), turned(35 + 80 * frame / 4))[0]
        polygons = [each for each in axes.collections if type(each) is PolyCollection]
        (path,) = polygons[0].get_paths()
        gaps = np.linalg.norm(path.vertices[:, None] - flat, axis=2)
        assert gaps.min(axis=0).max() < 1e-5
        assert gaps.min(axis=1).max() < 1e-5


@pytest.mark.parametrize(
    ("units", "layer"), [((2, 4, 2, 1), 1), ((2, 2, 3, 1), 0), ((1, 4, 2, 1), 1)]
)
def test_a_layer_shows_its_points_and_grid_of_the_frame(units, layer, make, axes):
    recording = make(units)
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT), layer=layer)
    look = recording.looks[layer + 1]
    pixel = np.hypot(*(1 / axes.transData.get_matrix()[[0, 1], [0, 1]]))
    for frame in FRAMES:
        show(frame)
        drawn = np.concatenate(
            [line.get_xydata() for line in axes.lines if line.get_marker() in "os^D"]
        )
        gaps = np.linalg.norm(drawn[:, None] - look.activation[frame], axis=2)
        assert gaps.min(axis=1).max() < 1e-6, "each marker is where a point is"
        assert gaps.min(axis=0).max() < pixel, "and of all in one pixel there is one"
        if units[0] == 2:
            (grid,) = (each for each in axes.collections if type(each) is LineCollection)
            bent = np.unique(np.concatenate(grid.get_segments()), axis=0)
            wanted = np.unique(look.grid_activation[frame].reshape(-1, 2), axis=0)
            np.testing.assert_allclose(bent, wanted, atol=1e-6)


def test_earlier_boundaries_are_those_of_their_frames(make, axes):
    recording = make((2, 4, 1))
    PANELS["boundary-history"].draw(Canvas(axes, recording, LIGHT), lines=5)(4)
    past = [each for each in axes.collections if each.get_animated()][: recording.frames]
    for frame, line in enumerate(past):
        wanted = edges_with_a_change(winners(visible(Canvas(axes, recording, LIGHT)), frame))
        assert edges_crossed(line.get_segments(), visible(Canvas(axes, recording, LIGHT))) == wanted


def test_the_density_of_each_class_is_that_of_its_points_in_the_frame(make, axes):
    """Its mean is theirs, but for the width of a bin."""
    recording = make((2, 5, 1, 3), classes=3)
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT))
    edges = [line for line in axes.lines if line.get_animated() and line.get_linewidth() == 2.5]
    areas = [each for each in axes.collections if type(each) is PolyCollection]
    width = np.ptp(axes.get_xlim()) / 160
    for frame in FRAMES:
        show(frame)
        for label, (edge, area) in enumerate(zip(edges, areas, strict=True)):
            x, y = np.asarray(edge.get_data())
            assert to_rgba(edge.get_color()) == to_rgba(LIGHT.classes[label])
            high = y - y.min()
            answers = recording.probed.activation[frame][recording.y[:, 0] == label, 0]
            assert (x * high).sum() / high.sum() == pytest.approx(answers.mean(), abs=2 * width)
            outline = area.get_paths()[0].vertices
            np.testing.assert_allclose(outline[1 : len(x) + 1], np.column_stack([x, y]))


def test_the_grid_in_space_is_that_of_the_frame(make, axes):
    recording = make((2, 3, 1))
    look = recording.probed
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT), orbit=80.0, boundary=False)
    low, high = look.activation[:].min(axis=(0, 1)), look.activation[:].max(axis=(0, 1))
    middle, half = (low + high) / 2, 1.12 * (high - low).max() / 2
    sheet = [each for each in axes.collections if type(each) is LineCollection][2]
    for frame in FRAMES:
        show(frame)
        bent = (look.grid_activation[frame][:, ::2].reshape(-1, 3) - middle) / half
        wanted = seen(bent[(np.abs(bent) < 1).all(axis=1)], turned(35 + 80 * frame / 4))[0]
        drawn = np.concatenate(sheet.get_segments())
        gaps = np.linalg.norm(drawn[:, None] - wanted, axis=2)
        assert gaps.min(axis=0).max() < 1e-5, "each of its points is drawn"


def test_the_grid_of_a_wide_layer_is_that_of_the_frame(make, axes):
    """Any three of its points are as far apart as their components, whatever these are."""
    recording = make((2, 7, 3), classes=3)
    look = recording.probed
    show = PANELS["hidden"].draw(Canvas(axes, recording, LIGHT))
    (grid,) = (each for each in axes.collections if each.get_gid() == "grid")
    marks = [line for line in axes.lines if line.get_animated() and line.get_markersize() > 4]
    for frame in FRAMES:
        show(frame)
        places = np.concatenate([line.get_xydata() for line in marks])
        answers = np.concatenate(
            [look.activation[frame][recording.y[:, 0] == label] for label in (2, 1, 0)]
        )
        assert len(places) == len(answers), "none shares a pixel"
        # the affine map from answers to places, found from the points alone
        rows = np.column_stack([answers, np.ones(len(answers))])
        flat = np.linalg.lstsq(rows, places, rcond=None)[0]
        bent = look.grid_activation[frame].reshape(-1, look.activation.shape[2])
        wanted = np.column_stack([bent, np.ones(len(bent))]) @ flat
        drawn = np.concatenate(grid.get_segments())
        gaps = np.linalg.norm(drawn[::7, None] - wanted, axis=2)
        assert gaps.min(axis=1).max() < 1e-3, "what is drawn is a point of the grid"
        np.testing.assert_allclose(drawn[:26], wanted[:26], atol=1e-3)


def test_a_unit_that_is_dead_in_some_frames_is_reported_in_those(make, axes):
    recording = make((2, 4, 2, 1))
    look = recording.probed
    numbers = {
        name: np.array(getattr(look, name))
        for name in ("activation", "grid_activation", "low", "high")
    }
    for values in numbers.values():
        values[[1, 3], ..., 1] = 0.25
    frozen = changed(recording, looks={2: replace(look, **numbers)})
    show = PANELS["hidden"].draw(Canvas(axes, frozen, LIGHT))
    words = {}
    for frame in FRAMES:
        show(frame)
        words[frame] = "\n".join(text.get_text() for text in axes.texts)
    told = {
        frame
        for frame, said in words.items()
        if "unit 2 dead: the same output for every input" in said
    }
    assert told == {1, 3}


@pytest.mark.parametrize("name", ["fit", "input"])
def test_the_answer_to_a_curve_is_that_of_the_frame(name, make, axes):
    recording = make((1, 4, 1))
    options = {"residual": True} if name == "fit" else {}
    show = PANELS[name].draw(Canvas(axes, recording, LIGHT), **options)
    (answer,) = (line for line in axes.lines if line.get_label() == "answer")
    assert to_rgba(answer.get_color()) == to_rgba(LIGHT.answer)
    for frame in FRAMES:
        show(frame)
        np.testing.assert_array_equal(answer.get_xdata(), recording.x[:, 0])
        np.testing.assert_array_equal(answer.get_ydata(), recording.output[frame, :, 0])
        for area in (each for each in axes.collections if each.get_animated()):
            (path,) = area.get_paths()
            edge = path.vertices[len(recording.x) : 2 * len(recording.x), 1]
            np.testing.assert_allclose(edge[::-1], recording.output[frame, :, 0], atol=1e-6)


def test_the_target_is_the_curve_itself(make, axes):
    recording = make((1, 4, 1))
    PANELS["fit"].draw(Canvas(axes, recording, LIGHT))
    (target,) = (line for line in axes.lines if line.get_label() == "target")
    np.testing.assert_array_equal(target.get_xydata(), np.hstack([recording.x, recording.y]))
    assert to_rgba(target.get_color()) == to_rgba(LIGHT.target)


def test_data_that_is_held_out_has_hollow_marks_and_its_own_name(make, axes):
    recording = make((1, 4, 1), held_out=8)
    PANELS["fit"].draw(Canvas(axes, recording, LIGHT), points=True)
    both = np.hstack([recording.data_x, recording.data_y])
    for label, chosen, hollow in (
        ("data", ~recording.held_out, False),
        ("held out", recording.held_out, True),
    ):
        (marks,) = (line for line in axes.lines if line.get_label() == label)
        np.testing.assert_array_equal(marks.get_xydata(), both[chosen])
        assert (marks.get_markerfacecolor() == "none") is hollow


HISTORY = {
    "loss": np.array([0.9, 0.55, 0.5, 0.42, 0.41, 0.3]),
    "val_loss": np.array([1.0, 0.7, 0.66, 0.6, 0.52, 0.5]),
    "accuracy": np.array([0.5, 0.62, 0.7, 0.81, 0.9, 0.93]),
    "val_accuracy": np.array([0.4, 0.45, 0.6, 0.66, 0.7, 0.85]),
}


def curve_of(axes, name):
    """The curve of a number of the history, and the axes in which it is drawn."""
    (found,) = (
        (line, each) for each in axes.figure.axes for line in each.lines if line.get_gid() == name
    )
    return found


STYLES = {"loss": "-", "val_loss": "--", "accuracy": "-", "val_accuracy": "--"}


@pytest.mark.parametrize("decades", [1, 1e-4])  # of a linear and of a logarithmic axis
def test_each_loss_curve_has_its_own_numbers_name_and_style(decades, axes, made_up):
    losses = {
        name: values * np.where(np.arange(6) < 3, 1, decades)
        for name, values in HISTORY.items()
        if "loss" in name
    }
    recording = replaced(made_up, history=losses)
    show = PANELS["loss"].draw(Canvas(axes, recording, LIGHT))
    assert axes.get_yscale() == ("linear" if decades == 1 else "log")
    for frame in (0, 2, 5, 3):
        show(frame)
        for name, values in losses.items():
            past, _ = curve_of(axes, name)
            assert past.get_linestyle() == STYLES[name], name
            np.testing.assert_array_equal(past.get_xdata(), np.arange(frame + 1))
            np.testing.assert_allclose(past.get_ydata(), values[: frame + 1])
            whole = [
                line
                for line in axes.lines
                if line.get_linestyle() == STYLES[name] and not line.get_animated()
            ]
            assert any(np.array_equal(line.get_ydata(), values) for line in whole), name
        dots = [
            tuple(line.get_xydata()[0])
            for line in axes.lines
            if len(line.get_xdata()) == 1 and line.get_marker() == "o"
        ]
        assert sorted(dots) == sorted((frame, values[frame]) for values in losses.values())
    shown = signs(axes)
    assert to_rgb(shown["loss"].get_color()) == to_rgb(curve_of(axes, "loss")[0].get_color())
    assert shown["held out"].get_linestyle() == "--" != shown["loss"].get_linestyle()


def test_each_metrics_curve_has_its_own_numbers_name_and_style(axes, made_up):
    recording = replaced(made_up, history=HISTORY)
    show = PANELS["loss"].draw(Canvas(axes, recording, LIGHT))
    shown = signs(axes)
    for frame in (0, 2, 5, 3):
        show(frame)
        for name in ("accuracy", "val_accuracy"):
            line, _ = curve_of(axes, name)
            assert line.get_linestyle() == STYLES[name], name
            assert to_rgb(line.get_color()) == to_rgb(shown["accuracy (right)"].get_color())
            np.testing.assert_array_equal(line.get_xdata(), np.arange(frame + 1))
            np.testing.assert_array_equal(line.get_ydata(), HISTORY[name][: frame + 1])


def decaying(first, last):
    return np.geomspace(first, last, 6)


AXES = {  # a history, and whether the loss is seen to be logarithmic
    "an accuracy beside an mse": (
        {"loss": decaying(0.25, 0.035), "accuracy": np.linspace(0.5, 0.955, 6)},
        "loss",
    ),
    "an error far above the loss": (
        {"loss": decaying(2.5, 7e-7), "mean_absolute_error": decaying(1, 3e-4)},
        "loss, logarithmic",
    ),
    "a loss beyond 1e12": ({"loss": decaying(1e15, 4e11)}, "loss, logarithmic"),
    "a loss of 1e300": ({"loss": decaying(1e300, 1e-300)}, "loss, logarithmic"),
    "a loss of 1e-6": ({"loss": decaying(3e-6, 1e-6), "val_loss": decaying(3e-6, 2e-6)}, "loss"),
    "counts": ({"loss": decaying(1, 0.5), "true_positives": np.linspace(0, 400, 6)}, "loss"),
    "below zero": ({"loss": -decaying(0.1, 0.9), "r2_score": np.linspace(-3, 0.9, 6)}, "loss"),
}


@pytest.mark.parametrize("case", AXES)
def test_every_curve_is_read_on_an_axis_with_numbers(case, axes, made_up):
    history, heading = AXES[case]
    show = PANELS["loss"].draw(Canvas(axes, replaced(made_up, history=history), LIGHT))
    show(5)
    axes.figure.canvas.draw()
    assert axes.get_title("left") == heading
    for name, values in history.items():
        line, where = curve_of(axes, name)
        pixels = where.transData.transform(line.get_xydata())[:, 1]
        assert (where.bbox.y0 <= pixels).all()
        assert (pixels <= where.bbox.y1).all()
        assert np.ptp(pixels) > 0.3 * where.bbox.height, "the scale is that of the curves"
        ends = where.transData.transform(line.get_xydata())[[0, -1], 0]
        for label in where.get_yticklabels():
            box = label.get_window_extent()
            beside = box.x0 > ends[1] + 4 if where is not axes else box.x1 < ends[0] - 4
            assert beside, "numbers stand beside the curves"
        np.testing.assert_allclose(
            read_off(where, pixels), values, rtol=1e-6, atol=1e-9 * np.ptp(values)
        )


@pytest.mark.parametrize(
    ("values", "scale", "drawn"),
    [
        (decaying(1, 1e-4), "linear", "linear"),
        (decaying(1, 0.5), "log", "log"),
        (decaying(1, 0.5), "auto", "linear"),
        (np.array([1, 0.5, 0, 0.1, 1e-3, 0]), "auto", "linear"),
        (np.array([1, 0.5, 0, 0.1, 1e-3, 0]), "log", "log"),
        (np.zeros(6), "log", "linear"),
    ],
)
def test_the_scale_of_the_loss_can_be_chosen_and_is_seen(values, scale, drawn, axes, made_up):
    show = PANELS["loss"].draw(
        Canvas(axes, replaced(made_up, history={"loss": values}), LIGHT), scale=scale
    )
    assert axes.get_yscale() == drawn
    assert axes.get_title("left") == ("loss, logarithmic" if drawn == "log" else "loss")
    low, high = axes.get_ylim()
    for frame in range(6):
        show(frame)
        axes.figure.canvas.draw()
        seen = values[: frame + 1][values[: frame + 1] >= (0 if drawn == "linear" else 1e-9)]
        assert low <= seen.min() <= seen.max() <= high


def line_through(x, y, atol=1e-9):
    """Slope and shift of the line on which all points lie."""
    found = np.polyfit(np.asarray(x, float), np.asarray(y, float), 1)
    np.testing.assert_allclose(np.polyval(found, x), y, atol=atol)
    return found


def test_edges_and_biases_of_the_diagram_are_those_of_the_frame(make, axes):
    recording = make((2, 3, 1))
    biases = {k: np.random.default_rng(k).uniform(-1, 1, (5, n)) for k, n in ((1, 3), (2, 1))}
    show = PANELS["network"].draw(Canvas(axes, replaced(recording, biases=biases), LIGHT))
    signs = {line.get_label(): to_rgba(line.get_color()) for line in axes.lines}
    assert signs == {"positive": to_rgba(LIGHT.positive), "negative": to_rgba(LIGHT.negative)}
    edges = [each for each in axes.collections if type(each) is LineCollection]
    rings = [each for each in axes.collections if each.get_animated() and each.get_zorder() == 3]
    ends = np.array([to_rgba(c) for c in (LIGHT.negative, LIGHT.faint, LIGHT.positive)])
    for frame in FRAMES:
        show(frame)
        for layer, lines in enumerate(edges, 1):
            kernels = np.abs(recording.kernels[layer])
            width = np.asarray(lines.get_linewidths()) - 0.5
            np.testing.assert_allclose(width, 9 * kernels[frame].ravel() / kernels.max(), atol=1e-6)
            share = biases[layer][frame] / np.abs(biases[layer]).max()
            wanted = ends[1] + np.abs(share)[:, None] * (
                ends[np.sign(share).astype(int) + 1] - ends[1]
            )
            found = rings[layer - 1].get_facecolor()
            np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_tiles_of_units_are_those_of_the_frame(make, axes):
    recording = make((2, 3, 1))
    show = PANELS["units"].draw(Canvas(axes, recording, LIGHT))
    names = [
        f"{name}, ±{number.value(np.abs(np.asarray(recording.maps[layer])).max())}"
        for layer, name in ((1, "hidden 1"), (2, "output"))
    ]
    assert [text.get_text() for text in axes.texts] == names
    tiles = [artist for artist in axes.artists if isinstance(artist, Pixels)]
    maps = [
        np.asarray(recording.maps[layer])[:, unit]
        for layer, unit in ((1, 0), (1, 1), (1, 2), (2, 0))
    ]
    for frame in FRAMES:
        show(frame)
        for tile, map_ in zip(tiles, maps, strict=True):
            corners = np.ix_((0, -1), (0, -1))
            red, _, blue = np.moveaxis(tile.get_data()[corners][..., :3].astype(float), 2, 0)
            # the stronger the answer, the farther from the panel's white
            value = map_[frame][corners]
            strong = np.abs(value) > 0.15 * np.abs(map_).max()
            assert (np.sign(blue - red)[strong] == np.sign(value)[strong]).all()


def test_each_layers_weights_activations_and_gradients_stand_in_their_own_place(make, axes):
    recording = make((2, 4, 3, 1))
    norms = np.random.default_rng(0).uniform(1, 2, (recording.frames, 3))
    spread = {**recording.spread, "gradients": norms}
    PANELS["weights"].draw(Canvas(axes, replaced(recording, spread=spread), LIGHT))
    wanted = [
        values
        for layer in range(3)
        for values in (
            spread["weights"][:, layer, 3],
            spread["activations"][:, layer, 3],
            spread["gradients"][:, layer],
        )
    ]
    curves = [line for line in axes.lines if len(line.get_xdata()) == recording.frames]
    assert len(curves) == len(wanted)
    for curve, values in zip(curves, wanted, strict=True):
        assert line_through(values, curve.get_ydata(), atol=1e-5)[0] > 0
    lefts = [curve.get_xdata()[0] for curve in curves[:3]]
    names = {text.get_text(): text.get_position()[0] for text in axes.texts}
    assert [names[name] for name in ("weights", "activations", "gradient norm")] == lefts
    # bands from the least to the greatest, between 5 and 95 %, between 25 and 75 %
    bands = [each for each in axes.collections if each.get_alpha()]
    for start, (below, above) in enumerate(((0, 6), (1, 5), (2, 4))):
        ends = bands[start].get_paths()[0].vertices
        x = curves[0].get_xdata()
        both = [np.sort(np.unique(ends[np.isclose(ends[:, 0], at), 1])) for at in x]
        low, high = np.array([(each[0], each[-1]) for each in both]).T
        numbers = np.concatenate([spread["weights"][:, 0, below], spread["weights"][:, 0, above]])
        line_through(numbers, np.concatenate([low, high]), atol=1e-5)
    strength = [band.get_alpha() for band in bands[:3]]
    assert strength == sorted(strength), "the more values, the darker"


def test_the_veil_over_the_weights_begins_at_the_frame(make, axes):
    recording = make((2, 4, 1))
    show = PANELS["weights"].draw(Canvas(axes, recording, LIGHT))
    veils = [patch for patch in axes.patches if patch.get_animated()]
    show(0)
    starts = [(veil.get_x(), veil.get_width()) for veil in veils]
    for frame in FRAMES:
        show(frame)
        for veil, (left, width) in zip(veils, starts, strict=True):
            assert veil.get_x() == pytest.approx(left + width * frame / 4)
            assert veil.get_x() + veil.get_width() == pytest.approx(left + width)


@pytest.mark.parametrize("height", [56, 90, 130, 300])
@pytest.mark.parametrize("decades", [0.3, 1.6, 2.2, 2.8, 4, 22])
@pytest.mark.parametrize("most", [0.3, 0.8, 1.3])
def test_numbers_beside_the_loss_are_two_at_least_and_do_not_touch(height, decades, most, made_up):
    loss = most * np.logspace(0, -decades, 6)
    recording = replace(made_up, history={"loss": loss})
    figure = Figure(figsize=(8, height / 72), dpi=72)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    PANELS["loss"].draw(Canvas(axes, recording, LIGHT))(5)
    figure.canvas.draw()
    boxes = [each.get_window_extent() for each in axes.get_yticklabels() if each.get_text()]
    assert len(boxes) >= 2
    spans = sorted((box.y0, box.y1) for box in boxes)
    assert all(upper[0] >= lower[1] - 1 for lower, upper in pairwise(spans))
