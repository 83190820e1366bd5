"""Training gone wrong is shown: what the numbers are, what is drawn, what is said."""

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.errors import TrainingError
from nnviz_cli.job.experiment import check
from nnviz_cli.job.run import run
from nnviz_cli.job.warnings import _diverged_unseen, warnings
from nnviz_cli.recording.recording import Look, Recording
from tests.conftest import CURVE, RINGS, record, spec_of

SIZE = (320, 180)
WILD = CURVE.replace("learning_rate: 0.01", "learning_rate: 3").replace("frames: 4", "frames: 30")
# the same, slow enough for a few finite epochs
LATE = WILD.replace("learning_rate: 3", "learning_rate: 0.6")
# within the first epoch
SUDDEN = """
dataset: {name: polynomial, points: 200, watched: 30}
model: {layers: [8, 1], activation: tanh}
training: {optimizer: sgd, learning_rate: 1, loss: mse, batch_size: 1}
frames: 30
"""
BIG = "{dataset: {name: rings, points: 40, noise: 9, radii: [1e30, 1]}, model: {layers: [2, 1]}}"
DEAD = RINGS.replace("[3, 2, 1]", "[3, 2, 1], activation: relu") + "seed: %d\n"


@pytest.fixture
def recorded(tmp_path):
    """Train a spec and give its recording."""
    number = count()
    return lambda text: record(spec_of(text), tmp_path / f"run{next(number)}.h5")


def drawn(recording, name):
    """A panel's axes at its last frame."""
    figure = Figure(figsize=(6, 4), dpi=50)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 0.9))
    show = PANELS[name].draw(Canvas(axes, recording, THEMES["light"]))
    show(recording.frames - 1)
    figure.canvas.draw()
    return axes


def replaced(recording, **arrays):
    for name, array in arrays.items():
        value = array if isinstance(array, dict) else np.asarray(array, np.float32)
        object.__setattr__(recording, name, value)
    return recording


# divergence -----------------------------------------------------------------------------


@pytest.mark.process
def test_a_diverging_film_keeps_its_last_finite_state_for_a_second_and_ends(recorded):
    recording = recorded(WILD)
    assert recording.facts.diverged is not None
    assert 1 <= recording.held < recording.frames < 30
    assert recording.frames - recording.held == min(20, 30 - recording.held)
    look, last = recording.probed, len(recording.facts.units) - 1
    arrays = (recording.output, recording.kernels[last], recording.biases[last])
    for array in (*arrays, look.low, look.high, look.activation):
        values = np.asarray(array)
        assert len(values) == recording.frames
        assert np.isfinite(values).all()
        np.testing.assert_array_equal(
            values[recording.held :],
            values[[recording.held - 1]].repeat(recording.frames - recording.held, axis=0),
        )
    assert np.isfinite(recording.history["loss"]).all()
    epoch = recording.epoch(recording.held - 1)
    assert recording.facts.diverged > epoch


@pytest.mark.process
def test_the_picture_says_when_it_diverged_and_only_then(recorded):
    recording = recorded(WILD)
    draw = compose(recording, ((("fit", {}),),), THEMES["light"], SIZE)
    before, after = draw(recording.held - 1).copy(), draw(recording.held).copy()
    dark = (before.astype(int) - after)[..., :3].max(axis=2) > 100  # ink where paper was
    rows, columns = np.nonzero(dark)
    assert dark.mean() > 0.02
    assert abs(columns.mean() - SIZE[0] / 2) < 10
    assert abs(rows.mean() - SIZE[1] / 2) < 10


@pytest.mark.process
def test_divergence_is_a_warning_or_with_fail_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("wild.yaml").write_text(WILD)
    small = ["view.size=320x180"]
    (result,) = run([check(Path("wild.yaml"), small, ["wild.gif"])])
    assert result.error == ""
    assert result.warnings[0].startswith("the training diverged at epoch ")
    told = json.loads(Path("wild.gif.json").read_text())
    assert told["frames"] == result.frames < 30
    assert told["warnings"] == list(result.warnings)
    failing = check(Path("wild.yaml"), [*small, "training.on_divergence=fail"], ["no.gif"])
    (result,) = run([failing])
    assert "the training diverged at epoch" in result.error
    assert not Path("no.gif").exists()


@pytest.mark.process
@pytest.mark.parametrize(
    ("key", "held", "hint"),
    [
        (
            "",
            1,
            "1 frame shows the training before it diverged; set training.epochs_per_frame: 0.05",
        ),
        (", epochs: 30", 1, "set training.epochs_per_frame: 0.05 in place of training.epochs to"),
        (", epochs_per_frame: 0.05", 2, "2 frames show the training before it diverged; set"),
        (", epochs_per_frame: 0.005", 19, ""),
    ],
)
def test_a_divergence_within_the_first_frames_names_what_would_show_it(key, held, hint, recorded):
    text = SUDDEN.replace("batch_size: 1", f"batch_size: 1{key}")
    recording = recorded(text)
    assert recording.facts.diverged is not None
    assert recording.held == held
    hints = list(_diverged_unseen(spec_of(text), recording))
    assert len(hints) == bool(hint)
    assert hint in "".join(hints)


