"""The lines over the input plane: where they are, in which order, how many."""

import numpy as np
import pytest

from nnviz_cli.data.table import DATASETS, kind
from nnviz_cli.draw.panels.hidden import gap
from nnviz_cli.recording.grid import input_grid, upright_lines

PLANES = [name for name in DATASETS if kind(name, {}).inputs == 2]


def steps_of(grid):
    """Where the lines are in both directions."""
    count = upright_lines(grid)
    return grid[:count, 0, 0].astype(float), grid[count:, 0, 1].astype(float)


def test_the_grid_of_the_rings_is_the_notebooks():
    """21 and 21 lines, 0.1 apart, from -1 to 1, each of 100 points."""
    grid = input_grid(DATASETS["rings"].make(np.random.default_rng(0)).bounds)
    assert grid.shape == (42, 100, 2)
    tenths = np.arange(-10, 11) / 10
    for places in steps_of(grid):
        np.testing.assert_allclose(places, tenths, atol=1e-7)
    along = np.linspace(-1, 1, 100)
    for line in range(21):
        np.testing.assert_allclose(grid[line, :, 1], along, atol=1e-6)
        np.testing.assert_allclose(grid[21 + line, :, 0], along, atol=1e-6)
        assert np.ptp(grid[line, :, 0]) == np.ptp(grid[21 + line, :, 1]) == 0


@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize("seed", range(5))
def test_every_plane_has_the_coarsest_round_grid_of_20_lines(name, seed):
    data = DATASETS[name].make(np.random.default_rng(seed), points=100)
    x, y = steps_of(input_grid(data.bounds))
    step = x[1] - x[0]
    np.testing.assert_allclose([*np.diff(x), *np.diff(y)], step, rtol=1e-4)
    assert float(f"{step:.3e}"[0]) in (1, 2, 5)
    np.testing.assert_allclose(np.round(x / step), x / step, atol=1e-3)
    assert min(len(x), len(y)) >= 20
    coarser = step * {1: 2, 2: 2.5, 5: 2}[int(f"{step:.3e}"[0])]
    (x0, x1), (y0, y1) = data.bounds
    assert min(x1 - x0, y1 - y0) * 1.05 / 1.1 / coarser < 20  # it would have fewer than 21
    for places, (low, high) in zip((x, y), data.bounds, strict=True):
        assert low < places[0] < places[-1] < high


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 7.0, 1e9, 1e30])
def test_a_plane_of_any_size_has_between_20_and_60_lines_each_way(scale):
    for ratio in (1.0, 1.3, 2.0):
        x, y = steps_of(input_grid(scale * np.array([[-1.0, 1.0], [0.5, 0.5 + ratio]])))
        assert 20 <= min(len(x), len(y)) <= 60


def test_a_plane_without_extent_and_a_line_have_a_grid_that_can_be_drawn():
    assert np.isfinite(input_grid(np.array([[1.0, 1.0], [2.0, 2.0]]))).all()
    assert input_grid(np.array([[-1.0, 1.0]])).shape == (0, 100, 1)


def test_the_gap_is_to_the_next_line_of_the_same_direction():
    """As many upright lines as there are, however many level ones follow."""
    grid = input_grid(np.array([[-1.1, 1.1], [-2.2, 2.2]]))
    count = upright_lines(grid)
    assert 2 * count < len(grid)
    np.testing.assert_allclose(gap(grid, count), 0.1, atol=1e-5)
