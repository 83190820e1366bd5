"""The alt text of a film, computed from its numbers."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from nnviz_cli import number
from nnviz_cli.recording.events import Event

if TYPE_CHECKING:
    from nnviz_cli.recording.recording import Recording

MOST_EVENTS = 4
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


def alt_text(
    recording: "Recording",
    shown: Sequence[str],
    dataset: str,
    happened: Sequence[Event],
) -> str:
    """A few sentences that continue 'A film': what it shows, the loss, the events.

    `shown` describes each panel, in the order of the page.
    """
    facts = recording.facts
    units = "-".join(map(str, facts.units))
    task = (
        "a curve"
        if facts.task == "regression"
        else f"to classify points of {_number(len(facts.classes))} classes"
    )
    epochs = recording.epoch(recording.held - 1)
    plural = "s" * (epochs != 1)
    sentences = [
        f"of a neural network with layers of {units} units learning {task} (dataset {dataset}, "
        f"{facts.points}), over {number.epoch(epochs)} epoch{plural}.",
        f"It shows {_listed(shown)}." if shown else "",
        _sentence(_listed(list(_changes(recording)))),
        _events(recording, happened),
    ]
    return " ".join(filter(None, sentences))


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _changes(recording: "Recording") -> Iterator[str]:
    """The loss and the accuracies at the beginning and at the end."""
    end = recording.held - 1

    def rank(name: str) -> tuple[bool, bool]:
        return name.startswith("val_"), "loss" not in name

    for name in sorted(recording.history, key=rank):
        values = np.asarray(recording.history[name], float)
        first, last = values[0], values[end]
        if name.removeprefix("val_") not in ("loss", "accuracy"):
            continue
        share = "accuracy" in name
        begin, now = (
            number.percent(value) if share else number.value(value) for value in (first, last)
        )
        where = " on held-out points" if name.startswith("val_") else ""
        way = "falls" if last < first else "rises"
        how = f"stays at {now}" if begin == now else f"{way} from {begin} to {now}"
        yield f"the {name.removeprefix('val_')}{where} {how}"


def _events(recording: "Recording", happened: Sequence[Event]) -> str:
    """The first events, worded as in the captions."""
    by_frame = groupby(happened[:MOST_EVENTS], key=lambda each: each.frame)
    sentences = [
        f"epoch {number.epoch(recording.moment(frame))}: {_listed([each.words for each in events])}"
        for frame, events in by_frame
    ]
    return _sentence("; ".join(sentences)) if sentences else ""


def _listed(words: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "nothing"
