"""Every panel draws whatever numbers a run may give: finite artists, and not a warning."""

import warnings
from dataclasses import replace

import h5py
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnviz_cli.data.table import sample
from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.job.showing import captions_of
from nnviz_cli.recording.events import events
from nnviz_cli.recording.recording import Look, Recording
from tests.conftest import record, spec_of
from tests.draw.test_pathology import replaced
from tests.recordings import facts_of

WIDTHS = {  # one for each way in which a layer is drawn
    "a line": ("binary", (2, 1, 1)),
    "a plane": ("binary", (2, 2, 1)),
    "a plane of two scores": ("multiclass", (2, 2, 2)),
    "a space": ("binary", (2, 3, 1)),
    "a space of classes": ("multiclass", (2, 4, 3, 3)),
    "more units": ("binary", (2, 6, 5, 1)),
    "many units of classes": ("multiclass", (2, 20, 4)),
    "a curve": ("regression", (1, 3, 1)),
    "a curve without a hidden layer": ("regression", (1, 1)),
}
OPTIONS = [
    *(("input", {}), ("input", {"surface": False, "boundary": False}), ("boundary-history", {})),
    *(("boundary-history", {"lines": 1}), ("network", {}), ("units", {}), ("weights", {})),
    *(("loss", {}), ("loss", {"metrics": False}), ("fit", {}), (".", {})),
    ("fit", {"points": True, "ghosts": 20, "residual": True}),
    *(("hidden", {"layer": None}), ("hidden", {"layer": 0, "grid": False, "boundary": False})),
    *(("hidden", {"layer": -1}), ("hidden", {"layer": None, "projection": "decision"})),
    ("hidden", {"layer": None, "orbit": -720.0}),
]
OPTIONS += [(name, {}) for name in PANELS if name not in dict(OPTIONS)]
SHARE = 11  # of what can be combined one in so many is drawn; all of it was, and takes minutes
NUMBERS = {
    **{f"all {value}": lambda a, value=value: np.full_like(a, value)
       for value in (np.nan, np.inf, -np.inf, 0.0, 1.0, 1e30, -1e30, 3e38, 1e-42)},
    **{f"times {value}": lambda a, value=value: (a * np.float32(value)).astype(np.float32)
       for value in (1e30, 2e37, 1e-30)},
    "a NaN": lambda a: _with(a, np.nan),
    "an infinity": lambda a: _with(a, -np.inf),
    "one of 3e38": lambda a: _with(a, 3e38),
    "both ends": lambda a: np.where(a > 0, np.float32(3e38), np.float32(-3e38)),
    "frames of 3e38": lambda a: _with(a, 3e38, frame=True),
}  # fmt: skip


def _with(array, value, *, frame=False):
    """One number changed, or all of the last frame."""
    array = np.array(array)
    if not array.size:
        return array
    array[-1 if frame else (-1,) * array.ndim] = value
    return array


def invented(task, units, *, frames=2, points=24, change=lambda a: a):
    """A recording whose numbers are drawn by lot, and changed."""
    rng = np.random.default_rng(0)

    def some(*shape):
        with np.errstate(over="ignore"):
            return np.asarray(change(rng.normal(size=shape).astype(np.float32)))

    x = rng.normal(size=(points, units[0])).astype(np.float32)
    bounds = np.tile(np.array([-2, 2], np.float32), (units[0], 1))
    every = range(1, len(units))
    facts = facts_of(task, units, samples=points, steps_per_epoch=2)
    labels = np.arange(points)[:, None] % max(len(facts.classes), 1)
    y = labels.astype(np.float32) if facts.classes else some(1, points, 1)[0]
    names = ("loss", "val_loss", *(("accuracy", "val_accuracy") if facts.classes else ()))
    recorded = some(frames, points, units[facts.probe])
    ends = {k: np.sort(some(2, frames, units[k]), axis=0) for k in every}
    return Recording(
        facts=facts,
        spec={},
        x=x,
        y=y,
        bounds=bounds,
        data_x=x,
        data_y=y,
        held_out=np.arange(points) % 3 == 1,
        step=np.arange(frames) * 2,
        misclassified=np.arange(frames)[::-1],
        history={name: some(frames) for name in names},
        weights={
            k: {"kernel": some(frames, units[k - 1], units[k]), "bias": some(frames, units[k])}
            for k in every
        },
        low={k: ends[k][0] for k in every},
        high={k: ends[k][1] for k in every},
        gradient_norm=abs(some(frames, len(units) - 1)),
        recorded=recorded,
        recorded_output=some(frames, points, units[-1]),
    )


def draw_all(recording, size=(6, 4), *, turn=0, share=1):
    """Each panel that fits, or a share of them by turns: no warning, finite limits and places."""
    drawn = 0
    for i, (name, options) in enumerate(OPTIONS):
        misfit = PANELS[name].misfit(recording.facts, **{"layer": None, **options})
        if misfit or (i + turn) % share:
            continue
        figure = Figure(figsize=size, dpi=50)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 0.9))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            show = PANELS[name].draw(Canvas(axes, recording, THEMES["light"]), **options)
            for frame in range(recording.frames):
                show(frame)
            figure.canvas.draw()
            for each in figure.axes:
                for artist in each.get_children():
                    if artist.get_animated():
                        each.draw_artist(artist)
        for each in figure.axes:
            for low, high in (each.get_xlim(), each.get_ylim()):
                assert np.isfinite([low, high]).all()
                assert high > low
            assert_finite(each, name)
        drawn += 1
    return drawn


