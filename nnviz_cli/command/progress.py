"""How far a render is: one live line on a terminal, plain lines elsewhere."""

import os
import sys
import time
from typing import Any, Self, TextIO

from nnviz_cli import number

TICK = 10.0  # seconds between plain lines
STAGES = {
    "starting": "starting TensorFlow",
    "training": "training",
    "drawing": "drawing",
}


class Progress:
    """Tells of stages on standard error; use it as a context manager.

    It writes to a copy of the descriptor, because the original is put aside while
    TensorFlow starts.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._stream: TextIO = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
        self._quiet = quiet
        self._live = not quiet and is_interactive(sys.stderr)
        self._bar: Any = None
        self._task: Any = None
        self._stage = ""
        self._said = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
        self._stream.close()

    def __call__(self, stage: str, done: int, total: int, facts: dict[str, Any]) -> None:
        """Report a stage: what has been done of it, and facts like the name and the loss."""
        if self._quiet:
            return
        if self._live:
            self._show(stage, done, total, facts)
        elif stage != self._stage or time.monotonic() - self._said > TICK:
            self._said = time.monotonic()
            self._stream.write(_plain_line(stage, done, total, facts) + "\n")
            self._stream.flush()
        self._stage = stage

    def say(self, line: str) -> None:
        """A line that stays, above what moves."""
        self.clear()
        if not self._quiet:
            self._stream.write(line + "\n")
            self._stream.flush()
        self._stage = ""

    def clear(self) -> None:
        """Take the live line away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _show(self, stage: str, done: int, total: int, facts: dict[str, Any]) -> None:
        if self._bar is None:
            self._bar = _bar(self._stream)
            self._task = self._bar.add_task("", total=total, facts="")
            self._bar.start()
        if stage != self._stage:
            self._bar.reset(self._task, total=total, start=True)
        label = f"{facts['name']}  {STAGES[stage]}"
        loss = f"loss {number.value(facts['loss'])}" if "loss" in facts else ""
        self._bar.update(self._task, completed=done, description=label, facts=loss)


def is_interactive(stream: TextIO) -> bool:
    """Whether a line may move: a terminal that can, and not a build's log."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def _bar(stream: TextIO) -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.0f} frames/s" if speed and task.completed else "")

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        Speed(),
        TextColumn("{task.fields[facts]}", markup=False),
        TimeRemainingColumn(compact=True),
        console=Console(file=stream, force_terminal=True, force_interactive=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _plain_line(stage: str, done: int, total: int, facts: dict[str, Any]) -> str:
    counted = f" {done} of {total}" if done else ""
    loss = f", loss {number.value(facts['loss'])}" if "loss" in facts else ""
    return f"{facts['name']}: {STAGES[stage]}{counted}{loss}"
