"""What panels ask of an experiment before a number of it is recorded."""

from dataclasses import dataclass

RECORDING = ".h5"  # what a recording's file is called by


def is_recording(path: str) -> bool:
    """Whether a path asks for the numbers of a run, not for a film of them."""
    return path.lower().endswith(RECORDING)


@dataclass(frozen=True)
class Needs:
    """What of a run must be recorded; the panels of a film say it, and it costs room and time."""

    layers: frozenset[int] = frozenset()  # indices into units, from 1, of layers looked into
    weights: bool = False  # of all layers, not of the output alone
    maps: bool = False  # what each unit answers over the inputs
    spread: bool = False  # how weights, activations and gradients are distributed
    reach: tuple[float, float] = (1.0, 1.0)  # width and height of the answer, in those of the data

    def __or__(self, other: "Needs") -> "Needs":
        return Needs(
            self.layers | other.layers,
            self.weights or other.weights,
            self.maps or other.maps,
            self.spread or other.spread,
            (max(self.reach[0], other.reach[0]), max(self.reach[1], other.reach[1])),
        )


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What must be known of an experiment to say whether a panel can draw it."""

    task: str  # regression, binary, multiclass
    units: tuple[int, ...]  # width of each layer, the inputs first
    names: tuple[str, ...]  # of each layer but the inputs
    probe: int  # index into units of the probed layer, from 1

    def layer(self, which: int | str | None) -> int:
        """The index into units of a layer by its name or place, as `probe` in a spec counts.

        Without one, the probed layer. Raises LookupError.
        """
        if which is None:
            return self.probe
        if isinstance(which, str):
            if which not in self.names:
                raise LookupError(f"no layer is named '{which}'")
            return self.names.index(which) + 1
        if not -len(self.names) <= which < len(self.names):
            raise LookupError(f"there is no layer {which}; the model has {len(self.names)}")
        return which % len(self.names) + 1

    def called(self, layer: int) -> str:
        """A layer in words."""
        return "the output" if layer == len(self.units) - 1 else f"hidden layer {layer}"
