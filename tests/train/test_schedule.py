"""The steps at which frames are recorded."""

import numpy as np
import pytest

from nnviz_cli.train.schedule import by_change, even, linear, logarithmic


@pytest.mark.parametrize(("frames", "last"), [(2, 1), (5, 4), (10, 1000), (100, 125_000), (7, 6)])
def test_logarithmic_steps_rise_from_none_to_the_last(frames, last):
    steps = logarithmic(frames, last)
    assert len(steps) == frames
    assert (steps[0], steps[-1]) == (0, last)
    assert (np.diff(steps) >= 1).all()
    if last > 10 * frames:
        late = np.diff(np.log(steps[frames // 2 :]))
        assert np.ptp(late) < 0.2 * late.mean()  # one factor


@pytest.mark.parametrize(
    ("frames", "last", "steps"),
    [
        (1, 50, [0]),
        (2, 7, [0, 7]),
        (4, 10, [0, 3, 7, 10]),
        (5, 6, [0, 2, 3, 4, 6]),  # 1.5 and 4.5 are rounded to even
        (5, 4, [0, 1, 2, 3, 4]),
        (3, 10**12 + 1, [0, 5 * 10**11, 10**12 + 1]),
    ],
)
def test_even_frames_end_with_the_last_step(frames, last, steps):
    assert even(frames, last) == steps


def test_even_steps_always_rise():
    for frames in range(2, 40):
        for last in range(frames - 1, 150):
            steps = np.array(even(frames, last))
            assert (steps[0], steps[-1]) == (0, last)
            assert (np.diff(steps) >= 1).all()
            ideal = np.arange(frames) * last / (frames - 1)
            assert np.abs(steps - ideal).max() <= 0.5


def test_logarithmic_steps_are_those_of_one_factor_from_the_first_step():
    assert logarithmic(5, 1000) == [0, 1, 10, 100, 1000]
    assert logarithmic(4, 4) == [0, 1, 2, 4]
    assert logarithmic(1, 9) == [0]


def test_frames_gather_where_the_answers_change():
    probes = list(range(0, 1001, 10))
    change = np.where((np.arange(100) >= 40) & (np.arange(100) < 50), 1.0, 0.01)
    steps = np.array(by_change(50, probes, change))
    assert (steps[0], steps[-1]) == (0, 1000)
    assert (np.diff(steps) >= 1).all()
    inside = ((steps >= 400) & (steps <= 500)).sum()
    assert inside >= 25  # of 50, in a tenth of the training
    still = by_change(11, probes, np.zeros(100))
    assert still == linear(11, 100, 1)
