"""What a panel draws on, what it shows, and in which colours."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.draw.theme import Theme
    from nnviz_cli.recording.recording import Recording

Show = Callable[[int], None]  # moves the artists to a frame


@dataclass(frozen=True)
class Canvas:
    """Axes of a page, the recording that they show, and the theme of the film."""

    axes: "Axes"
    recording: "Recording"
    theme: "Theme"


def nothing(_: int) -> None:
    """Show nothing."""
