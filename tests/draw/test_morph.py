"""A morph goes from the identity to each layer's weights without collapsing space.

Geometry and picture are tested from recordings that NumPy made, without TensorFlow.
"""

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from nnviz_cli.command.app import app
from nnviz_cli.draw.morph.camera import camera
from nnviz_cli.draw.morph.motion import between
from nnviz_cli.draw.morph.path import path
from nnviz_cli.draw.morph.picture import compose
from nnviz_cli.draw.morph.plan import Plan
from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.errors import SpecError
from nnviz_cli.job.experiment import Morph, check
from nnviz_cli.job.run import run
from nnviz_cli.job.verify import verify
from nnviz_cli.recording.recording import Recording
from nnviz_cli.spec.overrides import Assignment
from tests.film.making import decode
from tests.recordings import facts_of, frame_of, random_weights, spec_for, write

TIMES = np.linspace(0, 1, 9)
QUICK = Tempo(motion=0.2, hold=0.1, rest=0.1, first=0.1, last=0.1)
ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "linear": lambda z: z,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}


def network(folder, units, activations, seed=0, frames=2):
    """A recording of random weights and what NumPy makes of them; points on rings or a line."""
    rng = np.random.default_rng(seed)
    task = {1: "regression", 2: "binary"}[units[0]] if units[-1] == 1 else "multiclass"
    count = 40
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    if units[0] == 1:
        x, y = np.linspace(-1, 1, count)[:, None], np.linspace(0, 2, count)[:, None]
    else:
        x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.choice([0.5, 1], (count, 1))
        y = np.arange(count)[:, None] % max(2, units[-1])
    classes = () if task == "regression" else tuple("abcdefgh"[: max(2, units[-1])])
    facts = facts_of(task, units, activations=activations, classes=classes, probe=1)
    once = {"x": x.astype(np.float32), "y": y, "bounds": np.array([[-1.1, 1.1]] * units[0])}
    made = []
    for frame in range(frames):
        weights = random_weights(rng, units, scale=1.5, bias=1)
        seen = {"step": 5 * frame, "history/loss": 1 / (frame + 1)}
        made.append(frame_of(facts, once, weights, **seen))
    place = folder / "net.h5"
    write(place, facts, once, made, spec_for(units, activations, frames))
    return place


def checked(source, outputs=("a.mp4",), frame=-1, **view):
    """A checked morph, at a quick pace."""
    settings = [
        Assignment(option=f"--{key}", key=f"view.{key}", value=value) for key, value in view.items()
    ]
    return check(Path(source), settings, outputs, morph=Morph(frame=frame, tempo=QUICK))


def plan_of(place, frame=1, tempo=QUICK):
    return Plan(Recording.open(place), frame, Fraction(20), tempo)


# the path to a matrix -------------------------------------------------------------------

SHAPES = [(n, m) for n in range(1, 7) for m in range(1, 7)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_path_ends_at_its_matrix_exactly_and_begins_at_the_identity(shape):
    rng = np.random.default_rng(sum(shape))
    for _ in range(10):
        kernel = rng.normal(size=shape)
        found = path(kernel)
        np.testing.assert_allclose(found.matrix()[: shape[0]], kernel, atol=1e-9)
        for turn in filter(None, (found.mirror, found.rotation)):
            identity = np.eye(len(turn.basis))
            np.testing.assert_allclose(turn.at(0.0), identity, atol=1e-12)
            for t in TIMES:  # a rotation on the whole way: lengths stay, nothing is mirrored
                np.testing.assert_allclose(turn.at(t) @ turn.at(t).T, identity, atol=1e-9)
                assert np.linalg.det(turn.at(t)) == pytest.approx(1)
        np.testing.assert_allclose(found.stretch.at(0.0), np.eye(shape[1]), atol=1e-12)
        mirrored = shape[0] == shape[1] and np.linalg.det(kernel) < 0
        assert (found.mirror is not None) == mirrored


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16])
def test_space_never_collapses_on_the_way(size):
    rng = np.random.default_rng(size)
    for _ in range(10):
        kernel = rng.normal(size=(size, size))
        found = path(kernel)
        least = min(1.0, np.linalg.svd(kernel)[1].min())
        for t in TIMES:
            turned = found.rotation.at(t)[:size, :size]
            assert np.linalg.svd(turned)[1].min() > 1 - 1e-9
            stretched = found.rotation.at(1.0)[:size, :size] @ found.stretch.at(t)
            assert np.linalg.svd(stretched)[1].min() > least - 1e-9


