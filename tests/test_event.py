"""What happened in a run: exact tests, on data whose answer is known."""

import warnings

import numpy as np
import pytest

from nnviz_cli import event
from nnviz_cli.event import events, first_separable, separable, topology
from nnviz_cli.recording import Look
from tests.test_pathology import replaced

RNG = np.random.default_rng(0)


def circle(radius, count=400):
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


RINGS = np.concatenate([circle(1.0), circle(0.5)])
LABELS = np.repeat([1, 0], 400)


def lifted(height):
    """The rings on a paraboloid: separable in space as soon as it has any height."""
    return np.column_stack([RINGS, height * (RINGS**2).sum(axis=1)])


def test_rings_are_separable_once_they_are_lifted():
    assert not separable(RINGS, LABELS)
    assert not separable(lifted(0), LABELS)
    assert separable(lifted(1.0), LABELS)
    assert separable(lifted(1e-3), LABELS)


@pytest.mark.parametrize("units", [1, 2, 3, 8])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_a_gap_parts_two_clouds_and_one_stray_point_joins_them(units, scale):
    points = RNG.normal(size=(300, units))
    normal = RNG.normal(size=units)
    labels = (points @ normal > 0).astype(int)
    points += 0.02 * np.outer(2 * labels - 1, normal / np.linalg.norm(normal))
    points = scale * (points + 5)
    assert separable(points, labels)
    middle = points[labels == 0].mean(axis=0, keepdims=True)  # inside the other's hull
    assert not separable(np.concatenate([points, middle]), np.append(labels, 1))


def test_xor_is_not_separable_and_two_of_its_squares_are():
    corners = np.array([[0, 0], [1, 1], [0, 1], [1, 0]], float)
    assert not separable(corners, np.array([0, 0, 1, 1]))
    assert separable(corners[[0, 2, 3]], np.array([0, 1, 1]))


def test_three_classes_need_scores_that_are_right_about_all():
    centre = circle(3.0, 3)
    points = np.concatenate([c + RNG.normal(0, 0.3, (100, 2)) for c in centre])
    labels = np.repeat([0, 1, 2], 100)
    assert separable(points, labels)
    points[0] = centre[1]
    assert not separable(points, labels)


def test_the_first_frame_is_the_first_at_which_it_holds():
    heights = np.maximum(0, np.arange(30) - 12) / 30.0
    frames = [lifted(height) for height in heights]
    assert first_separable(frames, LABELS) == 13
    assert first_separable(frames[:13], LABELS) is None
    flat = [  # in a plane, where most is seen without a linear program
        np.column_stack([RINGS[:, 0], RINGS[:, 1] * (1 - f / 30) + f / 24 * (RINGS**2).sum(1)])
        for f in range(30)
    ]
    expected = next(f for f in range(30) if separable(np.pad(flat[f], ((0, 0), (0, 1))), LABELS))
    assert first_separable(flat, LABELS) == expected


def test_the_same_point_in_both_classes_is_never_separable():
    assert not separable(np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([0, 1]))


def told(recording, **changes):
    return {event.words: event.frame for event in events(replaced(recording, **changes))}


def test_accuracies_are_told_when_they_are_first_reached(made_up):
    history = {
        "loss": np.linspace(1, 0.5, 6),
        "accuracy": np.array([0.5, 0.91, 0.8, 0.95, 1.0, 1.0]),
    }
    found = told(made_up, history=history)
    assert found["accuracy over 90 %"] == 1
    assert found["accuracy 100 %"] == 4
    assert "accuracy over 99 %" not in found  # the same frame had all of it


def test_a_plateau_is_told_only_if_it_ends(made_up):
    frames = 40
    down = np.concatenate([np.linspace(1, 0.5, 10), np.full(20, 0.5), np.linspace(0.5, 0, 10)])
    words = "a plateau: the loss hardly falls"
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
    assert words not in told(made_up, history={"loss": ended})


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


def test_a_long_film_is_looked_at_a_few_hundred_times(monkeypatch):
    looks = []
    real = event._Separator.separates
    monkeypatch.setattr(
        event._Separator, "separates", lambda self, x: looks.append(1) or real(self, x)
    )
    frames = [lifted(0)] * 12_345 + [lifted(1.0)] * 7_655
    assert first_separable(frames, LABELS) == 12_345
    assert len(looks) < event.MOST_LOOKS + 20_000 / event.MOST_LOOKS


def test_a_hard_film_is_given_up_by_count_and_a_vast_one_not_begun(monkeypatch):
    labels = np.repeat(np.arange(8), 100)
    points = np.random.default_rng(0).normal(size=(800, 20))
    monkeypatch.setattr(event, "MOST_WORK", 100_000)
    assert first_separable([points] * 3, labels) is None
    monkeypatch.setattr(event, "MOST_VALUES", 700)
    assert first_separable([lifted(1.0)], LABELS) is None


@pytest.mark.parametrize("size", [1e30, 3e38])
def test_points_as_far_as_float32_goes_are_told_apart(size):
    far = (lifted(1.0) / 2 * size).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert separable(far, LABELS)
        assert not separable((RINGS * size).astype(np.float32), LABELS)
