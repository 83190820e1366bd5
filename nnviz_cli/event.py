"""What happened in a run: computed from its numbers, told in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.shape import Shape

if TYPE_CHECKING:
    from nnviz_cli.recording import Recording

Array = NDArray[Any]

ACCURACIES = (0.9, 0.99, 1.0)
DIVERGED = "the loss is no longer a number"
PLATEAU = (0.2, 0.02, 0.1)  # of the frames at least, of the fall at most, of the fall to come
FEW = 4  # units that are told by their numbers
WORST = 40  # points that join a linear program at first; then twice as many each time
AROUND = np.arange(36) * np.pi / 18  # directions from which a plane is looked at
CLOSER = (0.2, 0.02, 0.002)  # radians to either side of the best direction, in as many looks
TINY = 1e-6  # a margin in parts of the data's reach; the solver is sure to a tenth of it
MOST_LOOKS = 500  # at frames, evenly; then at those before the first that is separable
MOST_VALUES = 20_000_000  # points times units; more are not looked at
MOST_WORK = 5_000_000  # cells of linear programs in one film: some 3 s
PASS = 100  # products of points and scores that take as long as one cell


@dataclass(frozen=True)
class Event:
    """Something that is first so at a frame."""

    frame: int
    words: str
    reached: bool = False  # a training is after this


def events(recording: "Recording", dataset: str = "") -> list[Event]:
    """Everything worth telling of a run, in its order."""
    facts = recording.facts
    found = [*_accuracies(recording), *_plateau(recording), *_dead(recording)]
    if facts.task != "regression":
        labels = recording.y[:, 0].astype(int)
        frame = first_separable(recording.probed.activation, labels)
        if frame is not None:
            those = f"the {dataset}" if dataset.endswith("s") else "the classes"
            start = " from the start" if frame == 0 else ""
            where = facts.called(facts.probe)
            words = f"{those} are linearly separable in {where}{start}"
            found.append(Event(frame, words, reached=True))
    if facts.diverged is not None:
        found.append(Event(recording.held, f"diverged: {DIVERGED}"))
    return sorted(found, key=lambda event: event.frame)


def topology(shape: Shape, dataset: str, activations: Sequence[str]) -> str:
    """What no training can do, told before it; or ''.

    Layers of two units bend a plane, and at best fold it: they cannot lift one ring out of
    the other. C. Olah, "Neural Networks, Manifolds, and Topology", 2014; for any continuous
    activation J. Johnson, "Deep, Skinny Neural Networks are not Universal Approximators",
    2019: regions that such networks tell apart from the rest are not bounded.
    """
    hidden = shape.units[1:-1]
    if dataset != "rings" or not hidden or max(hidden) > 2:
        return ""
    if not set(activations[:-1]) <= MONOTONE:
        return ""
    return "no hidden layer is wider than 2: a plane can be bent, but no ring lifted out of another"


# continuous and nowhere falling, which the theorem asks for
MONOTONE = {
    *("tanh", "sigmoid", "relu", "linear", "elu", "selu", "leaky_relu", "softplus"),
    *("softsign", "hard_sigmoid", "hard_tanh", "relu6", "exponential", "log_sigmoid"),
}


def separable(points: Array, labels: Array) -> bool:
    """Whether affine scores, one for each class, can be right about all points (n, units).

    A linear program for the widest margin, over those points that matter: while it holds for
    them, the points that are worst off join, until none is wrong. Both answers are exact: a
    subset that cannot be separated proves it for all, and scores that are right about all
    points prove the opposite. Kesler's construction for several classes; see R. Duda and
    P. Hart, "Pattern Classification", 1973.
    """
    return _Separator(labels).separates(points)


def first_separable(activation: Any, labels: Array) -> int | None:
    """The first frame of (frames, n, units) at which the classes are linearly separable.

    What it costs is bounded, by counts so that it does not depend on the machine: of a long
    film a moment between two looks is missed, and of a hard one everything.
    """
    separator = _Separator(labels, MOST_WORK)
    frames, points, units = len(activation), len(labels), np.shape(activation[0])[1]
    if len(separator.classes) < 2 or points * units > MOST_VALUES:
        return None
    stride = -(-frames // MOST_LOOKS)
    for frame in range(0, frames, stride):
        if separator.separates(activation[frame]):
            before = range(max(0, frame - stride + 1), frame)
            earlier = (each for each in before if separator.separates(activation[each]))
            return next(earlier, frame)
    return None


class _Separator:
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
        """Whether the classes of these points can be told apart; see `separable`."""
        points = np.asarray(points, float)  # the reach of 3e38 fits
        if points.shape[1] == len(self.classes) == 2:
            seen = self._glance(points)
            if seen is not None:
                return seen
        reach = np.abs(points - points.mean(axis=0)).max(axis=0)
        points = (points - points.mean(axis=0)) / np.where(reach > 0, reach, 1)
        places = np.column_stack([points, np.ones(len(points))])
        for turn in count():
            cells = len(self._hard) * places.shape[1] * len(self.classes)
            self._work -= cells + places.size * len(self.classes) // PASS
            if self._work < 0:
                return False
            scores, margin, tight = self._widest(places)
            wrong = self._worst(places @ scores, WORST << turn) if margin > TINY else set()
            if not wrong:
                self._hard = tight
                return margin > TINY
            self._hard |= wrong
        raise AssertionError("all points have joined")

    def _glance(self, points: Array) -> bool | None:
        """Two classes in a plane: the answer, unless they all but touch.

        Nearly all frames need no linear program then, and most films not SciPy, whose import
        takes 0.3 s. A point of one class between points of the other proves that no line parts
        them; a direction in which all of one come before all of the other proves that one does.
        """
        angles, chosen = AROUND, self._few
        for closer in CLOSER:
            classes = [points[members] for members in chosen]
            looks = np.column_stack([np.cos(angles), np.sin(angles)])
            along = [looks @ each.T for each in classes]
            outline = [each[far.argmax(axis=1)] for each, far in zip(classes, along, strict=True)]
            for polygon, other in zip(outline, (1, 0), strict=True):
                middle = classes[other].mean(axis=0, keepdims=True)
                if _holds(polygon, middle) or _holds(polygon, outline[other]):
                    return False
            best = (along[0].min(axis=1) - along[1].max(axis=1)).argmax()
            far = points @ looks[best]
            gap = far[self._labels == 0].min() - far[self._labels == 1].max()
            if gap > TINY * np.ptp(far):
                return True
            near = angles[best] + np.linspace(-closer, closer, 21)
            angles, chosen = np.sort(np.append(AROUND, near)), self._groups
        return None

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
        bounds = [(-1, 1)] * (classes * width) + [(0, None)]
        # the simplex method takes minutes for programs as degenerate as these
        found = linprog(objective, table, np.zeros(len(hard)), bounds=bounds, method="highs-ipm")
        if found.status != 0:
            return np.zeros((width, classes)), 0.0, self._hard
        tight = table @ found.x > -0.5 * max(found.x[-1], TINY)  # or nearly
        hardest = {(int(i), int(k)) for i, k in hard[tight]}
        return found.x[:-1].reshape(classes, width).T, float(found.x[-1]), hardest

    def _worst(self, scores: Array, most: int) -> set[tuple[int, int]]:
        """Points whose own score (n, classes) is not the greatest, and what is; the worst few."""
        every = np.arange(len(scores))
        own = scores[every, self._labels]
        scores[every, self._labels] = -np.inf
        other = scores.argmax(axis=1)
        margin = own - scores[every, other]
        wrong = np.flatnonzero(margin <= 0)
        if len(wrong) > most:
            wrong = wrong[np.argpartition(margin[wrong], most)[:most]]
        return {(int(i), int(other[i])) for i in wrong}


def _holds(polygon: Array, points: Array) -> bool:
    """Whether one of the points (n, 2) lies inside a convex polygon (corners, 2), anticlockwise."""
    edges = np.roll(polygon, -1, axis=0) - polygon
    real = np.abs(edges).max(axis=1) > 0
    edges, corners = edges[real], polygon[real]
    away = points[:, None] - corners
    left = edges[:, 0] * away[..., 1] - edges[:, 1] * away[..., 0]
    inside = (left > TINY * np.ptp(polygon, axis=0).max() ** 2).all(axis=1)
    return len(edges) > 2 and bool(inside.any())


def _accuracies(recording: "Recording") -> Iterator[Event]:
    """When the accuracy first reached something; only the highest of one frame."""
    values = np.asarray(recording.history.get("accuracy", []))
    reached = [
        (int(np.argmax(values >= least)), least)
        for least in ACCURACIES
        if len(values) and values[0] < least <= values.max()
    ]
    for frame, same in groupby(reached, key=lambda each: each[0]):
        least = max(least for _, least in same)
        over = "accuracy" if least == 1 else "accuracy over"
        yield Event(frame, f"{over} {100 * least:g} %", reached=True)


def _plateau(recording: "Recording") -> Iterator[Event]:
    """The longest stretch in which the loss hardly falls, if it falls again after it."""
    loss = np.asarray(recording.history["loss"], float)[: recording.held]
    least, still, again = PLATEAU
    fall = loss.max() - loss.min() if len(loss) else 0.0
    window = int(np.ceil(least * len(loss)))
    if window < 5 or not np.isfinite(fall) or fall <= 0:
        return
    for start in range(len(loss) - window):
        end = start + window
        flat = np.ptp(loss[start : end + 1]) < still * fall
        if flat and loss[end] - loss[end:].min() > again * fall:
            yield Event(start, "a plateau: the loss hardly falls")
            return


def _dead(recording: "Recording") -> Iterator[Event]:
    """From when on units of the probed layer answer the same to everything; together, if many."""
    look, facts = recording.probed, recording.facts
    alive = np.array([look.alive(frame) for frame in range(recording.frames)])
    died: dict[int, list[str]] = {}
    for unit in np.flatnonzero(~alive[-1]):
        frame = int(np.flatnonzero(alive[:, unit])[-1]) + 1 if alive[:, unit].any() else 0
        died.setdefault(frame, []).append(str(unit + 1))
    where = facts.called(facts.probe)
    for frame, names in died.items():
        if len(names) == 1:
            yield Event(frame, f"unit {names[0]} of {where} answers the same to everything")
        elif len(names) <= FEW:
            those = f"{', '.join(names[:-1])} and {names[-1]}"
            yield Event(frame, f"units {those} of {where} answer the same to everything")
        else:
            yield Event(frame, f"{len(names)} units of {where} answer the same to everything")
