"""The numbers of one run, frame by frame, in one HDF5 file.

A Recording is the wall between training and drawing: left of it Keras, right of it
matplotlib, and nothing but numbers in between. It lives in a file from the start, so that
a long film needs no more memory than a short one and drawing processes can share it.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from nnviz_cli.errors import SpecError
from nnviz_cli.number import grouped
from nnviz_cli.recording.shape import Shape
from nnviz_cli.recording.untrusted import opened

Array = NDArray[Any]
DEAD = 1e-6  # a unit whose answers differ by less says nothing
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, kw_only=True)
class Facts(Shape):
    """What is known of a run before it starts; what the picture says in words."""

    title: str
    classes: tuple[str, ...]  # name of each label; none for regression
    activations: tuple[str, ...]  # of each layer but the inputs
    optimizer: str  # 'SGD 0.001'
    loss: str  # 'mse'
    samples: int  # trained on
    per_class: tuple[int, ...] = ()  # of them; none for a regression
    steps_per_epoch: int
    threshold: float | None = None  # weighted input of the output at which the answer changes; see
    # `decision`. None: there is not one, and the answer changes where the surface `logit` is 0
    diverged: float | None = None  # the epoch at which the loss was no number; the film ends there

    @property
    def points(self) -> str:
        """The training points in words: '4000 points', '2 × 1000 points', '500 + 50 points'."""
        counts = [grouped(str(count)) for count in self.per_class or (self.samples,)]
        several = len(counts) > 1
        if several and len(set(counts)) == 1:
            return f"{len(counts)} × {counts[0]} points"
        return f"{' + '.join(counts)} point{'s' * (several or self.samples != 1)}"

    def divides(self, layer: int) -> bool:
        """Whether the boundary is flat in a layer: the output reads it directly."""
        known = self.task == "multiclass" or self.threshold is not None
        return known and layer == len(self.units) - 2


@dataclass(frozen=True)
class Look:
    """What a layer does; all arrays begin with frames."""

    activation: Array  # (frames, watched, units), at x
    grid_activation: Array  # (frames, lines, points, units), on the grid
    low: Array  # (frames, units), least activation of a frame, data and grid
    high: Array  # (frames, units), greatest

    def ends(self) -> tuple[Array, Array]:
        """Least and greatest activation of each unit at the points alone, (frames, units) each."""
        frames, _, units = self.activation.shape
        found = np.empty((2, frames, units))
        for frame in range(frames):
            by_unit = np.ascontiguousarray(self.activation[frame].T)  # a tenth of the time
            found[:, frame] = by_unit.min(axis=1), by_unit.max(axis=1)
        return found[0], found[1]

    def extent(self, frame: int) -> Array:
        """How far the activations of each unit reach, (units,); float64."""
        reach: Array = np.subtract(self.high[frame], self.low[frame], dtype=float)
        return reach

    def alive(self, frame: int) -> Array:
        """Which units do not answer the same to everything (units,), bool."""
        differs: Array = self.extent(frame) > DEAD
        return differs


@dataclass(frozen=True)
class Recording:
    """Facts, and arrays whose frames come first; an array may be an HDF5 dataset.

    Frame 0 is the untrained network. All floats are float32 unless said. What is kept by
    layer has the layer's index into units as its key, and only those that were needed.
    """

    facts: Facts
    x: Array  # (watched, inputs), where the network is watched
    y: Array  # (watched, outputs) of a regression, else labels (watched, 1)
    bounds: Array  # (inputs, 2), where the data is
    extent: Array  # (inputs, 2), around the bounds, where the answer is drawn as a surface
    grid: Array  # (lines, points, inputs), lines over the input plane; 0 lines if it is none
    data_x: Array  # (data, inputs), what there is to learn from; x itself but for curves
    data_y: Array  # (data, outputs) or (data, 1)
    held_out: Array  # (data,) bool, which of the data the training never sees
    step: Array  # (frames,) int64, optimiser steps taken
    misclassified: Array  # (frames,) int, training points that get another class; 0 without classes
    history: Mapping[str, Array]  # 'loss', each metric, and 'val_' with each: (frames,)
    looks: Mapping[int, Look]  # of the probed layer, and of others that panels show
    output: Array  # (frames, watched, outputs), the network's answer at x
    logit: Array  # (frames, scores, rows, columns) over the extent of two inputs; see `scores`
    kernels: Mapping[int, Array]  # (frames, units before, units); the output layer's always
    biases: Mapping[int, Array]  # (frames, units)
    maps: Mapping[int, Array]  # (frames, units, rows, columns) over two inputs, (…, watched) over x
    spread: Mapping[str, Array]  # 'weights', 'activations' (frames, layers, QUANTILES), 'gradients'

    @property
    def frames(self) -> int:
        """How many frames the film has."""
        return len(self.step)

    @property
    def probed(self) -> Look:
        """The probed layer."""
        return self.looks[self.facts.probe]

    @property
    def held(self) -> int:
        """The first frame that only repeats the last finite state, if the training diverged."""
        return self.frames if self.facts.diverged is None else int(self.step.argmax()) + 1

    def epoch(self, frame: int) -> float:
        """Epochs trained at a frame; a fraction inside an epoch."""
        return float(self.step[frame]) / self.facts.steps_per_epoch

    def moment(self, frame: int) -> float:
        """The epoch of what happened at a frame.

        Frames that only hold the last finite state stand for the epoch of the divergence.
        """
        diverged = self.facts.diverged
        return self.epoch(frame) if diverged is None or frame < self.held else diverged

    def scores(self, frame: int) -> tuple[Array, Array]:
        """Kernel (units, classes) and bias (classes,) of the scores of which the greatest wins.

        A binary network has one output: class 0 scores 0, class 1 what is over the threshold.
        """
        last = len(self.facts.units) - 1
        parts = (self.kernels[last][frame], self.biases[last][frame])
        kernel, bias = (
            np.nan_to_num(np.asarray(part, float), posinf=1e38, neginf=-1e38) for part in parts
        )
        if self.facts.task == "binary":
            bias = bias - (self.facts.threshold or 0.0)
            kernel, bias = np.insert(kernel, 0, 0, axis=1), np.insert(bias, 0, 0)
        return kernel, bias

    def digests(self) -> Iterator[str]:
        """Eight hexadecimal digits for each frame: its answers, output layer, range and history."""
        last = len(self.facts.units) - 1
        range_ = (self.probed.low, self.probed.high)
        arrays = (self.output, self.kernels[last], self.biases[last], *range_)
        for frame in range(self.frames):
            found = hashlib.blake2b(digest_size=4)
            for array in (*arrays, *self.history.values()):
                found.update(np.asarray(array[frame]).tobytes())
            yield found.hexdigest()

    def layer_digests(self, frame: int) -> Iterator[str]:
        """Eight hexadecimal digits for each layer at a frame: its weights and what it answers."""
        for layer in range(1, len(self.facts.units)):
            found = hashlib.blake2b(digest_size=4)
            for array in (self.kernels, self.biases):
                found.update(np.asarray(array[layer][frame]).tobytes())
            found.update(np.asarray(self.looks[layer].activation[frame]).tobytes())
            yield found.hexdigest()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a recording's file; large arrays stay on disk until they are sliced.

        Raises SpecError if it is not one.
        """
        file = opened(path)
        facts = _facts(file, path)
        still = {name: file[name][...] for name in STILL}
        frames = len(file["step"])
        data = {name: file[name][...] if name in file else still[name[-1]] for name in DATA}
        look = {name: _by_layer(file, name) for name in LOOK}
        looks = {layer: Look(**{name: look[name][layer] for name in LOOK}) for layer in look["low"]}
        return cls(
            facts,
            **still,
            **data,
            step=file["step"][...],
            misclassified=file["misclassified"][...] if facts.classes else np.zeros(frames, int),
            history={name: values[...] for name, values in file["history"].items()},
            looks=looks,
            output=file["output"],
            logit=file["logit"],
            kernels=_by_layer(file, "kernel"),
            biases=_by_layer(file, "bias"),
            maps=_by_layer(file, "maps"),
            spread={name: values[...] for name, values in file.get("spread", {}).items()},
        )


