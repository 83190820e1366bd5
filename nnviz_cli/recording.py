"""The numbers of one run, frame by frame, in one HDF5 file.

A Recording is the wall between training and drawing: left of it Keras, right of it
matplotlib, and nothing but numbers in between. It lives in a file from the start, so that
a long film needs no more memory than a short one and drawing processes can share it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Facts:
    """What is known of a run before it starts; what the picture says in words."""

    title: str
    task: str  # regression, binary
    classes: tuple[str, ...]  # name of each label; none for regression
    units: tuple[int, ...]  # width of each layer, the inputs first
    activations: tuple[str, ...]  # of each layer but the inputs
    optimizer: str  # 'SGD 0.001'
    loss: str  # 'mse'
    samples: int  # trained on
    steps_per_epoch: int
    probe: int  # index into units of the probed layer, from 1
    threshold: float | None = None  # weighted input of the output at which the answer changes
    diverged: float | None = None  # the epoch at which the loss was no number; the film ends there

    @property
    def divides(self) -> bool:
        """Whether the boundary is a flat one: the output reads the probed layer directly."""
        return self.threshold is not None and self.probe == len(self.units) - 2


@dataclass(frozen=True)
class Recording:
    """Facts, and arrays whose frames come first; an array may be an HDF5 dataset.

    Frame 0 is the untrained network. All floats are float32 unless said.
    """

    facts: Facts
    x: Array  # (watched, inputs), where the network is watched
    y: Array  # (watched, outputs), the right answers there
    bounds: Array  # (inputs, 2), the part of the input space that is drawn
    grid: Array  # (lines, points, inputs), lines over the input plane; 0 lines if it is none
    step: Array  # (frames,) int64, optimiser steps taken
    history: Mapping[str, Array]  # 'loss' and each metric: (frames,), over the training points
    activation: Array  # (frames, watched, units), of the probed layer at x
    grid_activation: Array  # (frames, lines, points, units), of the probed layer on the grid
    output: Array  # (frames, watched, outputs), the network's answer at x
    logit: Array  # (frames, rows, columns) over the bounds of two inputs, or (frames, 0, 0)
    kernel: Array  # (frames, units, outputs), of the output layer
    bias: Array  # (frames, outputs), of the output layer
    low: Array  # (frames, units), least activation of a frame, data and grid
    high: Array  # (frames, units), greatest

    @property
    def frames(self) -> int:
        """How many frames the film has."""
        return len(self.step)

    @property
    def held(self) -> int:
        """The first frame that only repeats the last finite state, if the training diverged."""
        return self.frames if self.facts.diverged is None else int(self.step.argmax()) + 1

    def epoch(self, frame: int) -> float:
        """Epochs trained at a frame; a fraction inside an epoch."""
        return float(self.step[frame]) / self.facts.steps_per_epoch

    def extent(self, frame: int) -> Array:
        """How far the activations of each probed unit reach, (units,); float64."""
        reach: Array = np.subtract(self.high[frame], self.low[frame], dtype=float)
        return reach

    def digests(self) -> Iterator[str]:
        """Eight hexadecimal digits for each frame: its answers, output layer, range and history."""
        arrays = (self.output, self.kernel, self.bias, self.low, self.high, *self.history.values())
        for frame in range(self.frames):
            found = hashlib.blake2b(digest_size=4)
            for array in arrays:
                found.update(np.asarray(array[frame]).tobytes())
            yield found.hexdigest()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a recording's file; arrays stay on disk until they are sliced."""
        file = h5py.File(path, "r")
        small = {name: file[name][...] for name in ("step", "kernel", "bias", "low", "high")}
        large = {name: file[name] for name in ("activation", "grid_activation", "output", "logit")}
        still = {name: file[name][...] for name in ("x", "y", "bounds", "grid")}
        history = {name: values[...] for name, values in file["history"].items()}
        return cls(_facts(file), history=history, **small, **large, **still)


class Recorder:
    """Writes a recording frame by frame; use it as a context manager."""

    def __init__(self, path: Path, facts: Facts, still: Mapping[str, Array], frames: int) -> None:
        self._file = h5py.File(path, "w")
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
        if kind is None and self._next < self._frames:
            self._shorten()
        self._file.close()

    def repeat(self) -> None:
        """Add the last frame once more."""
        for array in self._arrays.values():
            array[self._next] = array[self._next - 1]
        self._next += 1

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


def _facts(file: h5py.File) -> Facts:
    """JSON has lists where a frozen value has tuples."""
    told: dict[str, Any] = json.loads(file.attrs["facts"])
    told = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return Facts(**told)