def test_the_straight_line_collapses_where_the_path_does_not():
    half_turn = -np.eye(2)
    straight = [np.linalg.svd((1 - t) * np.eye(2) + t * half_turn)[1].min() for t in TIMES]
    assert min(straight) < 1e-12
    found = path(half_turn)
    assert (found.mirror, round(found.rotation.widest)) == (None, 180)
    turned = [np.linalg.svd(found.rotation.at(t))[1].min() for t in TIMES]
    np.testing.assert_allclose(turned, 1)


def test_a_mirror_is_half_a_turn_through_one_dimension_more():
    found = path(np.diag([1.0, -2.0]))
    assert found.rotation.widest == pytest.approx(0, abs=1e-6)
    on_edge = found.mirror.at(0.5)
    np.testing.assert_allclose(on_edge[0], [1, 0, 0], atol=1e-12)  # the axis stays
    np.testing.assert_allclose(np.abs(on_edge[1]), [0, 0, 1], atol=1e-12)  # the rest stands up
    np.testing.assert_allclose(found.stretch.factors, [2, 1])


@pytest.mark.parametrize("kernel", [np.zeros((2, 2)), np.ones((2, 2)), np.zeros((3, 1))])
def test_a_singular_matrix_is_reached_too(kernel):
    np.testing.assert_allclose(path(kernel).matrix()[: len(kernel)], kernel, atol=1e-9)


def test_a_view_turns_from_directions_to_others_without_shrinking():
    rng = np.random.default_rng(0)
    one, other = (np.linalg.qr(rng.normal(size=(8, 3)))[0] for _ in range(2))
    for t in TIMES:
        found = between(one, other, t)
        np.testing.assert_allclose(found.T @ found, np.eye(3), atol=1e-12)
    np.testing.assert_array_equal(between(one, other, 1.0), other)


# the stages -----------------------------------------------------------------------------

NETWORKS = {
    "2-3-2-1": ([2, 3, 2, 1], ["tanh", "relu", "sigmoid"]),
    "2-2-3": ([2, 2, 3], ["sigmoid", "softmax"]),
    "1-1-3-1": ([1, 1, 3, 1], ["tanh", "relu", "linear"]),
    "2-5-16-3": ([2, 5, 16, 3], ["relu", "tanh", "softmax"]),
    "1-2-5-1": ([1, 2, 5, 1], ["tanh", "tanh", "linear"]),
    "2-1": ([2, 1], ["sigmoid"]),
    "2-1-5": ([2, 1, 5], ["tanh", "softmax"]),
}


@pytest.fixture(params=NETWORKS)
def net(request, tmp_path):
    return network(tmp_path, *NETWORKS[request.param])


def test_motions_follow_each_other_without_a_jump(net):
    plan = plan_of(net)
    before = None
    for stage in plan.stages:
        for t in (0.0, 1.0):
            where = stage.where(t)
            for what in (plan.points, plan.lattice):
                assert what(where.layer).ndim == what(where.layer - 1).ndim
            seen = plan.places(where, plan.points(where.layer - 1), plan.points(where.layer))
            if t == 0.0 and before is not None:
                np.testing.assert_allclose(seen, before, atol=2e-5, err_msg=stage.name)
            before = seen


def test_at_its_end_a_layer_has_put_everything_where_the_network_does(net):
    plan = plan_of(net)
    for layer in range(1, len(plan.recording.facts.units)):
        last = [stage for stage in plan.stages if stage.layer == layer][-1]
        if last.name == "boundary":
            last = [stage for stage in plan.stages if stage.layer == layer][-2]
        where, view = last.where(1.0), plan.views[layer].axes
        for what in (plan.points, plan.lattice):
            seen = plan.places(where, what(layer - 1), what(layer))
            np.testing.assert_allclose(seen, what(layer) @ view, atol=1e-5)
        if plan.recording.facts.units[layer] <= 3:
            np.testing.assert_array_equal(view, np.eye(len(view), 3))  # shown truly


