"""Pictures as they are sent to a drawing worker: small, and composed there."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.draw.layout import Rows
from nnviz_cli.draw.morph.tempo import Tempo
from nnviz_cli.draw.theme import Theme
from nnviz_cli.film.captions import Caption

Pixels = NDArray[np.uint8]  # (height, width, 4), RGBA


class Composed(Protocol):
    """A picture that is ready to be drawn, frame by frame."""

    @property
    def cut(self) -> Sequence[str]:
        """Words that ended with an ellipsis for want of room."""

    def __call__(self, frame: int) -> Pixels:
        """Draw a frame into a buffer that is used again."""


class Drawable(Protocol):
    """A picture as it is sent to a drawing worker; it imports matplotlib when it is composed."""

    @property
    def size(self) -> tuple[int, int]:
        """In pixels."""

    def compose(self) -> Composed:
        """Prepare it."""


@dataclass(frozen=True)
class Picture:
    """A film of learning: a recording's file, and how it looks."""

    recording: Path
    rows: Rows
    theme: Theme
    size: tuple[int, int]
    ratios: tuple[Sequence[float], Sequence[float]] = ((), ())
    captions: tuple[Caption, ...] = ()

    def compose(self) -> Composed:
        """See `figure.compose`."""
        from nnviz_cli.draw.learning_film import compose
        from nnviz_cli.recording.recording import Recording

        recording = Recording.open(self.recording)
        return compose(recording, self.rows, self.theme, self.size, self.ratios, self.captions)


@dataclass(frozen=True)
class MorphPicture:
    """A film of a network that bends space: a recording's file, its frame, and how it looks."""

    recording: Path
    frame: int
    fps: Fraction
    tempo: Tempo
    theme: Theme
    size: tuple[int, int]

    def compose(self) -> Composed:
        """See `morph.picture.compose`."""
        from nnviz_cli.draw.morph.picture import compose
        from nnviz_cli.draw.morph.plan import Plan
        from nnviz_cli.recording.recording import Recording

        plan = Plan(Recording.open(self.recording), self.frame, self.fps, self.tempo)
        return compose(plan, self.theme, self.size)
