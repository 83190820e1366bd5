"""The recorded network as a function of its inputs, frame by frame."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from nnviz_cli.recording.forward import forward
from nnviz_cli.recording.shape import Shape

Array = NDArray[Any]
Pass = tuple[list[Array], Array]  # activations of every layer, and the last weighted input


class Frames(Sequence[Array]):
    """An array (frames, …) whose frames are computed when they are asked for."""

    def __init__(self, shape: tuple[int, ...], at: Callable[[int], Array]) -> None:
        """`at(frame)` gives an array of `shape[1:]`."""
        self.shape = shape
        self.ndim = len(shape)
        self._at = at

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """One frame, or `[frame, …]` inside it."""
        frame, *inside = key if isinstance(key, tuple) else (key,)
        if not -len(self) <= frame < len(self):
            raise IndexError(f"no frame {frame} of {len(self)}")
        array = self._at(int(frame) % len(self))
        return array[tuple(inside)] if inside else array

    def __iter__(self) -> Iterator[Array]:
        return (self[frame] for frame in range(len(self)))


@dataclass(frozen=True)
class Network:
    """Layers and their weights by frame; the last pass over each set of places is kept."""

    shape: Shape
    weights: Mapping[int, Mapping[str, Array]]  # (frames, …) by layer and name
    _last: dict[str, tuple[int, Pass]] = field(default_factory=dict)

    def run(self, frame: int, name: str, places: Array) -> Pass:
        """Activations of each layer and the last weighted input, (units, places) each.

        `places` (inputs, places) are always the same for one `name`.
        """
        kept = self._last.get(name)
        if kept is not None and kept[0] == frame:
            return kept[1]
        weights = [
            {name: array[frame] for name, array in self.weights.get(layer, {}).items()}
            for layer in range(1, len(self.shape.units))
        ]
        result = forward(self.shape.layers, weights, places)
        self._last[name] = (frame, result)
        return result