def test_linear_motions_end_at_the_weighted_input(net):
    plan = plan_of(net)
    recording, frame = plan.recording, plan.frame
    for layer in range(1, len(recording.facts.units)):
        (stage,) = [s for s in plan.stages if (s.layer, s.name) == (layer, "stretch")]
        seen = plan.places(stage.where(1.0), plan.points(layer - 1), None)
        wanted = plan.points(layer - 1) @ recording.kernels[layer][frame]
        np.testing.assert_allclose(seen, wanted @ plan.views[layer].axes, atol=2e-5)


def test_a_wide_layer_says_what_share_is_seen(tmp_path):
    plan = plan_of(network(tmp_path, [2, 16, 1], ["tanh", "sigmoid"]))
    spread = plan.points(1).astype(float)
    found = plan.views[1]
    share = np.cov((spread @ found.axes).T).trace() / np.cov(spread.T).trace()
    assert f"{100 * share:.0f} % of the variance" in found.note
    noted = {stage.name for stage in plan.stages if stage.note}
    assert {"rotate", "stretch", "tanh"} <= noted


def test_the_camera_holds_everything_and_moves_evenly(net):
    plan = plan_of(net, tempo=Tempo())
    film = camera(plan)
    steps = np.abs(np.diff(np.log(film.reach), axis=0))
    assert steps.max() < 0.5, "a zoom is no jump"
    for frame in range(0, plan.frames, 7):
        where = plan.at(frame)[0].where(plan.at(frame)[1])
        seen = plan.places(where, plan.points(where.layer - 1), plan.points(where.layer))
        flat, near = film.shot(frame, seen)
        assert (np.abs(flat) <= film.reach[frame] * 1.01 + 1e-6).all()
        assert near.max() <= 1.3


def test_motions_are_slow_at_both_ends_and_hold(net):
    plan = plan_of(net, tempo=Tempo())
    assert plan.frames == sum(stage.frames for stage in plan.stages)
    for stage in plan.stages:
        held = plan.at(stage.start + stage.frames - 1)
        assert held == (stage, 1.0)
        if stage.moves:
            eased = [plan.at(stage.start + i)[1] for i in range(stage.motion)]
            steps = np.diff(eased)
            assert steps.min() >= 0
            assert steps[0] < 0.2 * steps.max() > steps[-1]


def test_many_layers_are_shown_faster():
    assert Tempo.fitting(3) == Tempo()
    assert Tempo.fitting(20).motion == pytest.approx(0.48)


# the picture ----------------------------------------------------------------------------


def test_every_stage_is_drawn(net):
    plan = plan_of(net)
    draw = compose(plan, THEMES["dark"], (320, 180))
    pictures = [draw(stage.start + stage.frames - 1).copy() for stage in plan.stages]
    assert pictures[0].shape == (180, 320, 4)
    for one, other in pairwise(pictures):
        assert (one != other).any(axis=2).mean() > 0.001, "something has changed"


