"""From the identity to a matrix without collapsing space: mirror, rotation, stretch.

A kernel W (n, m) takes rows x to x @ W. Its polar decomposition W = Q S has a Q that keeps
lengths and a symmetric S with no negative factor (Higham, "Computing the polar
decomposition – with applications", 1986). The straight line (1 - t) I + t W is singular on
its way wherever W has a negative eigenvalue; here each part is a motion of its own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SINGULAR = 1e-9  # of the greatest factor; a direction that is crushed has no orientation


@dataclass(frozen=True)
class Turn:
    """A rotation of k dimensions as turns in planes at right angles to each other."""

    basis: Array  # (k, k), orthonormal columns; the first two span a plane, the next two, …
    angles: Array  # (planes,), radians

    def at(self, t: float) -> Array:
        """The part t of the way, (k, k): a rotation too."""
        block = np.eye(len(self.basis))
        for plane, angle in enumerate(self.angles):
            i, c, s = 2 * plane, np.cos(t * angle), np.sin(t * angle)
            block[i : i + 2, i : i + 2] = [[c, s], [-s, c]]
        turned: Array = self.basis @ block @ self.basis.T
        return turned

    @property
    def widest(self) -> float:
        """The greatest angle, in degrees."""
        return float(np.degrees(np.abs(self.angles).max(initial=0.0)))


@dataclass(frozen=True)
class Stretch:
    """Factors along directions at right angles to each other."""

    directions: Array  # (m, r), orthonormal columns
    factors: Array  # (r,), none negative

    def at(self, t: float) -> Array:
        """The part t of the way, (m, m): each factor to the power t; 0 is reached evenly."""
        alive = self.factors > 0
        powers = np.where(alive, np.where(alive, self.factors, 1.0) ** t, 1.0 - t)
        directions = self.directions
        part: Array = np.eye(len(directions)) + (directions * (powers - 1)) @ directions.T
        return part


@dataclass(frozen=True)
class Path:
    """The motions that make a matrix (n, m), in a space of k = max(n, m) dimensions and one more.

    A mirror turns the space over in a plane with the dimension k, which nothing else uses:
    what cannot be done within n dimensions is a half turn in n + 1. Then the rotation; then
    only the first m dimensions are kept; then the stretch.
    """

    mirror: Turn | None
    rotation: Turn
    outputs: int
    stretch: Stretch

    @property
    def rigid(self) -> Array:
        """What mirror and rotation come to, (k + 1, k + 1)."""
        turned = self.rotation.at(1.0)
        return self.mirror.at(1.0) @ turned if self.mirror else turned

    def matrix(self) -> Array:
        """What it all comes to, (n, m) with rows of 0 up to k + 1."""
        whole: Array = self.rigid[:, : self.outputs] @ self.stretch.at(1.0)
        return whole


def path(kernel: Array) -> Path:
    """The motions from the identity to a kernel (n, m)."""
    kernel = np.asarray(kernel, float)
    n, m = kernel.shape
    k = max(n, m)
    u, factors, vt = np.linalg.svd(kernel, full_matrices=False)
    square = n == m
    if square and factors[-1] <= SINGULAR * factors[0] and np.linalg.det(u @ vt) < 0:
        u[:, -1] *= -1
    rigid = u @ vt  # (n, m)
    mirror = None
    if square and np.linalg.det(rigid) < 0:
        normal = np.linalg.svd(rigid + np.eye(n))[2][-1]  # rigid turns it over: eigenvalue -1
        rigid = rigid - 2 * np.outer(normal, normal @ rigid)
        mirror = _half_turn(normal, k + 1)
    elif n < m:
        rigid = completed(rigid)
    elif n > m:
        rigid = completed(rigid.T).T
    whole = np.eye(k + 1)
    whole[:k, :k] = rigid
    return Path(mirror, turn(whole), m, Stretch(vt.T, factors))


def completed(rows: Array) -> Array:
    """Orthonormal rows (n, k) with k - n more, to a rotation (k, k) that is near the identity."""
    n = len(rows)
    free = np.linalg.svd(rows)[2][n:]  # (k - n, k), all that is left
    left, _, right = np.linalg.svd(free[:, n:])
    more = (left @ right).T @ free
    whole = np.concatenate([rows, more])
    if np.linalg.det(whole) < 0:
        left[:, -1] *= -1
        whole = np.concatenate([rows, (left @ right).T @ free])
    return whole


def turn(rotation: Array) -> Turn:
    """The planes and angles of a rotation (k, k) that acts on rows, by its real Schur form."""
    from scipy.linalg import schur

    form, basis = schur(rotation.T, output="real")  # acts on columns
    pairs, alone, angles = [], [], []
    i = 0
    while i < len(form):
        if i + 1 < len(form) and abs(form[i + 1, i]) > 1e-10:
            pairs.append((i, i + 1))
            angles.append(np.arctan2(form[i + 1, i], form[i, i]))
            i += 2
        else:
            alone.append(i)
            i += 1
    turned = [i for i in alone if form[i, i] < 0]  # an even number: two make half a turn
    rest = [i for i in alone if form[i, i] >= 0]
    pairs += list(zip(turned[::2], turned[1::2], strict=True))
    angles += [np.pi] * (len(turned) // 2)
    order = [i for pair in pairs for i in pair] + rest
    return Turn(basis[:, order], np.array(angles))


def _half_turn(normal: Array, k: int) -> Turn:
    """Half a turn in the plane of a direction (n,) and the last of k dimensions."""
    rows = np.zeros((2, k))
    rows[0, : len(normal)], rows[1, -1] = normal, 1.0
    rest = np.linalg.svd(rows)[2][2:]
    return Turn(np.concatenate([rows, rest]).T, np.array([np.pi]))
