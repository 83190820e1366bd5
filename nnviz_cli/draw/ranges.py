"""Numbers that can be placed, and limits that hold them for the whole film."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import Array, Canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.recording.recording import Look

MARGIN = 0.06  # of the range of the data, around it
NARROWEST = 1e-3  # half a range; a layer that is constant still has a plane
APART = 1e-6  # half a range in parts of its middle, which float32 and matplotlib can tell apart
WIDE = 1e37  # float32 ends at 3e38, and a few such numbers are added
FARTHEST = 1e100  # in place of infinity: float64 ends at 1.8e308, and three are multiplied


def drawable(values: Any) -> Array:
    """Numbers of which a few can be added: as they are, or as float64 where float32 could not.

    What is infinite or not a number becomes so large that it lies outside every picture.
    """
    given: Array = np.asarray(values)
    if given.dtype == np.float32 and np.abs(given).max(initial=0) <= WIDE:  # false for a NaN
        return given
    numbers: Array = np.nan_to_num(given.astype(float), nan=FARTHEST).clip(-FARTHEST, FARTHEST)
    return numbers


def ends(arrays: Iterable[Array]) -> tuple[float, float]:
    """The least and the greatest of all finite numbers of some arrays; 0 if there is none."""
    low, high = np.inf, -np.inf
    for each in arrays:
        values = np.asarray(each)
        least, most = values.min(initial=np.inf), values.max(initial=-np.inf)
        if not np.isfinite([least, most]).all():
            finite = values[np.isfinite(values)]
            least, most = finite.min(initial=np.inf), finite.max(initial=-np.inf)
        low, high = min(low, float(least)), max(high, float(most))
    return (low, high) if low <= high else (0.0, 0.0)


def greatest(arrays: Iterable[Array]) -> float:
    """The greatest finite number of some arrays without its sign, and not 0."""
    low, high = ends(arrays)
    return max(-low, high) or 1.0


class _Drawable:
    """An array whose frames are made drawable one by one, as they are asked for."""

    def __init__(self, array: Array) -> None:
        self._array = array
        self.shape = array.shape

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, frame: Any) -> Array:
        return drawable(self._array[frame])


def tame(look: "Look") -> "Look":
    """A layer's numbers as a picture can hold them; its own, where it can hold these."""
    low, high = drawable(look.low), drawable(look.high)
    if low is look.low and high is look.high:
        return look
    places: Any = (_Drawable(look.activation), _Drawable(look.grid_activation))
    return replace(look, activation=places[0], grid_activation=places[1], low=low, high=high)


def floats(look: "Look") -> Any:
    """The type in which a layer's numbers can be added: float32, if they are far from its end."""
    return np.float32 if greatest([look.low, look.high]) <= WIDE else float


def limits(low: Array, high: Array, margin: float = MARGIN) -> tuple[Array, Array]:
    """Fixed limits for the whole film, from the extremes of each frame (frames, units)."""
    each = [ends([low[:, unit], high[:, unit]]) for unit in range(low.shape[1])]
    least, most = np.array(each).T
    middle = (least + most) / 2
    narrowest = np.maximum(NARROWEST, APART * np.abs(middle))
    half = np.maximum((most - least) / 2, narrowest) * (1 + 2 * margin)
    return middle - half, middle + half


def plane(axes: "Axes", low: Array, high: Array, margin: float = MARGIN) -> None:
    """Fixed limits that hold everything, with one scale for both directions; no numbers."""
    low, high = limits(low, high, margin)
    middle, half = (low + high) / 2, (high - low) / 2
    box = np.array([axes.bbox.width, axes.bbox.height])
    half = box * (half / box).max()
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set(xticks=[], yticks=[])


def input_view(canvas: Canvas) -> None:
    """The plane of the inputs: their bounds, which have a margin, and what fits beside them."""
    bounds = np.asarray(canvas.recording.bounds)
    plane(canvas.axes, bounds[None, :, 0], bounds[None, :, 1], margin=0)
