"""What is known of a panel before a number of it is recorded, beside what draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnviz_cli.draw.canvas import Show
from nnviz_cli.recording.shape import Shape


def _no_misfit(_: Shape, **__: Any) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """All that is known of a panel; its functions take the same options. Lengths are in points."""

    draw: Callable[..., Show]  # canvas
    alt_text: str | Callable[..., str]  # what it shows, or a function of the shape
    misfit: Callable[..., str] = _no_misfit  # shape; why it cannot be drawn, or ''
    surface: bool = False  # the scores over the inputs fill it
    shows_time: bool = False  # its x axis is the time of the film
    below: float = 0  # the room for numbers below it
    strip: float = 0  # its height in a row of low panels; 0 for a panel that is not low

    def description(self, shape: Shape, **options: Any) -> str:
        """What it shows, for the alt text of the film; '' for nothing."""
        text = self.alt_text
        return text if isinstance(text, str) else text(shape, **options)
