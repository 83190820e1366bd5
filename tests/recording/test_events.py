"""What happened in a run: exact tests, on data whose answer is known."""

import numpy as np
import pytest

from nnviz_cli.job.warnings import warnings
from nnviz_cli.recording.events import SEPARATED, Event, events, separable, separated, topology
from nnviz_cli.recording.recording import Look
from nnviz_cli.recording.separability import Onset
from tests.draw.test_pathology import replaced
from tests.recordings import changed


def told(recording, **changes):
    return {event.words: event.frame for event in events(replaced(recording, **changes))}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ([40, 7, 16, 4, 0, 0], {"accuracy reaches 90 %": 1, SEPARATED: 4}),
        ([400, 101, 100, 11, 10, 1], {"accuracy reaches 90 %": 2, "accuracy reaches 99 %": 4}),
        ([400, 101, 101, 101, 101, 101], {}),  # 89.9 %
        ([400, 400, 400, 0, 0, 0], {SEPARATED: 3}),  # the same frame reached all of it
        ([0, 0, 0, 0, 0, 0], {f"{SEPARATED} from the start": 0}),
        (
            [400, 0, 5, 0, 0, 0],
            {f"{SEPARATED} for the first time": 1, f"{SEPARATED} from now on": 3},
        ),
        ([400, 0, 5, 5, 5, 5], {f"{SEPARATED} for the first time": 1}),
    ],
)
def test_accuracies_are_events_when_they_are_first_reached(made_up, wrong, expected):
    samples = 80 if max(wrong) < 100 else 1000
    facts = changed(made_up.facts, samples=samples)
    object.__setattr__(made_up, "misclassified", np.array(wrong))
    assert told(changed(made_up, facts=facts)) == expected


def test_separated_is_about_the_boundary_and_separable_about_a_better_line(made_up):
    """The places are two clouds with a gap from the third frame on; the boundary lags behind."""
    labels = made_up.y[:, 0]
    cloud = np.random.default_rng(0).uniform(-1, 1, (80, 2))
    apart = cloud + np.outer(2 * labels - 1, [2, 0])
    places = np.array([cloud, cloud, apart, apart, apart, apart])
    look = made_up.probed
    recording = changed(made_up, looks={1: changed(look, activation=places)})
    assert separable(recording, 1) == Onset(2, 2)
    assert separated(recording) == Onset(5, 5)  # by the number of misclassified points
    words = "a line (dashed) separates the classes in hidden layer 1"
    assert Event(2, words) in events(recording, separators=[1])
    assert not any("line" in event.words for event in events(recording))  # it is not drawn


def test_points_that_are_held_out_are_no_part_of_the_separation(made_up):
    labels = made_up.y[:, 0]
    places = np.outer(2 * labels - 1, [1, 0]) + made_up.x / 4
    places[3], out = [-1, 0], np.arange(80) == 3  # a point of class 1 among those of class 0
    look = changed(made_up.probed, activation=np.array([places] * 6))
    assert separable(changed(made_up, looks={1: look}), 1) == Onset(None, None)
    assert separable(changed(made_up, looks={1: look}, held_out=out), 1) == Onset(0, 0)


def test_a_regression_has_no_separation(made_up):
    curve = changed(made_up, facts=changed(made_up.facts, task="regression", classes=()))
    assert separable(curve, 1) == separated(curve) == Onset(None, None)


@pytest.mark.parametrize("stuck", [True, False])
def test_a_saturated_output_is_an_event_and_a_warning(made_up, stuck):
    output = np.full((6, 80, 1), 0.5, np.float32)
    output[3:, :40], output[3:, 40:] = 0.0, 1.0 if stuck else 0.99
    loss = np.array([1.0, 0.8, 0.7, 0.6, 0.6, 0.6])
    wrong = np.array([40, 40, 40, 20, 20, 20])
    recording = changed(made_up, output=output, history={"loss": loss}, misclassified=wrong)
    words = "the output is saturated (0 or 1 for every point): the loss no longer changes"
    assert told(recording).get(words) == (3 if stuck else None)
    said = [text for text in warnings(recording) if "saturated" in text]
    assert len(said) == stuck
    assert not stuck or "from epoch 3 on" in said[0]
    right = changed(recording, misclassified=wrong * 0)
    assert words not in told(right)  # nothing is left to learn


