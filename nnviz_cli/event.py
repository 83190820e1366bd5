"""What happened in a run: computed from its numbers, told in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.decision import output_range
from nnviz_cli.separability import Onset, separable_onset
from nnviz_cli.shape import Shape

if TYPE_CHECKING:
    from nnviz_cli.recording import Recording

Array = NDArray[Any]

DIVERGED = "the loss is no longer a number"
ACCURACIES = {90: 10, 99: 100}  # percent: wrong points times this are at most all points
SEPARATED = "accuracy 100 %: every training point is classified correctly"
PLATEAU = 0.2  # of the frames, that a plateau has at least
FLAT, FALLS_AGAIN = 0.02, 0.1  # of the whole fall: changes on a plateau, and after it
LEARNT = 0.05  # of the greatest loss; below, a loss that stays has been learnt
SATURATED = (1e-3, 1e-6)  # of an output's range, from its ends; of the loss, by which it changes
FEW = 4  # units that are named by their numbers


@dataclass(frozen=True)
class Event:
    """Something that is first so at a frame."""

    frame: int
    words: str
    reached: bool = False  # a training is after this


def events(recording: "Recording", separators: Sequence[int] = ()) -> list[Event]:
    """What a film says about its run, in order.

    That a layer is separable is said of those only whose separating line is drawn.
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


def separated(recording: "Recording") -> Onset:
    """When the decision rule is right about every training point."""
    if not recording.facts.classes:
        return Onset(None, None)
    return Onset.of(recording.misclassified[: recording.held] == 0)


def separable(recording: "Recording", layer: int) -> Onset:
    """When some line in a layer could be right about every training point.

    With a margin; see `separability`. The network's own line may be elsewhere: see `separated`.
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
    """A line separates the classes before the network's own does."""
    when = separable(recording, layer)
    if when.first is not None and recording.misclassified[when.first]:
        brief = "" if when.lasting == when.first else " for the first time"
        where = recording.facts.called(layer)
        yield Event(when.first, f"a line (dashed) separates the classes in {where}{brief}")


def _separated(when: Onset) -> Iterator[Event]:
    """Every training point is on its side of the decision boundary: first, and for good."""
    if when.first is None:
        return
    start = " from the start" if when.first == 0 else ""
    if when.lasting == when.first:
        yield Event(when.first, f"{SEPARATED}{start}", reached=True)
        return
    yield Event(when.first, f"{SEPARATED} for the first time")
    if when.lasting is not None:
        yield Event(when.lasting, f"{SEPARATED} from here on", reached=True)


def _plateau(recording: "Recording") -> Iterator[Event]:
    """Where the loss hardly falls: before it falls again, and to the end of the film.

    At least 20 % of the frames, over which the loss changes by less than 2 % of its whole fall.
    The first such stretch counts if the loss falls by more than 10 % of that after it; one that
    lasts to the end counts if 5 % of the greatest loss is left, since a loss near 0 has been
    learnt.
    """
    loss = np.asarray(recording.history["loss"], float)[: recording.held]
    window = int(np.ceil(PLATEAU * len(loss)))
    if window < 5 or not np.isfinite(loss).all() or (fall := np.ptp(loss)) <= 0:
        return
    for start in range(len(loss) - window):
        end = start + window
        flat = np.ptp(loss[start : end + 1]) < FLAT * fall
        if flat and loss[end] - loss[end:].min() > FALLS_AGAIN * fall:
            yield Event(start, "a plateau: the loss hardly falls")
            break
    changes = np.abs(loss - loss[-1]) >= FLAT * fall
    start = int(np.flatnonzero(changes)[-1]) + 1
    lasts = len(loss) - start > window and recording.facts.diverged is None
    if lasts and loss[-1] > LEARNT * loss.max():
        yield Event(start, "a plateau to the end of the film: the loss hardly falls")


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


def saturated(recording: "Recording") -> int | None:
    """From which frame on the output is at the ends of its range for every point, or None.

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
