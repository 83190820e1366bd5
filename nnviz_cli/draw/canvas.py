"""What a panel draws on, what it shows, and in which colours."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from numpy.typing import NDArray
from pydantic import Field

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.draw.theme import Theme
    from nnviz_cli.recording.recording import Recording

Array = NDArray[Any]
Show = Callable[[int], None]  # moves the artists to a frame

# in points of 1/72 inch
CAPTION_SIZE = 22
SCALE_SIZE = 19  # numbers along an axis

# options that panels share
Flag = Annotated[bool, Field(strict=True)]
MarkerSize = Annotated[
    float, Field(gt=0, le=40, description="diameter of a marker in points, at 720p")
]


@dataclass(frozen=True)
class Canvas:
    """Axes of a page, the recording that they show, and the theme of the film."""

    axes: "Axes"
    recording: "Recording"
    theme: "Theme"
    reach: tuple[float, float] | None = None  # size of the surface over two inputs, in that of
    # their bounds; None: what the axes show


def nothing(_: int) -> None:
    """Show nothing."""
