"""Geometry of the space of a layer: where scores are equal, how it is seen; NumPy alone.

Scores are those of `Recording.scores`: `points @ kernel + bias`, of which the greatest wins.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Range = tuple[float, float]

POOLED = (40, 2000)  # frames, points by which the widest directions are found
NEARNESS = 0.16  # how much nearer things look larger
ELEVATION = 20.0  # degrees, of the camera


def borders(kernel: Array, bias: Array, x_range: Range, y_range: Range) -> list[Array]:
    """Where the two greatest scores are equal in a plane: segments (2, 2) inside a box."""
    found = []
    for i, j, a, c in _pairs(kernel, bias):
        ends = clip_line(a[0], a[1], c, x_range, y_range)
        for k in range(len(bias)):
            if len(ends) and k not in (i, j):
                ends = _cut(ends, kernel[:, i] - kernel[:, k], bias[i] - bias[k])
        if len(ends):
            found.append(ends)
    return found


def faces(kernel: Array, bias: Array, half: float) -> list[Array]:
    """Where the two greatest scores are equal in a cube of half a side around 0: polygons."""
    walls = [(sign * axis, half) for axis in np.eye(3) for sign in (1.0, -1.0)]
    found = []
    for i, j, a, c in _pairs(kernel, bias):
        length = np.linalg.norm(a)
        if not np.isfinite(length) or length == 0:
            continue
        polygon = _square(a / length, float(c / length), 4 * half)
        others = [
            (kernel[:, i] - kernel[:, k], bias[i] - bias[k])
            for k in range(len(bias))
            if k not in (i, j)
        ]
        for normal, shift in (*walls, *others):
            polygon = _cut(polygon, normal, shift)
        if len(polygon) > 2:
            found.append(polygon)
    return found


def _pairs(kernel: Array, bias: Array) -> Iterator[tuple[int, int, Array, float]]:
    """Each pair of classes, and a·x + c, which is 0 where their scores are equal."""
    for i, j in combinations(range(len(bias)), 2):
        yield i, j, kernel[:, j] - kernel[:, i], bias[j] - bias[i]


def _square(normal: Array, shift: float, half: float) -> Array:
    """A square in the plane normal·x + shift = 0, around the point nearest to 0, (4, 3)."""
    across = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    across /= np.linalg.norm(across)
    along = np.cross(normal, across)
    corners = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * half
    square: Array = -shift * normal + corners @ np.array([across, along])
    return square


def _cut(polygon: Array, normal: Array, shift: float) -> Array:
    """The part of a convex polygon, or of a segment, where normal·x + shift >= 0.

    Sutherland and Hodgman, "Reentrant polygon clipping", 1974.
    """
    if not len(polygon):
        return polygon
    values = polygon @ normal + shift
    kept = []
    closed = len(polygon) > 2
    for i, value in enumerate(values):
        if value >= 0:
            kept.append(polygon[i])
        j = (i + 1) % len(polygon)
        if (value >= 0) != (values[j] >= 0) and (closed or j):
            kept.append(polygon[i] + (polygon[j] - polygon[i]) * value / (value - values[j]))
    return np.array(kept) if len(kept) > 1 else np.empty((0, polygon.shape[1]))


def clip_line(
    a: float, b: float, c: float, x_range: tuple[float, float], y_range: tuple[float, float]
) -> Array:
    """The part of a·x + b·y + c = 0 inside a box: its two ends (2, 2), or none (0, 2).

    Each edge of the box is asked where the sign of a·x + b·y + c changes along it, so no
    direction of the line is special: b may be 0, and a.
    """
    (x0, x1), (y0, y1) = x_range, y_range
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
    scale = max(abs(a), abs(b), abs(c))
    if not np.isfinite(scale) or scale == 0:
        return np.empty((0, 2))
    values = corners @ np.array([a / scale, b / scale]) + c / scale
    ends = [
        corners[i] + (corners[i + 1] - corners[i]) * (values[i] / (values[i] - values[i + 1]))
        for i in range(4)
        if (values[i] >= 0) != (values[i + 1] >= 0)
    ]
    return np.array(ends) if len(ends) == 2 else np.empty((0, 2))


def widest(
    activation: Array, fixed: Array | None = None, count: int = 2
) -> tuple[Array, Array, float]:
    """The directions, two or `count`, in which activations (frames, points, units) spread most.

    Principal components, pooled over all frames. With a `fixed` first direction (units,) the
    second is the widest of those at right angles to it. Gives the middle (units,), the
    directions (units, count), and the share of the variance that they show.
    """
    frames, points = activation.shape[:2]
    every = np.unique(np.linspace(0, frames - 1, POOLED[0]).astype(int))
    stride = max(1, points // POOLED[1])
    pooled = np.concatenate([activation[frame][::stride] for frame in every]).astype(float)
    middle = pooled.mean(axis=0)
    covariance = np.cov((pooled - middle).T)
    if fixed is None or not np.linalg.norm(fixed):
        directions = np.linalg.eigh(covariance)[1][:, : -count - 1 : -1]
    else:
        first = fixed / np.linalg.norm(fixed)
        away = np.eye(len(first)) - np.outer(first, first)
        second = np.linalg.eigh(away @ covariance @ away)[1][:, -1]
        directions = np.stack([first, second], axis=1)
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    directions = directions * signs  # or a film may be mirrored
    shown = np.einsum("ik,ij,jk", directions, covariance, directions)
    return middle, directions, float(shown / max(np.trace(covariance), 1e-30))


def turned(azimuth: float, elevation: float = ELEVATION) -> Array:
    """The camera's axes as columns (3, 3): right, up, towards the eye; degrees.

    From an azimuth of -90 and an elevation of 90 degrees a plane is seen as on paper.
    """
    a, e = np.radians(azimuth), np.radians(elevation)
    right = (-np.sin(a), np.cos(a), 0)
    up = (-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e))
    eye = (np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e))
    return np.array([right, up, eye]).T


def seen(places: Array, camera: Array) -> tuple[Array, Array]:
    """Places (…, 3) in a cube around 0 on the picture (…, 2), and how near they are (…)."""
    turned_places = places @ camera.astype(places.dtype)
    near = turned_places[..., 2]
    return turned_places[..., :2] / (1 - NEARNESS * near)[..., None], near