def assert_finite(axes, name):
    """Nothing is where no picture is; in a line a NaN parts its pieces."""
    for line in axes.lines:
        places = np.asarray(line.get_xydata())
        assert not np.isinf(places).any(), (name, line)
        if len(places):
            assert np.isfinite(places).any(), (name, line)
    for collection in axes.collections:
        for path in collection.get_paths():
            assert np.isfinite(path.vertices).all(), (name, collection)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "units"), WIDTHS.values(), ids=WIDTHS)
def test_every_panel_draws_whatever_numbers_come(task, units):
    for turn, (told, change) in enumerate(NUMBERS.items(), units[1]):
        try:
            draw_all(invented(task, units, change=change), turn=turn, share=SHARE)
        except Exception as error:
            raise AssertionError(f"{told}: {error!r}") from error


def looking(recording, change):
    """A recording whose layers answer otherwise."""
    names = ("activation", "grid_activation", "low", "high")
    looks = {
        layer: Look(*(change(np.array(getattr(look, name))) for name in names))
        for layer, look in recording.looks.items()
    }
    return replaced(recording, looks=looks)


def dead(array):
    """The first units answer the same to everything, or the only one does."""
    array[..., : max(1, array.shape[-1] // 2)] = 0.3
    return array


def of_rank_one(array):
    return np.repeat(array[..., :1], array.shape[-1], axis=-1)


def silent(recording):
    """All weights are 0."""
    zero = {
        layer: {name: np.zeros_like(array) for name, array in arrays.items()}
        for layer, arrays in recording.weights.items()
    }
    return replace(recording, weights=zero)


def diverged(recording):
    """At the first frame."""
    lost = {name: np.full_like(values, np.nan) for name, values in recording.history.items()}
    return replace(recording, history=lost, facts=replace(recording.facts, diverged=0.0))


CASES = {
    "one frame": lambda *kind: invented(*kind, frames=1),
    "one point": lambda *kind: invented(*kind, points=1),
    "two points": lambda *kind: invented(*kind, points=2),
    "dead units": lambda *kind: looking(invented(*kind), dead),
    "one answer": lambda *kind: looking(invented(*kind), lambda a: np.full_like(a, 7)),
    "rank one": lambda *kind: looking(invented(*kind), of_rank_one),
    "no weights": lambda *kind: silent(invented(*kind)),
    "diverged": lambda *kind: diverged(invented(*kind)),
    **{f"only class {label}": lambda *kind, label=label: replace(
        made := invented(*kind), y=np.full_like(made.y, label)) for label in (0, 1)},
    **{f"{count} held out": lambda *kind, count=count: replace(
        made := invented(*kind), held_out=np.arange(len(made.data_x)) < count)
        for count in (0, 1, 24)},
    "no step was taken": lambda *kind: replace(
        made := invented(*kind), step=np.zeros_like(made.step)),
    "all inputs in one place": lambda *kind: replace(
        made := invented(*kind), x=0 * made.x, data_x=0 * made.x),
}  # fmt: skip
SIZES = [(6, 4), (0.9, 0.6), (12, 0.5), (0.4, 9)]


@pytest.mark.parametrize("case", CASES)
def test_every_panel_draws_the_least_there_can_be_at_any_size(case):
    for i, (task, units) in enumerate(WIDTHS.values()):
        made = CASES[case](task, units)
        draw_all(made, SIZES[i % len(SIZES)], turn=i + len(case), share=SHARE)


def test_all_panels_have_their_turn():
    turns = range(len(NUMBERS))
    assert {i for i in range(len(OPTIONS)) for t in turns if (i + t) % SHARE == 0} == set(
        range(len(OPTIONS))
    )
    assert {name for name, _ in OPTIONS} == set(PANELS)
    assert draw_all(invented("binary", (2, 3, 1))) >= 12


WILD = """
dataset: {name: spiral, arms: 3, points: 40}
model: {layers: [5, 3, 2, 3], activation: relu}
training: {loss: mse, learning_rate: 1e15, batch_size: 16, validation_split: 0.3}
frames: 6
spacing: change
view: {panels: [[{name: hidden, layer: 0}, weights, input], [hidden, network, units]]}
"""


@pytest.mark.process
def test_a_run_that_diverges_between_its_frames_is_drawn_in_every_panel(tmp_path):
    spec = spec_of(WILD)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        recording = record(spec, tmp_path / "run.h5")
    assert recording.facts.diverged > 0
    assert (recording.held, recording.frames) == (1, 6)
    draw = compose(recording, spec.rows, THEMES["light"], (640, 360))
    assert np.ptp(draw(5)[..., :3]) > 50
    (caption,) = captions_of(spec, recording, events(recording))
    assert caption.words == "epoch 1: diverged: the loss is NaN or infinite"
    assert caption.start == recording.held


ROOMS = {
    "a plane": "dataset: {name: spiral, arms: 3, points: 200}\nmodel: {layers: [7, 3, 3]}\n",
    "a curve": "dataset: {name: sine, watched: 5000}\nmodel: {layers: [20, 5, 1]}\n",
}


@pytest.mark.process
@pytest.mark.parametrize("text", ROOMS.values(), ids=ROOMS)
def test_a_recording_takes_the_room_that_is_estimated(text, tmp_path):
    spec = spec_of(f"{text}frames: 300\n")
    path = tmp_path / "run.h5"
    record(spec, path)
    with h5py.File(path) as file:
        spec_bytes = file["spec"].nbytes
    room = spec.room(sample(spec.dataset.name, spec.dataset.options))
    assert path.stat().st_size - spec_bytes == pytest.approx(room, rel=0.1)