@pytest.mark.parametrize("loss", [np.inf, np.nan, 3e38])
def test_a_loss_that_is_not_finite_or_huge_is_no_plateau(made_up, loss):
    """The warnings of NumPy would be errors here."""
    for losses in ([loss] * 30, [1.0] * 29 + [loss]):
        history = {"loss": np.array(losses, np.float32)}
        assert not any("plateau" in words for words in told(made_up, history=history))


PLATEAU = "a plateau: the loss hardly decreases"
LASTING = "a plateau until the end of the film: the loss hardly decreases"


def line(*corners):
    """A loss through (frame, value) corners, straight between them."""
    frames, values = zip(*corners, strict=True)
    return np.interp(np.arange(frames[-1] + 1), frames, values)


def noisy(loss, share):
    """With a normal noise of a share of each value."""
    return loss * np.random.default_rng(0).normal(1, share, len(loss))


def outlier(loss):
    return np.concatenate([[50 * loss[0]], loss[1:]])


STAYS = line((0, 1), (10, 0.5), (39, 0.5))
# loss, misclassified of 80 points at the end (40 by a constant answer), plateaus
PLATEAUS = {
    "falls again": (line((0, 1), (10, 0.5), (30, 0.5), (39, 0)), 0, [(10, PLATEAU)]),
    "falls again by 7 %": (line((0, 1), (10, 0.5), (29, 0.5), (35, 0.46), (40, 0.46)), 20, []),
    "to the end": (STAYS, 20, [(10, LASTING)]),
    "to the end, and learnt": (STAYS, 4, []),
    "to the end, and nearly learnt": (STAYS, 5, [(10, LASTING)]),
    "from the start": (np.full(40, 0.25), 40, [(0, LASTING)]),
    "from the start, with a slow fall": (line((0, 0.25), (39, 0.246)), 40, [(0, LASTING)]),
    "a steady fall": (line((0, 0.25), (39, 0.2)), 30, []),
    "too short": (line((0, 1), (33, 0.5), (39, 0.5)), 20, []),
    "two": (line((0, 1), (12, 1), (20, 0.5), (39, 0.5)), 20, [(0, PLATEAU), (20, LASTING)]),
    "steps without a slope": (
        np.repeat([1.0, 0.6, 0.3], 15),
        20,
        [(0, PLATEAU), (15, PLATEAU), (30, LASTING)],
    ),
    "noise": (noisy(line((0, 1), (20, 0.5), (99, 0.5)), 0.008), 20, [(20, LASTING)]),
    "an untrained network far off": (outlier(line((0, 1), (99, 0.5))), 20, []),
    "from the first epoch on": (outlier(line((0, 1), (29, 0.99), (39, 0))), 0, [(1, PLATEAU)]),
    "with a slow descent": (
        line((0, 1), (10, 0.5), (30, 0.5), (36, 0.488), (52, 0.488)),
        20,
        [(10, LASTING)],
    ),
    "with a rise": (
        line((0, 1), (10, 0.5), (25, 0.5), (28, 0.7), (31, 0.49), (46, 0.49), (60, 0)),
        0,
        [(10, PLATEAU)],
    ),
    "too few frames": (np.full(20, 0.25), 40, []),
}


@pytest.mark.parametrize("case", PLATEAUS)
def test_a_plateau_is_long_and_flat_and_leaves_much_to_learn(made_up, case):
    loss, wrong, expected = PLATEAUS[case]
    recording = lengthened(made_up, loss)
    recording.misclassified[-1] = wrong
    found = [event for event in events(recording) if "plateau" in event.words]
    assert [event.words for event in found] == [words for _, words in expected]
    for event, (frame, _) in zip(found, expected, strict=True):
        assert event.frame == pytest.approx(frame, abs=2)
        assert loss[event.frame] < 1.1 * loss[event.frame + 1], "not above it"