STILL = ("x", "y", "bounds", "extent", "grid", "held_out")
LOOK = ("activation", "grid_activation", "low", "high")
DATA = ("data_x", "data_y")
SMALL = 1 << 20  # values; an array with fewer is read at once


def _by_layer(file: h5py.File, name: str) -> dict[int, Array]:
    """The arrays of a group by layer."""
    arrays = {int(layer): array for layer, array in file.get(name, {}).items()}
    return {
        layer: array[...] if array.size < SMALL and name not in LOOK[:2] else array
        for layer, array in sorted(arrays.items())
    }


class _Sink(io.FileIO):
    """The file that HDF5 writes to: it seems to take everything.

    HDF5 crashes where a disk is full, also when it is closed. The first error is kept here
    instead, and nothing is written after it.
    """

    error: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of it, or nothing any more."""
        left = memoryview(data).cast("B")
        count = len(left)
        while left and self.error is None:
            try:
                left = left[super().write(left) :]
            except OSError as error:
                self.error = error
        return count

    def truncate(self, size: int | None = None, /) -> int:
        """Cut the file, or make it longer."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.error = error
            return size or 0

    def check(self) -> None:
        """Raise the error."""
        if self.error is not None:
            raise self.error


class Recorder:
    """Writes a recording frame by frame; use it as a context manager.

    Raises OSError if the disk does not take it; the file is then of no use.
    """

    def __init__(self, path: Path, facts: Facts, still: Mapping[str, Array], frames: int) -> None:
        self._sink = _Sink(path, "w+")
        self._file = h5py.File(self._sink, "w")
        self._file.attrs["facts"] = json.dumps(asdict(facts))
        for name, values in still.items():
            self._file[name] = values
        self._facts = facts
        self._frames = frames
        self._next = 0
        self._arrays: dict[str, h5py.Dataset] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._sink:
            if kind is None and self._next < self._frames:
                self._shorten()
            self._file.close()
            if kind is None:
                self._sink.check()

    @property
    def left(self) -> int:
        """How many frames are still to come."""
        return self._frames - self._next

    def repeat(self) -> None:
        """Add the last frame once more."""
        for array in self._arrays.values():
            array[self._next] = array[self._next - 1]
        self._next += 1
        self._sink.check()

    def note(self, **facts: Any) -> None:
        """Change facts that are known only now."""
        self._facts = replace(self._facts, **facts)
        self._file.attrs["facts"] = json.dumps(asdict(self._facts))

    def _shorten(self) -> None:
        """Keep the frames that came, when fewer came than promised."""
        for name, array in self._arrays.items():
            shape = (self._next, *array.shape[1:])
            kept = self._file.create_dataset(f"{name}.kept", shape, array.dtype)
            for frame in range(self._next):
                kept[frame] = array[frame]
            del self._file[name]
            self._file.move(kept.name, name)

    def append(self, frame: Mapping[str, Array | float | int]) -> None:
        """Add one frame; 'history/loss' names a value inside a group."""
        for name, value in frame.items():
            values = np.asarray(value)
            if self._next == 0:
                shape = (self._frames, *values.shape)
                self._arrays[name] = self._file.create_dataset(name, shape, values.dtype)
            self._arrays[name][self._next] = values
        self._next += 1
        self._sink.check()


def _facts(file: h5py.File, path: Path) -> Facts:
    """JSON has lists where a frozen value has tuples."""
    told: dict[str, Any] = json.loads(file.attrs["facts"])
    told = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    try:
        return Facts(**told)
    except TypeError as error:
        raise SpecError(f"{path}: made by another nnviz ({error})") from error