@pytest.mark.process
def test_an_axis_with_one_state_has_one_number(recorded):
    recording = recorded(SUDDEN)
    axes = drawn(recording, "loss")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["epoch 0"]
    (dot,) = (line for line in axes.lines if len(line.get_xdata()) and line.get_marker() == "o")
    assert dot.get_xdata().tolist() == [0], "held frames have no time of their own"
    (past,) = (line for line in axes.lines if line.get_gid() == "loss")
    assert past.get_xdata().tolist() == [0]


@pytest.mark.process
def test_nothing_finite_from_the_start_is_a_film_that_says_so(recorded):
    recording = recorded(CURVE.replace("points: 70", "points: 70, coefficients: [1.0e+38, 0]"))
    assert recording.facts.diverged == 0
    assert (recording.held, recording.frames) == (1, 4)
    assert not np.isfinite(recording.history["loss"]).any()
    compose(recording, ((("fit", {}),), (("loss", {}),)), THEMES["light"], SIZE)(3)
    with pytest.raises(TrainingError, match="diverged at epoch 0"):
        recorded(
            WILD.replace("points: 70", "points: 70, coefficients: [1.0e+38, 0]").replace(
                "batch_size: 16", "batch_size: 16, on_divergence: fail"
            )
        )


@pytest.mark.process
def test_a_title_that_is_cut_is_warned_of_and_one_that_fits_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("long.yaml").write_text(CURVE + f"title: {'Long ' * 40}\n")
    outputs = ["small.png", "numbers.h5"]
    results = list(run([check(Path("long.yaml"), ["view.size=320x180"], outputs)]))
    told = {result.path: result.warnings for result in results}
    assert told["numbers.h5"] == ()
    (warning,) = told["small.png"]
    assert warning.startswith("no room for all of 'Long Long")
    assert warning.endswith("…'; shorten the text, or use a larger size")
    assert json.loads(Path("small.png.json").read_text())["warnings"] == [warning]


# units and boundaries -------------------------------------------------------------------


@pytest.mark.process
def test_dead_units_have_a_plane_and_are_named(recorded):
    for seed in range(20):
        recording = recorded(DEAD % seed)
        extent = recording.probed.extent(-1)
        if (extent == 0).any():
            break
    dead = int(np.argmin(extent)) + 1
    axes = drawn(recording, "hidden")
    for low, high in (axes.get_xlim(), axes.get_ylim()):
        assert np.isfinite([low, high]).all()
        assert high - low > 1e-3
    assert any("unit" in text.get_text() for text in axes.texts)
    assert any(f" {dead} " in warning for warning in warnings(recording))


@pytest.mark.parametrize(
    ("kernel", "bias", "ends"),
    [
        ([1.0, 0.0], -0.25, 2),  # upright
        ([0.0, 1.0], -0.25, 2),  # level
        ([1.0, 0.0], -50.0, 0),  # outside
        ([0.0, 0.0], 1.0, 0),  # none
    ],
)
def test_a_boundary_is_drawn_or_said_to_be_elsewhere(made_up, kernel, bias, ends):
    recording = replaced(
        made_up,
        kernels={2: np.tile(np.array(kernel)[:, None], (6, 1, 1))},
        biases={2: np.full((6, 1), bias)},
    )
    axes = drawn(recording, "hidden")
    (line,) = (line for line in axes.lines if line.get_linewidth() == 3.5)
    assert len(line.get_xdata()) == ends
    said = [text.get_text() for text in axes.texts]
    assert ("boundary outside the view" in said) is (ends == 0)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only_is_drawn_without_the_other(made_up, label):
    recording = replaced(made_up, y=np.full((80, 1), label))
    names = recording.facts.classes
    for panel in ("input", "hidden"):
        axes = drawn(recording, panel)
        labels = {line.get_label() for line in axes.lines}
        assert names[label] in labels
        assert names[1 - label] not in labels


@pytest.mark.parametrize("size", [1e30, 2e38, 1e-30])
def test_activations_of_any_size_are_drawn(made_up, size):
    look = made_up.probed
    names = ("activation", "grid_activation", "low", "high")
    huge = Look(**{name: size * np.asarray(getattr(look, name)) for name in names})
    recording = replaced(made_up, looks={1: huge})
    axes = drawn(recording, "hidden")
    assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()


@pytest.mark.process
def test_numbers_of_1e30_in_a_spec_make_a_film_or_say_why(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("big.yaml").write_text(BIG)
    (result,) = run([check(Path("big.yaml"), ["frames=3", "view.size=320x180"], ["big.mp4"])])
    assert Path("big.mp4").exists() is (result.error == "")


@pytest.mark.process
def test_no_learning_is_said(recorded):
    recording = recorded(CURVE.replace("0.01", "1e-30"))
    assert np.ptp(recording.history["loss"]) == 0
    assert list(warnings(recording)) == ["the loss did not move; try another learning rate"]
    axes = drawn(recording, "loss")
    low, high = axes.get_ylim()
    assert high > low


@pytest.mark.process
def test_a_good_training_is_not_warned_of(recorded):
    recording = recorded(RINGS)
    assert recording.facts.diverged is None
    assert recording.held == recording.frames
    assert list(warnings(recording)) == []
    assert isinstance(recording, Recording)
