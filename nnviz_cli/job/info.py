"""What is in a recording, and what can be drawn of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from nnviz_cli.draw.panels import PANELS
from nnviz_cli.job.run import metrics_of
from nnviz_cli.recording.events import events
from nnviz_cli.recording.recording import Recording


def described(recording: Recording) -> dict[str, Any]:
    """A recording in plain values, for JSON."""
    facts = recording.facts
    drawable = [
        name
        for name, panel in PANELS.items()
        if name != "." and not panel.misfit(facts, **({"layer": None} if name == "hidden" else {}))
    ]
    return {
        "title": facts.title,
        "dataset": facts.dataset,
        "task": facts.task,
        "classes": list(facts.classes),
        "points": facts.points,
        "units": list(facts.units),
        "activations": list(facts.activations),
        "optimizer": facts.optimizer,
        "loss": facts.loss,
        "probe": facts.names[facts.probe - 1],
        "frames": recording.frames,
        "epochs": recording.epoch(recording.held - 1),
        "diverged": facts.diverged,
        "compact": recording.recorded is None,
        "metrics": metrics_of(recording),
        "events": [
            {"epoch": recording.moment(each.frame), "frame": each.frame, "text": each.words}
            for each in events(recording)
        ],
        "panels": drawable,
        "versions": dict(facts.versions),
    }


def lines(values: Mapping[str, Any]) -> Iterator[str]:
    """The same for people to read."""
    for key, value in values.items():
        if key == "metrics":
            for name, each in value.items():
                texts = (f"{kind} {'-' if x is None else f'{x:.3g}'}" for kind, x in each.items())
                yield f"{name}: {', '.join(texts)}"
        elif key == "events":
            yield from (f"epoch {each['epoch']:g}: {each['text']}" for each in value)
        elif isinstance(value, dict):
            yield f"{key}: {', '.join(f'{name} {each}' for name, each in value.items())}"
        elif isinstance(value, list):
            yield f"{key}: {', '.join(map(str, value)) or '-'}"
        else:
            yield f"{key}: {'-' if value is None else value}"
