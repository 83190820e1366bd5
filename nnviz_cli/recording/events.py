"""The events of a run, computed from its numbers, as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.recording.decision import output_range
from nnviz_cli.recording.separability import Onset, separable_onset
from nnviz_cli.recording.shape import Shape

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

Array = NDArray[Any]

DIVERGED = "the loss is NaN or infinite"
ACCURACIES = {90: 10, 99: 100}  # percent: wrong points times this are at most all points
SEPARATED = "accuracy 100 %: every training point is classified correctly"
PLATEAU = 0.2  # of the frames, that a plateau lasts at least
SMALL = (0.02, 0.01)  # of the whole fall, of the loss itself: changes on a plateau are smaller
FALLS_AGAIN = 5  # such changes, that the loss falls by after a plateau
SMOOTH = 5  # frames of the running median in which plateaus are detected
LEARNT = 0.1  # of the error of the best constant answer; below, there is little left to learn
SATURATED = (1e-3, 1e-6)  # of an output's range, from its ends; of the loss, by which it changes
FEW = 4  # units that are named by their numbers


@dataclass(frozen=True)
class Event:
    """Something that holds from a frame on."""

    frame: int
    words: str
    reached: bool = False  # a goal of the training


def events(recording: "Recording", separators: Sequence[int] = ()) -> list[Event]:
    """The events that a film shows as captions, in order.

    Separability is reported for `separators` only: layers whose separating line is drawn.
    """
    facts = recording.facts
    found = [*_plateau(recording), *_dead(recording), *_saturated(recording)]
    if facts.classes:
        found += _accuracies(recording)
        for layer in separators:
            found += _separable(recording, layer)
    if facts.diverged is not None:
        found.append(Event(recording.held, f"diverged: {DIVERGED}"))
    return sorted(found, key=lambda event: event.frame)


def topology(shape: Shape, activations: Sequence[str], *, nested: bool) -> str:
    """Why no training can separate the classes, or ''; known before training.

    Layers of two units bend a plane, and at best fold it: they cannot lift one ring out of
    the other. C. Olah, "Neural Networks, Manifolds, and Topology", 2014; for any continuous
    activation J. Johnson, "Deep, Skinny Neural Networks are not Universal Approximators",
    2019: decision regions of such networks are unbounded.
    """
    hidden = shape.units[1:-1]
    if not nested or not hidden or max(hidden) > 2:
        return ""
    if not set(activations[:-1]) <= MONOTONE:
        return ""
    return "no hidden layer has more than 2 units, so one ring cannot be separated from the other"


# continuous and nowhere falling, which the theorem asks for
MONOTONE = {
    *("tanh", "sigmoid", "relu", "linear", "elu", "selu", "leaky_relu", "softplus"),
    *("softsign", "hard_sigmoid", "hard_tanh", "relu6", "exponential", "log_sigmoid"),
}


def separated(recording: "Recording") -> Onset:
    """When every training point is classified correctly."""
    if not recording.facts.classes:
        return Onset(None, None)
    return Onset.of(recording.misclassified[: recording.held] == 0)


def separable(recording: "Recording", layer: int) -> Onset:
    """When a line in a layer could classify every training point correctly.

    With a margin; see `separability`. The network's own boundary may differ: see `separated`.
    """
    if not recording.facts.classes:
        return Onset(None, None)
    kept = np.flatnonzero(~recording.held_out) if recording.held_out.any() else slice(None)
    labels = recording.y[kept, 0].astype(int)
    places = recording.looks[layer].activation
    return separable_onset(_Rows(places, recording.held, kept), labels)


class _Rows(Sequence[Array]):
    """Some points of each frame of (frames, n, units), read as they are asked for."""

    def __init__(self, places: Array, frames: int, rows: Array | slice) -> None:
        self._places, self._frames, self._rows = places, frames, rows

    def __len__(self) -> int:
        return self._frames

    def __getitem__(self, frame: Any) -> Any:
        return np.asarray(self._places[frame])[self._rows]


def _accuracies(recording: "Recording") -> Iterator[Event]:
    """When so many training points were first classified correctly; the highest of one frame."""
    wrong, samples = recording.misclassified[: recording.held], recording.facts.samples
    reached = {}
    for percent, share in ACCURACIES.items():
        holds = wrong * share <= samples
        if holds.any() and not holds[0]:
            reached[int(holds.argmax())] = percent
    whole = separated(recording)
    for frame, percent in reached.items():
        if frame != whole.first:
            yield Event(frame, f"accuracy reaches {percent} %", reached=True)
    yield from _separated(whole)


def _separable(recording: "Recording", layer: int) -> Iterator[Event]:
    """A line separates the classes before the decision boundary does."""
    when = separable(recording, layer)
    if when.first is not None and recording.misclassified[when.first]:
        brief = "" if when.lasting == when.first else " for the first time"
        where = recording.facts.called(layer)
        yield Event(when.first, f"a line (dashed) separates the classes in {where}{brief}")


def _separated(when: Onset) -> Iterator[Event]:
    """Every training point is classified correctly: for the first time, and to the end."""
    if when.first is None:
        return
    start = " from the start" if when.first == 0 else ""
    if when.lasting == when.first:
        yield Event(when.first, f"{SEPARATED}{start}", reached=True)
        return
    yield Event(when.first, f"{SEPARATED} for the first time")
    if when.lasting is not None:
        yield Event(when.lasting, f"{SEPARATED} from now on", reached=True)


def _plateau(recording: "Recording") -> Iterator[Event]:
    """Where the loss hardly falls although much is left to learn.

    A plateau has at least 20 % of the frames. A change is small if it is less than 2 % of the
    loss's fall in the whole film, or less than 1 % of the loss. Within 20 % of the frames all
    changes are small. Two plateaus are one if the loss does not fall by more than 5 small changes
    from the first to the second. The last one lasts to the end of the film, or the loss falls by
    more than that after it. There is none where the network has learnt: see `_is_learnt`.

    The loss is its running median of 5 frames, so that neither the noise of the steps nor the
    untrained network decides what a small change is. A plateau begins where the loss itself
    has come down to that.
    """
    losses = np.asarray(recording.history["loss"], float)[: recording.held]
    if PLATEAU * len(losses) <= SMOOTH - 1 or not np.isfinite(losses).all():
        return
    loss = _smooth(losses)
    small = np.maximum(SMALL[0] * np.ptp(loss), SMALL[1] * np.abs(loss))
    for start, end in _flat(loss, small):
        if _is_learnt(recording, end):
            continue
        frame = start + int(np.argmax(losses[start:end] <= loss[start]))
        if end == len(loss) - 1:
            if recording.facts.diverged is None and saturated(recording) is None:
                yield Event(frame, "a plateau until the end of the film: the loss hardly decreases")
        elif loss[end] - loss[end:].min() > FALLS_AGAIN * small[end]:
            yield Event(frame, "a plateau: the loss hardly decreases")


def _flat(loss: Array, small: Array) -> list[tuple[int, int]]:
    """The first and the last frame of each stretch with small changes only."""
    window = int(np.ceil(PLATEAU * len(loss)))
    stretches = np.lib.stride_tricks.sliding_window_view(loss, window)
    flat = stretches.max(axis=1) - stretches.min(axis=1) < small[: len(stretches)]
    edges = np.flatnonzero(np.diff(flat, prepend=False, append=False)).reshape(-1, 2)
    found: list[tuple[int, int]] = []
    for start, stop in edges.tolist():
        before = found[-1][0] if found else start
        same = bool(found) and loss[before] - loss[start] <= FALLS_AGAIN * small[start]
        if same:
            found.pop()
        found.append((before if same else start, stop + window - 2))
    return found


def _smooth(loss: Array) -> Array:
    """The running median (frames,) of 5 frames; at both ends that of the outermost 5."""
    medians = np.median(np.lib.stride_tricks.sliding_window_view(loss, SMOOTH), axis=1)
    smooth: Array = np.pad(medians, SMOOTH // 2, mode="edge")
    return smooth


def _is_learnt(recording: "Recording", frame: int) -> bool:
    """Whether the error at a frame is at most 10 % of that of the best constant answer.

    The error is the number of misclassified training points, or the sum of squares over the
    watched points of a curve. For a curve that is constant itself, it is compared with that of
    the untrained network.
    """
    if recording.facts.classes:
        labels = recording.data_y[~recording.held_out, 0]
        constant = len(labels) - np.unique(labels, return_counts=True)[1].max()
        return bool(recording.misclassified[frame] <= LEARNT * constant)
    y = np.asarray(recording.y, float)

    def error(answer: Array) -> float:
        return float(((answer - y) ** 2).sum())

    constant = error(y.mean(axis=0)) or error(np.asarray(recording.output[0], float))
    return error(np.asarray(recording.output[frame], float)) <= LEARNT * constant


def _dead(recording: "Recording") -> Iterator[Event]:
    """From when on units of the probed layer are dead: one event for all that die at a frame."""
    look, facts = recording.probed, recording.facts
    alive = np.array([look.alive(frame) for frame in range(recording.frames)])
    died: dict[int, list[str]] = {}
    for unit in np.flatnonzero(~alive[-1]):
        frame = int(np.flatnonzero(alive[:, unit])[-1]) + 1 if alive[:, unit].any() else 0
        died.setdefault(frame, []).append(str(unit + 1))
    where = facts.called(facts.probe)
    for frame, names in died.items():
        if len(names) == 1:
            yield Event(
                frame, f"unit {names[0]} of {where} is dead: its output is the same for every input"
            )
        elif len(names) <= FEW:
            those = f"{', '.join(names[:-1])} and {names[-1]}"
            yield Event(
                frame,
                f"units {those} of {where} are dead: their output is the same for every input",
            )
        else:
            yield Event(
                frame,
                f"{len(names)} units of {where} are dead: their output is the same for every input",
            )


def saturated(recording: "Recording") -> int | None:
    """The frame from which the output is at an end of its range for every point, or None.

    Then its activation has no slope, and training has ended, with points still wrong: the loss
    does not change any more.
    """
    low, high = output_range(recording.facts.activations[-1], {})
    loss = np.asarray(recording.history["loss"], float)[: recording.held]
    end, still = SATURATED
    bounded = np.isfinite([low, high, loss[-1]]).all()
    done = recording.misclassified[-1] == 0 if recording.facts.classes else loss[-1] <= still
    if not bounded or done:
        return None
    near = end * (high - low)

    def stuck(frame: int) -> bool:
        output = recording.output[frame]
        same = abs(loss[frame] - loss[-1]) <= still * abs(loss[-1])
        return bool(same and (np.minimum(output - low, high - output) <= near).all())

    frame = len(loss)
    while frame > 0 and stuck(frame - 1):
        frame -= 1
    return frame if frame < len(loss) - 1 else None


def _saturated(recording: "Recording") -> Iterator[Event]:
    frame = saturated(recording)
    if frame is not None:
        low, high = output_range(recording.facts.activations[-1], {})
        ends = f"{low:g} or {high:g} for every point"
        yield Event(frame, f"the output is saturated ({ends}): the loss no longer changes")
