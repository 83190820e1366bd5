"""The arrays of a recording: one table, from which everything that is said of them is derived.

The writer, the check of files from others, the estimate of sizes, `docs/recording.md` and the
made-up recordings of the tests read this table. Sizes of dimensions are looked up by name.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nnviz_cli.recording.shape import Shape

LAYOUT = 1  # version of the layout; a file of another one is refused
RESERVED = "training/"  # group in which the state of a training will be kept
SIZES = ("frames", "points", "data", "targets")  # dimensions that the network does not fix
ITEM = {"float32": 4, "int32": 4, "int64": 8, "bool": 1, "uint8": 1}  # bytes

# dimensions of a layer's array by its name: what is before the layer, and its own units
_WEIGHTS: dict[str, tuple[str, ...]] = {"kernel": ("before", "units")}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An array, or a family of arrays whose names differ in a layer, an array or a metric."""

    name: str  # 'step'; 'low/{layer}', with the layer's index into units; 'history/{metric}'
    dims: tuple[str, ...]
    meaning: str
    unit: str = ""
    dtype: str = "float32"
    classes: bool = False  # only where there are classes
    derived: bool = False  # follows from the weights: a compact recording has none
    optional: bool = False
    layers: str = ""  # 'all' or 'probe', of a family of layers

    @property
    def by_frame(self) -> bool:
        """Whether the array has an entry per frame."""
        return self.dims[0] == "frames"


ARRAYS = (
    Entry(
        name="info",
        dims=("bytes",),
        dtype="uint8",
        meaning="the version of this layout, the network and the training, as JSON in UTF-8",
    ),
    Entry(
        name="spec",
        dims=("bytes",),
        dtype="uint8",
        optional=True,
        meaning="the resolved spec, as JSON in UTF-8",
    ),
    Entry(name="x", dims=("points", "inputs"), meaning="the points at which the network is drawn"),
    Entry(name="y", dims=("points", "targets"), meaning="their targets, or their labels"),
    Entry(
        name="data_x",
        dims=("data", "inputs"),
        optional=True,
        meaning="the data that the network is trained on and tested with; without it, x",
    ),
    Entry(
        name="data_y",
        dims=("data", "targets"),
        optional=True,
        meaning="their targets, or their labels; without it, y",
    ),
    Entry(
        name="held_out",
        dims=("data",),
        dtype="bool",
        meaning="whether a sample of the data is held out of the training",
    ),
    Entry(
        name="sample_weight",
        dims=("data",),
        optional=True,
        meaning="weight of a sample in the loss; without it, 1",
    ),
    Entry(name="bounds", dims=("inputs", "2"), meaning="where the data is, with a margin"),
    Entry(
        name="step",
        dims=("frames",),
        dtype="int64",
        unit="optimizer steps",
        meaning="steps taken at a frame; 0 is the untrained network",
    ),
    Entry(
        name="misclassified",
        dims=("frames",),
        dtype="int32",
        unit="training points",
        classes=True,
        meaning="training points to which the decision rule gives another class",
    ),
    Entry(
        name="history/{metric}",
        dims=("frames",),
        meaning="the loss and each metric over the training points; 'val_' over those held out",
    ),
    Entry(
        name="weights/{layer}/{array}",
        dims=("frames", "*"),
        layers="all",
        meaning="weights of a layer by Keras's names: kernel (before, units), bias (units), …",
    ),
    Entry(
        name="low/{layer}",
        dims=("frames", "units"),
        layers="all",
        meaning="least activation of each unit over x and the grid over the input plane",
    ),
    Entry(
        name="high/{layer}",
        dims=("frames", "units"),
        layers="all",
        meaning="greatest activation of each unit over x and the grid over the input plane",
    ),
    Entry(
        name="gradient_norm",
        dims=("frames", "layers"),
        meaning="Euclidean norm of the loss's gradient by each layer's trainable weights "
        "of most dimensions, over the training points",
    ),
    Entry(
        name="activation/{layer}",
        dims=("frames", "points", "units"),
        layers="probe",
        derived=True,
        meaning="activations of the probed layer at x, as Keras computed them",
    ),
    Entry(
        name="output",
        dims=("frames", "points", "outputs"),
        derived=True,
        meaning="the network's output at x, as Keras computed it",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """An array that a recording has, or may have; a size of None is any."""

    entry: Entry
    shape: tuple[int | None, ...]
    optional: bool

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame; 0 of an array without frames."""
        count = math.prod(size or 0 for size in self.shape[1:])
        return count * ITEM[self.entry.dtype] if self.entry.by_frame else 0

    @property
    def bytes(self) -> int:
        """Bytes of the whole array."""
        return math.prod(size or 0 for size in self.shape) * ITEM[self.entry.dtype]


def expected(shape: Shape, sizes: Mapping[str, int]) -> dict[str, Expected]:
    """Every array of a network's recording by its name; `sizes` are those of `SIZES`.

    The history has the loss alone: which metrics there are is not fixed.
    """
    return {
        name: Expected(
            entry=entry,
            shape=_sized(shape, entry, name, sizes),
            optional=entry.optional or name.startswith("weights/") or entry.derived,
        )
        for entry in ARRAYS
        if not entry.classes or shape.task != "regression"
        for name in _names(shape, entry)
    }


def _names(shape: Shape, entry: Entry) -> Iterator[str]:
    """The names of a family's members."""
    if "{metric}" in entry.name:
        yield entry.name.format(metric="loss")
    elif not entry.layers:
        yield entry.name
    else:
        layers = [shape.probe] if entry.layers == "probe" else range(1, len(shape.units))
        for layer in layers:
            arrays = shape.weights()[layer] if "{array}" in entry.name else ("",)
            yield from (entry.name.format(layer=layer, array=array) for array in arrays)


def _sized(
    shape: Shape, entry: Entry, name: str, sizes: Mapping[str, int]
) -> tuple[int | None, ...]:
    """The size of each dimension of an array."""
    known: dict[str, int | None] = {
        **dict.fromkeys(SIZES),
        **sizes,
        "2": 2,
        "bytes": None,
        "inputs": shape.units[0],
        "outputs": shape.units[-1],
        "layers": len(shape.units) - 1,
    }
    dims = entry.dims
    if entry.layers:
        _, layer, *array = name.split("/")
        known |= {"before": shape.units[int(layer) - 1], "units": shape.units[int(layer)]}
        if array:
            dims = (*dims[:-1], *_WEIGHTS.get(array[0], ("units",)))
    return tuple(known[dim] for dim in dims)


def frame_bytes(shape: Shape, sizes: Mapping[str, int]) -> int:
    """Bytes of one frame of a recording that is not compact."""
    return sum(array.frame_bytes for array in expected(shape, sizes).values())


def recording_bytes(
    shape: Shape, sizes: Mapping[str, int], *, metrics: int = 1, apart: bool = False
) -> int:
    """Bytes of a recording that is not compact.

    `metrics` are the arrays of the history; the data is `apart` where x is not the data itself.
    """
    total = 4 * sizes["frames"] * (metrics - 1)
    for name, array in expected(shape, sizes).items():
        if not array.entry.optional or (apart and name.startswith("data_")):
            total += array.bytes
    return total