def test_a_plateau_does_not_last_to_a_divergence_or_a_saturation(made_up):
    recording = lengthened(made_up, STAYS)
    ended = changed(recording, facts=changed(recording.facts, diverged=40.0))
    saturated = changed(recording, output=recording.y[None].repeat(40, axis=0))
    for each, said in ((recording, True), (ended, False), (saturated, False)):
        assert any(event.words == LASTING for event in events(each)) is said


def test_unequal_classes_are_learnt_by_the_smaller_one(made_up):
    """70 and 10 points: a constant answer is wrong about 10, or about 9 if one is held out."""
    labels = np.repeat([[1.0], [0.0]], [70, 10], axis=0)
    for out, wrong, said in ((0, 10, True), (0, 2, True), (0, 1, False), (1, 1, True)):
        held_out = np.arange(80) >= 80 - out
        recording = lengthened(changed(made_up, data_y=labels, held_out=held_out), STAYS)
        recording.misclassified[-1] = wrong
        assert any(event.words == LASTING for event in events(recording)) is said


def test_how_much_of_a_curve_is_learnt_is_a_share_of_its_variance(made_up):
    """The answer is a share of the curve: at 0.69 of it 9.6 % of the variance are left."""
    recording = lengthened(made_up, line((0, 1), (10, 0.5), (39, 0.5)))
    y = np.sin(np.linspace(0, 20, 80))[:, None] + 3
    facts = changed(
        recording.facts, task="regression", classes=(), layers=recording.facts.layers[:1] * 2
    )
    for share, expected in ((0.69, False), (0.68, True), (0.0, True)):
        answer = y.mean() + share * (y - y.mean())
        curve = changed(recording, facts=facts, y=y, output=np.tile(answer, (40, 1, 1)))
        assert any(event.words == LASTING for event in events(curve)) is expected
    flat, near = np.full((80, 1), 3.0), np.linspace(1, 0.01, 40)[:, None, None]
    constant = changed(recording, facts=facts, y=flat, output=flat + near)
    assert not any(event.words == LASTING for event in events(constant))


def lengthened(made_up, loss):
    """A recording with so many frames, in which nothing else happens than a loss."""
    frames = len(loss)
    look = made_up.probed
    held = {
        name: np.repeat(np.asarray(getattr(look, name))[:1], frames, axis=0)
        for name in ("activation", "grid_activation", "low", "high")
    }
    return changed(
        made_up,
        step=np.arange(frames),
        history={"loss": loss},
        misclassified=np.full(frames, 40),
        output=np.tile(np.full((80, 1), 0.4), (frames, 1, 1)),
        looks={1: Look(**held)},
    )


def test_a_dead_unit_is_told_from_when_it_is_dead_for_good(made_up):
    look = made_up.probed
    low, high = np.array(look.low), np.array(look.high)
    high[3:, 1] = low[3:, 1]
    dead = Look(look.activation, look.grid_activation, low, high)
    found = told(made_up, looks={1: dead})
    assert found["unit 2 of hidden layer 1 is dead: its output is the same for every input"] == 3


@pytest.mark.parametrize(
    ("units", "activation", "warned"),
    [
        ((2, 2, 1), "tanh", True),
        ((2, 1, 2, 1), "relu", True),
        ((2, 3, 2, 1), "tanh", False),
        ((2, 4, 2, 1), "tanh", False),
        ((2, 2, 1), "silu", False),  # falls and rises: not covered
    ],
)
def test_rings_in_layers_of_two_are_told_to_be_inseparable(made_up, units, activation, warned):
    activations = (activation,) * (len(units) - 2) + ("sigmoid",)
    facts = changed(made_up.facts, units=units)
    assert bool(topology(facts, activations, nested=True)) is warned
    assert topology(facts, activations, nested=False) == ""
