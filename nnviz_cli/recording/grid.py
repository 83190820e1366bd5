"""Lines and points over the input plane, at which a network is evaluated."""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.data.dataset import MARGIN

Array = NDArray[Any]

INSIDE = (1 + MARGIN) / 2 / MARGIN  # of the bounds, where there are lines
LEAST_LINES = 20  # in each direction
POINTS = 100  # on each line
DIGITS = (5, 2, 1)  # of a step, with a power of ten
SLACK = 1e-6  # of a step, by which an end may be missed


def input_grid(bounds: Array) -> Array:
    """Lines over the input plane (lines, points, 2): x constant, then y; none for other inputs.

    They lie at the multiples of a step, the same in both directions, within the bounds less half of
    their margin. The step is the largest of 1, 2 and 5 times a power of ten that gives at least 20
    lines in each direction. Around data from -1 to 1 these are 21 lines, 0.1 apart. Each line runs
    from the first to the last line of the other direction.
    """
    if len(bounds) != 2:
        return np.zeros((0, POINTS, len(bounds)), np.float32)
    middle, half = bounds.mean(axis=1), np.diff(bounds)[:, 0].astype(float) / 2 * INSIDE
    places = _multiples(middle - half, middle + half)
    x, y = (np.linspace(each[0], each[-1], POINTS) for each in places)
    upright = [np.stack([np.full(POINTS, at), y], axis=1) for at in places[0]]
    level = [np.stack([x, np.full(POINTS, at)], axis=1) for at in places[1]]
    return np.array(upright + level, np.float32)


def _multiples(low: Array, high: Array) -> list[Array]:
    """Multiples of one step in two ranges, at least 20 in the shorter one."""
    shorter = float((high - low).min())
    if not shorter > 0:
        return [np.full(LEAST_LINES, each) for each in low]
    power = int(np.floor(np.log10(shorter)))
    for exponent, digit in product((power, power - 1, power - 2, power - 3), DIGITS):
        step = digit * 10.0**exponent
        first, last = np.ceil(low / step - SLACK), np.floor(high / step + SLACK)
        if (last - first + 1 >= LEAST_LINES).all():
            # dividing by a whole number keeps 0.3 from being 0.30000000000000004
            whole = 1 / step if exponent < 0 else step
            return [
                np.arange(a, b + 1) / whole if exponent < 0 else np.arange(a, b + 1) * whole
                for a, b in zip(first, last, strict=True)
            ]
    raise AssertionError("a hundredth of the range gives enough lines")


def input_mesh(bounds: Array, columns: int, rows: int) -> Array:
    """Even points over the input plane (rows, columns, 2); none for other inputs."""
    if len(bounds) != 2:
        return np.zeros((0, 0, len(bounds)), np.float32)
    (x0, x1), (y0, y1) = bounds
    x = np.linspace(x0, x1, columns, dtype=np.float32)
    y = np.linspace(y0, y1, rows, dtype=np.float32)
    return np.stack(np.meshgrid(x, y), axis=2)


def widened(bounds: Array, reach: tuple[float, float]) -> Array:
    """Bounds of a plane (2, 2) grown around their middle; others as they are."""
    if len(bounds) != 2:
        return bounds
    middle, half = bounds.mean(axis=1), np.diff(bounds)[:, 0] / 2 * np.asarray(reach)
    grown: Array = np.stack([middle - half, middle + half], axis=1).astype(np.float32)
    return grown


def upright_lines(grid: Array) -> int:
    """How many of a grid's lines have x constant; they come first."""
    return int((np.ptp(grid[..., 0], axis=1) == 0).sum())
