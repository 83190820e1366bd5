"""Whether classes are linearly separable: exact tests, on data whose answer is known."""

import warnings

import numpy as np
import pytest
from scipy.optimize import linprog

from nnviz_cli.recording import separability
from nnviz_cli.recording.separability import MARGIN, Onset, separable, separable_onset

RNG = np.random.default_rng(0)
NEVER = Onset(None, None)


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
    points += 0.2 * np.outer(2 * labels - 1, normal / np.linalg.norm(normal))
    points = scale * (points + 5)
    assert separable(points, labels)
    middle = points[labels == 0].mean(axis=0, keepdims=True)  # inside the other's hull
    assert not separable(np.concatenate([points, middle]), np.append(labels, 1))


def margin_of(points, labels):
    """The widest margin as a share of the extent, by one linear program over all points."""
    low, high = points.min(axis=0), points.max(axis=0)
    scaled = (points - (low + high) / 2) / (high - low)
    signs = np.where(labels == 1, 1, -1)
    table = np.column_stack([-signs[:, None] * scaled, -signs, np.ones(len(signs))])
    bounds = [(-1, 1)] * points.shape[1] + [(None, None), (0, None)]
    objective = [0] * (points.shape[1] + 1) + [-1]
    return linprog(objective, table, np.zeros(len(signs)), bounds=bounds).x[-1]


@pytest.mark.parametrize("units", [1, 2, 3, 4])
def test_the_margin_is_one_percent_of_the_extent(units):
    """Against a linear program over all points; clouds of any scale, touching or apart."""
    rng = np.random.default_rng(units)
    margins = []
    for _ in range(60):
        normal = rng.normal(size=units)
        points = rng.normal(size=(rng.integers(10, 80), units)) * 10 ** rng.uniform(-2, 2, units)
        extent = np.abs(points).max(axis=0)
        far = points / extent @ normal
        labels = (far > np.median(far)).astype(int)
        shift = rng.uniform(-0.01, 0.06) * extent * normal / np.abs(normal).max()
        points += np.outer(2 * labels - 1, shift)
        margins.append(margin_of(points, labels))
        if abs(margins[-1] - MARGIN) > 1e-4:
            assert separable(points, labels) == (margins[-1] > MARGIN), margins[-1]
    assert sum(0 < margin < MARGIN for margin in margins) > 2
    assert sum(margin > MARGIN for margin in margins) > 2


def test_an_onset_is_first_and_lasting():
    assert Onset.of([False, True, False, True, True]) == Onset(1, 3)
    assert Onset.of([True, True]) == Onset(0, 0)
    assert Onset.of([False, True, False]) == Onset(1, None)
    assert Onset.of([False, False]) == NEVER
    assert Onset.of([]) == NEVER


def test_a_separation_that_is_undone_is_first_and_not_lasting():
    heights = [0, 1, 1, 0, 1, 1]
    assert separable_onset([lifted(h) for h in heights], LABELS) == Onset(1, 4)
    assert separable_onset([lifted(h) for h in heights[:4]], LABELS) == Onset(1, None)


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
    assert separable_onset(frames, LABELS) == Onset(13, 13)
    assert separable_onset(frames[:13], LABELS) == NEVER
    flat = [  # in a plane, where most is seen without a linear program
        np.column_stack([RINGS[:, 0], RINGS[:, 1] * (1 - f / 30) + f / 24 * (RINGS**2).sum(1)])
        for f in range(30)
    ]
    expected = next(f for f in range(30) if separable(np.pad(flat[f], ((0, 0), (0, 1))), LABELS))
    assert separable_onset(flat, LABELS) == Onset(expected, expected)


def test_the_same_point_in_both_classes_is_never_separable():
    assert not separable(np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([0, 1]))


def test_a_long_film_is_looked_at_a_few_hundred_times(monkeypatch):
    looks = []
    real = separability.Separator.separates
    monkeypatch.setattr(
        separability.Separator, "separates", lambda self, x: looks.append(1) or real(self, x)
    )
    frames = [lifted(0)] * 12_345 + [lifted(1.0)] * 7_655
    assert separable_onset(frames, LABELS) == Onset(12_345, 12_345)
    assert len(looks) < separability.MOST_LOOKS + 20_000 / separability.MOST_LOOKS


def test_a_hard_film_is_given_up_by_count_and_a_vast_one_not_begun(monkeypatch):
    labels = np.repeat(np.arange(8), 100)
    points = np.random.default_rng(0).normal(size=(800, 20))
    monkeypatch.setattr(separability, "MOST_WORK", 100_000)
    assert separable_onset([points] * 3, labels) == NEVER
    monkeypatch.setattr(separability, "MOST_VALUES", 700)
    assert separable_onset([lifted(1.0)], LABELS) == NEVER


@pytest.mark.parametrize("size", [1e30, 3e38])
def test_points_as_far_as_float32_goes_are_told_apart(size):
    far = (lifted(1.0) / 2 * size).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert separable(far, LABELS)
        assert not separable((RINGS * size).astype(np.float32), LABELS)
