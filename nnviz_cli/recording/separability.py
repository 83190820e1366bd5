"""Whether a line, a plane or a hyperplane separates the classes in a layer, and by how much.

NumPy for most frames; linear programs, by SciPy, where that is not enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Scores = tuple[Array, Array]

MARGIN = 0.01  # of the data's extent, that every point must be away from the boundary
ALMOST = 0.999  # of the margin is enough for points that are not in the linear program
SURE = 1e-4  # share of the extent by which the search over directions may be wrong
WORST = 40  # points that join a linear program at first; then twice as many each time
AROUND = np.arange(36) * np.pi / 18  # directions that are tried first in a plane
CLOSER = (0.2, 0.02, 0.002)  # radians to either side of the best direction, one after the other
TINY = 1e-6  # of the data's extent
MOST_LOOKS = 500  # frames that are checked, evenly spaced; then those before the first success
MOST_VALUES = 20_000_000  # points times units; larger layers are not checked
MOST_WORK = 5_000_000  # cells of linear programs per film: some 3 s
PASS = 100  # products of points and scores that take as long as one cell


@dataclass(frozen=True)
class Onset:
    """From which frame on something holds."""

    first: int | None  # the first frame at which it holds
    lasting: int | None  # the first frame from which it holds to the end

    @classmethod
    def of(cls, holds: Sequence[bool] | Array) -> Self:
        """From whether it holds at each frame (frames,)."""
        flags = np.asarray(holds, bool)
        if not flags.any():
            return cls(None, None)
        fails = np.flatnonzero(~flags)
        lasting = int(fails[-1]) + 1 if len(fails) else 0
        return cls(int(flags.argmax()), lasting if lasting < len(flags) else None)


def separable(points: Array, labels: Array) -> bool:
    """Whether affine scores, one per class, are right about all points (n, units) with a margin.

    Every point must be at least `MARGIN` away from where the answer changes, in units of the
    data's extent along each axis (the distance is the sum over the axes). A linear program
    for the widest margin, over those points that matter: while it holds for them, the points
    with the smallest margin join, until all have enough. Both answers are exact: a subset
    without the margin proves it for all points, and scores that give it to all points prove
    the opposite. Kesler's construction for several classes; see R. Duda and P. Hart, "Pattern
    Classification", 1973.
    """
    return Separator(labels).separates(points)


def separable_onset(activation: Any, labels: Array) -> Onset:
    """When the classes are linearly separable, over (frames, n, units).

    The cost is bounded, by counts so that the result does not depend on the machine: in a
    long film a moment between two checked frames is missed, and in a hard one everything.
    """
    separator = Separator(labels, MOST_WORK)
    frames, points, units = len(activation), len(labels), np.shape(activation[0])[1]
    if len(separator.classes) < 2 or points * units > MOST_VALUES:
        return Onset(None, None)

    def holds(frame: int) -> bool:
        return separator.separates(activation[frame])

    stride = -(-frames // MOST_LOOKS)
    first = next((frame for frame in range(0, frames, stride) if holds(frame)), None)
    if first is None:
        return Onset(None, None)
    before = range(max(0, first - stride + 1), first)
    first = next((frame for frame in before if holds(frame)), first)
    lasting = None
    for frame in range(frames - 1, first, -stride):
        if not holds(frame):
            return Onset(first, lasting)
        lasting = frame
    return Onset(first, first)


class Separator:
    """Keeps from one frame to the next the points that were hard to separate."""

    def __init__(self, labels: Array, work: float = np.inf) -> None:
        """`work` is how many cells of linear programs may be solved; then nothing separates."""
        self._work = work
        self.classes, self._labels = np.unique(labels, return_inverse=True)
        self._groups = [np.flatnonzero(self._labels == k) for k in self._all()]
        self._few = [group[:: 1 + len(group) // 300] for group in self._groups]
        pairs = [(i, k) for few in self._few for i in few[::10] for k in self._all()]
        self._hard = {(int(i), k) for i, k in pairs if k != self._labels[i]}

    def _all(self) -> range:
        return range(len(self.classes))

    def separates(self, points: Array) -> bool:
        """Whether the classes of these points are separable; see `separable`."""
        return self.scores(points) is not None

    def scores(self, points: Array) -> Scores | None:
        """Kernel (units, classes) and bias (classes,) of scores that separate points (n, units)."""
        points = np.asarray(points, float)  # an extent of 6e38 fits
        low, high = points.min(axis=0), points.max(axis=0)
        middle, extent = (low + high) / 2, np.where(high > low, high - low, 1)
        found = self._scaled_scores((points - middle) / extent)
        if found is None:
            return None
        kernel, bias = found[:-1] / extent[:, None], found[-1]
        return kernel, bias - middle @ kernel

    def _scaled_scores(self, points: Array) -> Array | None:
        """Scores (units + 1, classes) for points whose axes reach from -1/2 to 1/2."""
        if points.shape[1] == len(self.classes) == 2:
            found = self._search(points)
            if found is not None:
                return found if len(found) else None
        # the weights of two scores differ by 2 at most, over an extent of 1
        enough = 2 * MARGIN
        places = np.column_stack([points, np.ones(len(points))])
        for turn in count():
            cells = len(self._hard) * places.shape[1] * len(self.classes)
            self._work -= cells + places.size * len(self.classes) // PASS
            if self._work < 0:
                return None
            scores, margin, tight = self._widest(places)
            close = set()
            if margin >= enough:
                close = self._closest(places @ scores, ALMOST * enough, WORST << turn)
            if not close:
                self._hard = tight
                return scores if margin >= enough else None
            self._hard |= close
        raise AssertionError("all points have joined")

    def _search(self, points: Array) -> Array | None:
        """Two classes in a plane: scores (3, 2), or none (0, 2) if the classes are not separable.

        None if the margin is within `SURE` of `MARGIN`, and so not known.

        Nearly all frames need no linear program then, and most films not SciPy, whose import
        takes 0.3 s. A point of one class between points of the other proves that no line
        separates them. Over directions the margin has one peak, which is searched for.
        """
        angles, chosen, widest = AROUND, self._few, -np.inf
        for closer in (*CLOSER, 0.0):
            classes = [points[members] for members in chosen]
            normals = np.column_stack([np.cos(angles), np.sin(angles)])
            along = [normals @ each.T for each in classes]
            outline = [each[far.argmax(axis=1)] for each, far in zip(classes, along, strict=True)]
            for polygon, other in zip(outline, (1, 0), strict=True):
                middle = classes[other].mean(axis=0, keepdims=True)
                if _holds(polygon, middle) or _holds(polygon, outline[other]):
                    return np.empty((0, 2))
            near, far = along[0].min(axis=1), along[1].max(axis=1)
            margins = (near - far) / 2 / np.abs(normals).max(axis=1)
            best = margins.argmax()
            widest = float(margins[best])
            if chosen is self._groups and widest >= MARGIN + SURE:
                line = [*normals[best], -(near[best] + far[best]) / 2]
                return np.column_stack([line, np.zeros(3)])
            around = angles[best] + np.linspace(-closer, closer, 21)
            angles, chosen = np.sort(np.append(AROUND, around)), self._groups
        return np.empty((0, 2)) if 0 < widest < MARGIN - SURE else None

    def _widest(self, places: Array) -> tuple[Array, float, set[tuple[int, int]]]:
        """Scores (units + 1, classes) of the widest margin for the hard points; it; the hardest."""
        from scipy.optimize import linprog

        hard = np.array(sorted(self._hard))
        members, others = hard[:, 0], hard[:, 1]
        width, classes = places.shape[1], len(self.classes)
        rows = np.zeros((len(hard), classes, width))
        every = np.arange(len(hard))
        rows[every, self._labels[members]] = -places[members]
        rows[every, others] += places[members]
        table = np.column_stack([rows.reshape(len(hard), -1), np.ones(len(hard))])
        objective = np.zeros(table.shape[1])
        objective[-1] = -1
        weights: list[tuple[float | None, float | None]] = [(-1, 1)] * (width - 1)
        biases = [(0, 0), *[(None, None)] * (classes - 1)]  # only their differences matter
        bounds = [bound for bias in biases for bound in (*weights, bias)] + [(0, None)]
        # the simplex method takes minutes for programs as degenerate as these
        found = linprog(objective, table, np.zeros(len(hard)), bounds=bounds, method="highs-ipm")
        if found.status != 0:
            return np.zeros((width, classes)), 0.0, self._hard
        tight = table @ found.x > -0.5 * max(found.x[-1], TINY)  # or nearly
        hardest = {(int(i), int(k)) for i, k in hard[tight]}
        return found.x[:-1].reshape(classes, width).T, float(found.x[-1]), hardest

    def _closest(self, scores: Array, enough: float, most: int) -> set[tuple[int, int]]:
        """Points whose own score (n, classes) leads by too little, and over what; the worst few."""
        every = np.arange(len(scores))
        own = scores[every, self._labels]
        scores[every, self._labels] = -np.inf
        other = scores.argmax(axis=1)
        lead = own - scores[every, other]
        close = np.flatnonzero(lead < enough)
        if len(close) > most:
            close = close[np.argpartition(lead[close], most)[:most]]
        return {(int(i), int(other[i])) for i in close}


def _holds(polygon: Array, points: Array) -> bool:
    """Whether one of the points (n, 2) lies inside a convex polygon (corners, 2), anticlockwise."""
    edges = np.roll(polygon, -1, axis=0) - polygon
    real = np.abs(edges).max(axis=1) > 0
    edges, corners = edges[real], polygon[real]
    away = points[:, None] - corners
    left = edges[:, 0] * away[..., 1] - edges[:, 1] * away[..., 0]
    inside = (left > TINY * np.ptp(polygon, axis=0).max() ** 2).all(axis=1)
    return len(edges) > 2 and bool(inside.any())