@pytest.mark.process
def test_a_film_of_a_recording_has_as_many_frames_as_its_stages_take(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = network(tmp_path, [2, 3, 1], ["tanh", "sigmoid"])
    experiment = checked("net.h5", ["a.mp4", "b/", "c.png"], size="160x120", fps=20)
    results = {result.path: result for result in run([experiment])}
    frames = plan_of(place).frames
    assert {path: result.frames for path, result in results.items()} == {
        "a.mp4": frames,
        "b/": frames,
        "c.png": 1,
    }
    film, folder = decode("a.mp4", (160, 120)), decode("b", (160, 120))
    assert len(film) == len(folder) == frames
    assert np.abs(film[5].astype(int) - folder[5]).mean() < 3
    np.testing.assert_array_equal(decode("c.png", (160, 120))[0], folder[-1])


@pytest.mark.parametrize(
    ("frame", "look", "words"),
    [
        (2, {}, "no frame 2 in a training of 2"),
        (-3, {}, "no frame -3"),
        (0, {"size": "161x120"}, "both sides must be even"),
        (0, {"theme": "lihgt"}, "unknown theme 'lihgt'"),
        (0, {"fps": 500}, "fps"),
    ],
)
def test_what_cannot_be_is_refused(frame, look, words, tmp_path):
    place = network(tmp_path, [2, 1], ["sigmoid"])
    with pytest.raises(SpecError, match=words):
        checked(place, frame=frame, **look)


def test_a_recording_without_all_layers_is_refused(tmp_path):
    place = network(tmp_path, [2, 3, 1], ["tanh", "sigmoid"])
    with h5py.File(place, "a") as file:
        del file["weights/1/kernel"]
    with pytest.raises(SpecError, match="'weights/1/kernel' is missing"):
        checked(place)


@pytest.mark.process
def test_numbers_that_are_none_are_refused(tmp_path):
    place = network(tmp_path, [2, 3, 1], ["tanh", "sigmoid"])
    with h5py.File(place, "a") as file:
        file["weights/1/kernel"][1] = np.nan
    (result,) = run([checked(place, [str(tmp_path / "a.png")], 0, size="160x120")])
    assert result.error == ""
    with pytest.raises(SpecError, match="at frame 1, layer 1"):
        list(run([checked(place, [str(tmp_path / "a.png")], size="160x120")]))


# recordings that are kept ---------------------------------------------------------------

SPEC = """
dataset: {name: moons, points: 30}
model: {layers: [{units: 3, activation: {name: leaky_relu, negative_slope: 0.3}}, 1]}
training: {optimizer: adam, learning_rate: 0.05}
frames: 3
view: {size: 160x120}
outputs: ["{name}.h5", "{name}.png"]
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder with a spec, and what it was rendered to."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "net.yaml").write_text(SPEC)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        results = list(run([check(Path("net.yaml"))]))
    assert [(result.path, result.error) for result in results] == [("net.h5", ""), ("net.png", "")]
    return folder


@pytest.mark.process
def test_a_kept_recording_holds_all_layers_and_how_it_was_made(kept):
    recording = Recording.open(kept / "net.h5")
    assert (recording.frames, set(recording.kernels)) == (3, {1, 2})
    hidden = recording.x @ recording.kernels[1][2] + recording.biases[1][2]
    wanted = np.where(hidden > 0, hidden, 0.3 * hidden)
    np.testing.assert_allclose(recording.looks[1].activation[2], wanted, atol=1e-6)
    with h5py.File(kept / "net.h5") as file:
        spec = json.loads(file["spec"][...].tobytes())
    assert spec["model"]["layers"][0]["activation"] == {"name": "leaky_relu", "negative_slope": 0.3}
    told = json.loads((kept / "net.h5.json").read_text())
    assert (told["output"], told["frames"]) == ({"recording": True}, 3)
    assert not list(kept.glob(".*"))


@pytest.mark.process
def test_a_kept_recording_is_the_same_bytes_each_time_and_up_to_date(kept, monkeypatch):
    monkeypatch.chdir(kept)
    assert verify("net.h5").text == "identical"
    (result, _) = run([check(Path("net.yaml"))], skip_existing=True)
    assert result.skipped


@pytest.mark.process
def test_a_spec_and_its_recording_give_the_same_morph(kept, monkeypatch):
    monkeypatch.chdir(kept)
    look = {"size": "160x120", "fps": 5, "theme": "dark"}
    for source, output in (("net.yaml", "a/"), ("net.h5", "b/")):
        (result,) = run([checked(source, [output], 1, **look)])
        assert not result.error
    np.testing.assert_array_equal(decode("a", (160, 120)), decode("b", (160, 120)))
    for film in ("a/", "b/"):
        assert verify(film).text == "identical"
    Path("net.h5").rename("gone.h5")
    with pytest.raises(SpecError, match=r"net\.h5, was not found"):
        verify("b/")
    Path("gone.h5").rename("net.h5")


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["net.h5", "-o", "a.h5"], "a morph is a film"),
        (["net.h5", "--set", "seed=1"], "seed: cannot be changed in a recording"),
        (["none.h5"], "none.h5: no such file"),
        (["net.h5", "-o", "a.avi"], "unknown film format '.avi'"),
        (["net.h5", "--seconds", "30", "--fps", "120"], "--large"),
    ],
)
def test_a_wrong_command_ends_with_2(words, message, kept, monkeypatch):
    monkeypatch.chdir(kept)
    result = CliRunner().invoke(app, ["morph", *words])
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.process
def test_the_command_writes_beside_the_recording_and_names_the_film(kept, monkeypatch):
    monkeypatch.chdir(kept)
    words = ["morph", "net.h5", "--seconds", "0.1", "--fps", "5", "--size", "160x120", "--quiet"]
    result = CliRunner().invoke(app, words)
    assert (result.exit_code, result.stdout) == (0, "net-morph.mp4\n")
    assert json.loads(Path("net-morph.mp4.json").read_text())["recording"]["path"] == "net.h5"
