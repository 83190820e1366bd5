"""Writes a recording's file, frame by frame, and its compact form."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from nnviz_cli.recording.arrays import ARRAYS, LAYOUT, Entry
from nnviz_cli.recording.run_info import Facts
from nnviz_cli.recording.untrusted import MOST_CHUNK, opened

Array = NDArray[Any]
Frame = Mapping[str, Array | float | int]  # arrays by their names in a recording

BLOCK = 64  # frames that small arrays are kept in memory for, before they are written together
CHUNK = 1 << 16  # bytes of a chunk, if a frame takes less
LEVEL = 9  # of gzip
WORTHWHILE = 4096  # bytes of an array that is worth the index of its chunks
_GROUPS = {entry.name.split("/")[0]: entry for entry in ARRAYS}


class Recorder:
    """Writes a recording frame by frame; use it as a context manager.

    How many frames there will be need not be known. Raises OSError if the disk does not take
    them; the file is then of no use.
    """

    def __init__(
        self, path: Path, facts: Facts, once: Mapping[str, Array], spec: Mapping[str, Any] = {}
    ) -> None:
        """`once` are the arrays without frames, by name."""
        self._sink = _Sink(path, "w+")
        self._file = h5py.File(self._sink, "w")
        self._facts = facts
        if spec:
            once = {**once, "spec": _text(spec)}
        for name, values in once.items():
            self._file[name] = np.asarray(values, _entry(name).dtype)
            _describe(self._file[name], name)
        self._waiting: list[Frame] = []
        self._written = 0
        self._last: Frame = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._sink:
            if kind is None:
                self._flush()
                self._file["info"] = _text({"layout": LAYOUT, **self._facts.as_plain()})
                _describe(self._file["info"], "info")
            self._file.close()
            if kind is None:
                self._sink.check()

    def append(self, frame: Frame) -> None:
        """Add one frame."""
        self._last = frame
        self._waiting.append(frame)
        room = BLOCK * CHUNK // 4
        size = sum(np.asarray(values).nbytes for values in frame.values())
        if len(self._waiting) >= max(1, min(BLOCK, room // size)):
            self._flush()

    def repeat(self) -> None:
        """Add the last frame once more."""
        self.append(self._last)

    def note(self, **facts: Any) -> None:
        """Change facts that are known only now."""
        self._facts = replace(self._facts, **facts)

    def _flush(self) -> None:
        """Write the frames that are kept in memory."""
        count = len(self._waiting)
        for name in self._waiting[0] if count else ():
            values = np.array([frame[name] for frame in self._waiting], _entry(name).dtype)
            array = self._file.get(name)
            if array is None:
                array = self._create(name, values)
            array.resize(self._written + count, axis=0)
            array[self._written :] = values
        self._written += count
        self._waiting = []
        self._sink.check()

    def _create(self, name: str, values: Array) -> h5py.Dataset:
        """An array that grows by frames."""
        inside = values.shape[1:]
        array = self._file.create_dataset(
            name,
            (0, *inside),
            values.dtype,
            chunks=(_frames_per_chunk(values.nbytes // len(values)), *inside),
            maxshape=(None, *inside),
        )
        _describe(array, name)
        return array


def write_compact(source: Path, target: Path) -> None:
    """Copy a recording without what follows from its weights, compressed by gzip and shuffle.

    Raises SpecError if `source` is not a recording, OSError if the disk does not take the copy.
    """
    file, _ = opened(source)
    with file, _Sink(target, "w+") as sink:
        with h5py.File(sink, "w") as copy:
            for name in _arrays(file):
                if not _entry(name).derived:
                    _compress(copy, name, file[name])
        sink.check()


def _compress(copy: h5py.File, name: str, array: h5py.Dataset) -> None:
    values = array[...]
    if values.nbytes < WORTHWHILE:
        copy[name] = values
        _describe(copy[name], name)
        return
    size = max(1, values.nbytes // max(1, len(values)))
    rows = max(1, min(len(values), MOST_CHUNK // size))
    copy.create_dataset(
        name,
        data=values,
        chunks=(rows, *values.shape[1:]),
        compression="gzip",
        compression_opts=LEVEL,
        shuffle=True,
    )
    _describe(copy[name], name)


def _arrays(file: h5py.File) -> list[str]:
    names: list[str] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and name.split("/")[0] in _GROUPS:
            names.append(name)

    file.visititems(visit)
    return names


def _entry(name: str) -> Entry:
    """What the table says of an array. Raises KeyError if it is not there."""
    return _GROUPS[name.split("/")[0]]


def _text(values: Mapping[str, Any]) -> Array:
    """JSON in UTF-8."""
    return np.frombuffer(json.dumps(values).encode(), np.uint8)


def _describe(array: h5py.Dataset, name: str) -> None:
    """Say in the file itself what an array is."""
    entry = _entry(name)
    texts = {"meaning": entry.meaning, "dimensions": " ".join(entry.dims), "unit": entry.unit}
    for key, text in texts.items():
        if text:
            array.attrs[key] = np.bytes_(text.encode())  # of a fixed length takes less room


def _frames_per_chunk(size: int) -> int:
    return max(1, min(256, CHUNK // max(1, size)))


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
