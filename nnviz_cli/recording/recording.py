"""The numbers of one run, frame by frame: the wall between training and drawing.

Left of it Keras, right of it matplotlib, and nothing but numbers in between. The weights are the
run: what other layers, grids and surfaces show is computed from them when it is drawn.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from nnviz_cli.errors import SpecError, printable
from nnviz_cli.limits import UNIT_MESH, mesh_points
from nnviz_cli.recording.arrays import ARRAYS
from nnviz_cli.recording.grid import input_grid, input_mesh, widened
from nnviz_cli.recording.network import Frames, Network
from nnviz_cli.recording.run_info import Facts
from nnviz_cli.recording.untrusted import HINT, opened

Array = NDArray[Any]
DEAD = 1e-6  # a unit whose activations differ by less is dead
FAR = 1e30  # in place of infinity in quantiles
FEW = 1000  # points over which quantiles of activations are computed
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SMALL = 1 << 20  # values; an array with fewer is read at once


@dataclass(frozen=True)
class Look:
    """What a layer does; all arrays begin with frames."""

    activation: Any  # (frames, points, units), at x
    grid_activation: Any  # (frames, lines, points, units), on the grid
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
        """Which units do not give the same output for every input (units,), bool."""
        differs: Array = self.extent(frame) > DEAD
        return differs


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Scores over the plane of two inputs, by which the decision rule chooses a class.

    One score: its sign chooses, positive for class 1. Several: the largest wins. See `decision`.
    """

    extent: Array  # (inputs, 2)
    scores: Frames  # (frames, scores, rows, columns), the outermost on the edges of the extent


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Facts, and arrays whose frames come first; an array may be an HDF5 dataset.

    Frame 0 is the untrained network. Layers are counted from 1; see `arrays` for the table.
    """

    facts: Facts
    spec: Mapping[str, Any]  # the resolved spec
    x: Array  # (points, inputs), where the network is drawn
    y: Array  # (points, outputs) of a regression, else labels (points, 1)
    bounds: Array  # (inputs, 2), where the data is
    data_x: Array  # (data, inputs), what there is to learn from; x itself but for curves
    data_y: Array  # (data, outputs) or (data, 1)
    held_out: Array  # (data,) bool, which of the data the training never sees
    step: Array  # (frames,) int64, optimizer steps taken
    misclassified: Array  # (frames,) int, training points that get another class; 0 without classes
    history: Mapping[str, Array]  # 'loss', each metric, and 'val_' with each: (frames,)
    weights: Mapping[int, Mapping[str, Array]]  # by layer and Keras's name, (frames, …)
    low: Mapping[int, Array]  # by layer, (frames, units), least activation over x and the grid
    high: Mapping[int, Array]  # greatest
    gradient_norm: Array  # (frames, layers)
    recorded: Array | None = None  # (frames, points, units) of the probed layer, by Keras
    recorded_output: Array | None = None  # (frames, points, outputs), by Keras

    @property
    def frames(self) -> int:
        """How many frames the film has."""
        return len(self.step)

    @property
    def last(self) -> int:
        """The index of the last layer."""
        return len(self.facts.units) - 1

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

    @cached_property
    def grid(self) -> Array:
        """Lines over the input plane (lines, points, inputs); 0 lines if it is no plane."""
        return input_grid(self.bounds)

    @cached_property
    def looks(self) -> Mapping[int, Look]:
        """What each layer does."""
        return {layer: self._look(layer) for layer in range(1, self.last + 1)}

    @cached_property
    def output(self) -> Any:
        """The network's output at x, (frames, points, outputs)."""
        if self.recorded_output is not None:
            return self.recorded_output
        return self.looks[self.last].activation

    @cached_property
    def kernels(self) -> Mapping[int, Array]:
        """Of the layers that have one: (frames, units before, units)."""
        return {k: arrays["kernel"] for k, arrays in self.weights.items() if "kernel" in arrays}

    @cached_property
    def biases(self) -> Mapping[int, Array]:
        """Of the layers that have a kernel: (frames, units), 0 where there is none."""
        return {
            layer: self.weights[layer].get("bias", np.zeros((self.frames, kernel.shape[2])))
            for layer, kernel in self.kernels.items()
        }

    @cached_property
    def maps(self) -> Mapping[int, Frames]:
        """Of each layer (frames, units, rows, columns) over two inputs, else (…, points) over x."""
        mesh = input_mesh(self.bounds, UNIT_MESH, UNIT_MESH)
        name, places = ("unit mesh", mesh) if len(mesh) else ("x", self.x)
        across, inside = _columns(places), places.shape[:-1]

        def maps(layer: int) -> Frames:
            shape = (self.frames, self.facts.units[layer], *inside)
            return Frames(
                shape,
                lambda frame: self._network.run(frame, name, across)[0][layer - 1].reshape(
                    shape[1:]
                ),
            )

        return {layer: maps(layer) for layer in range(1, self.last + 1)}

    @cached_property
    def spread(self) -> Mapping[str, Array]:
        """Quantiles of 'weights' and 'activations' (frames, layers, QUANTILES); 'gradients'."""
        few = _columns(self.x[:: max(1, len(self.x) // FEW)])
        layers, frames = range(1, self.last + 1), range(self.frames)
        answers = [self._network.run(frame, "few", few)[0] for frame in frames]
        kernels = [[self.kernels[k][frame] for k in layers] for frame in frames]
        return {
            "weights": np.array([_quantiles(each) for each in kernels]),
            "activations": np.array([_quantiles(each) for each in answers]),
            "gradients": self.gradient_norm,
        }

    def surface(self, reach: tuple[float, float]) -> Surface:
        """The scores over a plane of inputs `reach` times as wide and as high as the bounds."""
        extent = widened(self.bounds, reach)
        mesh = input_mesh(extent, *mesh_points(reach))
        across, name = _columns(mesh), f"mesh {reach}"

        def scores(frame: int) -> Array:
            activations, logit = self._network.run(frame, name, across)
            lead = self._lead(activations[-1], logit)
            return lead.reshape(-1, *mesh.shape[:2])

        return Surface(
            extent=extent,
            scores=Frames((self.frames, self.facts.units[-1], *mesh.shape[:2]), scores),
        )

    def scores(self, frame: int) -> tuple[Array, Array]:
        """Kernel (units, classes) and bias (classes,) of the scores of which the greatest wins.

        A binary network has one output: class 0 scores 0, class 1 what is over the threshold.
        """
        parts = (self.kernels[self.last][frame], self.biases[self.last][frame])
        kernel, bias = (
            np.nan_to_num(np.asarray(part, float), posinf=1e38, neginf=-1e38) for part in parts
        )
        if self.facts.task == "binary":
            bias = bias - (self.facts.threshold or 0.0)
            kernel, bias = np.insert(kernel, 0, 0, axis=1), np.insert(bias, 0, 0)
        return kernel, bias

    def digests(self) -> Iterator[str]:
        """Eight hexadecimal digits for each frame: its weights and its history."""
        arrays = [array for layer in self.weights.values() for array in layer.values()]
        return _digests([*arrays, *self.history.values()], range(self.frames))

    def layer_digests(self, frame: int) -> Iterator[str]:
        """Eight hexadecimal digits for the weights of each layer at a frame."""
        for layer in range(1, self.last + 1):
            yield from _digests(list(self.weights.get(layer, {}).values()), [frame])

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a recording's file; large arrays stay on disk until they are sliced.

        Raises SpecError if it is not one.
        """
        file, facts = opened(path)
        arrays = {name: _read(file[name]) for name in _names(file)}
        if all(isinstance(array, np.ndarray) for array in arrays.values()):
            file.close()
        return cls(
            facts=facts,
            spec=_spec(arrays.get("spec"), path),
            **{name: arrays[name] for name in ("x", "y", "bounds", "held_out", "step")},
            data_x=arrays.get("data_x", arrays["x"]),
            data_y=arrays.get("data_y", arrays["y"]),
            misclassified=arrays.get("misclassified", np.zeros(len(arrays["step"]), int)),
            history=_group(arrays, "history"),
            weights=_layers(arrays),
            low={int(k): array for k, array in _group(arrays, "low").items()},
            high={int(k): array for k, array in _group(arrays, "high").items()},
            gradient_norm=arrays["gradient_norm"],
            recorded=arrays.get(f"activation/{facts.probe}"),
            recorded_output=arrays.get("output"),
        )

    @cached_property
    def _network(self) -> Network:
        return Network(self.facts, self.weights)

    @cached_property
    def _across(self) -> tuple[Array, Array]:
        """X and the grid, (inputs, points) each."""
        return _columns(self.x), _columns(self.grid)

    def _look(self, layer: int) -> Look:
        units = self.facts.units[layer]
        lines, points, _ = self.grid.shape
        x, grid = self._across

        def activation(frame: int) -> Array:
            return self._network.run(frame, "x", x)[0][layer - 1].T

        def on_grid(frame: int) -> Array:
            bent = self._network.run(frame, "grid", grid)[0][layer - 1]
            return np.ascontiguousarray(bent.T).reshape(lines, points, units)

        places: Any = Frames((self.frames, len(self.x), units), activation)
        if layer == self.facts.probe and self.recorded is not None:
            places = self.recorded
        bent = Frames((self.frames, lines, points, units), on_grid)
        return Look(places, bent, self.low[layer], self.high[layer])

    def _lead(self, output: Array, logit: Array) -> Array:
        """What the decision rule compares, (outputs, points); see `decision`."""
        if self.facts.task != "binary":
            return logit
        if self.facts.threshold is None:
            return output - np.float32(self.facts.cut or 0.0)
        return logit - np.float32(self.facts.threshold)


def _spec(text: Array | None, path: Path) -> Mapping[str, Any]:
    """The spec in a file, without a check of its keys."""
    if text is None:
        return {}
    try:
        spec = json.loads(text.tobytes())
    except (ValueError, RecursionError):
        spec = None
    if not isinstance(spec, dict):
        raise SpecError(f"{printable(str(path))}: damaged: 'spec' is not a JSON object; {HINT}")
    return spec


def _columns(places: Array) -> Array:
    """Places (…, inputs) as (inputs, places), contiguous, float32."""
    return np.ascontiguousarray(places.reshape(-1, places.shape[-1]).T, np.float32)


def _quantiles(arrays: Sequence[Array]) -> Array:
    """Quantiles of each array (arrays, QUANTILES), float32; infinite values are far away."""
    finite = [np.nan_to_num(each.astype(float), posinf=FAR, neginf=-FAR) for each in arrays]
    found: Array = np.array([np.quantile(each, QUANTILES) for each in finite], np.float32)
    return found


def _digests(arrays: Sequence[Array], frames: Sequence[int]) -> Iterator[str]:
    for frame in frames:
        digest = hashlib.blake2b(digest_size=4)
        for array in arrays:
            digest.update(np.asarray(array[frame]).tobytes())
        yield digest.hexdigest()


def _names(file: h5py.File) -> list[str]:
    """The arrays of a file that the table knows."""
    known = {entry.name.split("/")[0] for entry in ARRAYS}
    names: list[str] = []
    file.visititems(
        lambda name, item: (
            names.append(name)
            if isinstance(item, h5py.Dataset) and name.split("/")[0] in known
            else None
        )
    )
    return names


def _read(array: h5py.Dataset) -> Any:
    """An array in memory if it is small, else as it is in the file."""
    return array[...] if array.size < SMALL else array


def _group(arrays: Mapping[str, Any], group: str) -> dict[str, Any]:
    """The arrays of a group by their names in it."""
    prefix = f"{group}/"
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _layers(arrays: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """The weights by layer and name."""
    layers: dict[int, dict[str, Any]] = {}
    for name, array in sorted(_group(arrays, "weights").items()):
        layer, _, weight = name.partition("/")
        layers.setdefault(int(layer), {})[weight] = array
    return dict(sorted(layers.items()))
