"""What happened in a run: exact tests, on data whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from nnviz_cli.event import SEPARATED, Event, events, separable, separated, topology
from nnviz_cli.recording import Look
from nnviz_cli.render import warnings
from nnviz_cli.separability import Onset
from tests.test_pathology import replaced


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
            {f"{SEPARATED} for the first time": 1, f"{SEPARATED} from here on": 3},
        ),
        ([400, 0, 5, 5, 5, 5], {f"{SEPARATED} for the first time": 1}),
    ],
)
def test_accuracies_are_events_when_they_are_first_reached(made_up, wrong, expected):
    samples = 80 if max(wrong) < 100 else 1000
    facts = replace(made_up.facts, samples=samples)
    object.__setattr__(made_up, "misclassified", np.array(wrong))
    assert told(replace(made_up, facts=facts)) == expected


def test_separated_is_about_the_boundary_and_separable_about_a_better_line(made_up):
    """The places are two clouds with a gap from the third frame on; the boundary lags behind."""
    labels = made_up.y[:, 0]
    cloud = np.random.default_rng(0).uniform(-1, 1, (80, 2))
    apart = cloud + np.outer(2 * labels - 1, [2, 0])
    places = np.array([cloud, cloud, apart, apart, apart, apart])
    look = made_up.probed
    recording = replace(made_up, looks={1: replace(look, activation=places)})
    assert separable(recording, 1) == Onset(2, 2)
    assert separated(recording) == Onset(5, 5)  # by the number of misclassified points
    words = "a line (dashed) separates the classes in hidden layer 1"
    assert Event(2, words) in events(recording, separators=[1])
    assert not any("line" in event.words for event in events(recording))  # it is not drawn


def test_points_that_are_held_out_are_no_part_of_the_separation(made_up):
    labels = made_up.y[:, 0]
    places = np.outer(2 * labels - 1, [1, 0]) + made_up.x / 4
    places[3], out = [-1, 0], np.arange(80) == 3  # a point of class 1 among those of class 0
    look = replace(made_up.probed, activation=np.array([places] * 6))
    assert separable(replace(made_up, looks={1: look}), 1) == Onset(None, None)
    assert separable(replace(made_up, looks={1: look}, held_out=out), 1) == Onset(0, 0)


def test_a_regression_has_no_separation(made_up):
    curve = replace(made_up, facts=replace(made_up.facts, task="regression", classes=()))
    assert separable(curve, 1) == separated(curve) == Onset(None, None)


@pytest.mark.parametrize("stuck", [True, False])
def test_a_saturated_output_is_an_event_and_a_warning(made_up, stuck):
    output = np.full((6, 80, 1), 0.5, np.float32)
    output[3:, :40], output[3:, 40:] = 0.0, 1.0 if stuck else 0.99
    loss = np.array([1.0, 0.8, 0.7, 0.6, 0.6, 0.6])
    wrong = np.array([40, 40, 40, 20, 20, 20])
    recording = replace(made_up, output=output, history={"loss": loss}, misclassified=wrong)
    words = "the output is saturated (0 or 1 for every point): the loss no longer changes"
    assert told(recording).get(words) == (3 if stuck else None)
    said = [text for text in warnings(recording) if "saturated" in text]
    assert len(said) == stuck
    assert not stuck or "from epoch 3 on" in said[0]
    right = replace(recording, misclassified=wrong * 0)
    assert words not in told(right)  # nothing is left to learn


@pytest.mark.parametrize("loss", [np.inf, np.nan, 3e38])
def test_a_loss_that_is_not_finite_or_huge_is_no_plateau(made_up, loss):
    """The warnings of NumPy would be errors here."""
    for losses in ([loss] * 30, [1.0] * 29 + [loss]):
        history = {"loss": np.array(losses, np.float32)}
        assert not any("plateau" in words for words in told(made_up, history=history))


def test_a_plateau_is_an_event_if_it_ends_or_if_much_is_left(made_up):
    frames = 40
    down = np.concatenate([np.linspace(1, 0.5, 10), np.full(20, 0.5), np.linspace(0.5, 0, 10)])
    words = "a plateau: the loss hardly falls"
    lasting = "a plateau to the end of the film: the loss hardly falls"
    step = np.arange(frames)
    look = made_up.probed
    every = np.minimum(step, 5)
    longer = Look(
        *(
            np.asarray(getattr(look, name))[every]
            for name in ("activation", "grid_activation", "low", "high")
        )
    )
    found = told(made_up, step=step, history={"loss": down}, looks={1: longer})
    assert 8 <= found[words] <= 11
    ended = np.concatenate([np.linspace(1, 0, 15), np.zeros(25)])
    assert not {words, lasting} & told(made_up, history={"loss": ended}).keys()
    left = np.concatenate([np.linspace(1, 0.06, 15), np.full(25, 0.06)])
    assert told(made_up, history={"loss": left}).get(lasting) == 14
    short = np.concatenate([np.linspace(1, 0.06, 33), np.full(7, 0.06)])
    assert lasting not in told(made_up, history={"loss": short})
    twice = np.concatenate([np.full(12, 1.0), np.linspace(1, 0.5, 8), np.full(20, 0.5)])
    both = told(made_up, history={"loss": twice})
    assert (both[words], both[lasting]) == (0, 19)


def test_a_dead_unit_is_told_from_when_it_is_dead_for_good(made_up):
    look = made_up.probed
    low, high = np.array(look.low), np.array(look.high)
    high[3:, 1] = low[3:, 1]
    dead = Look(look.activation, look.grid_activation, low, high)
    found = told(made_up, looks={1: dead})
    assert found["unit 2 of hidden layer 1 answers the same to everything"] == 3


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
    facts = made_up.facts.__class__(**{**vars(made_up.facts), "units": units})
    assert bool(topology(facts, "rings", activations)) is warned
    assert topology(facts, "moons", activations) == ""
