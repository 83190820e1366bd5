"""Whether a recording's file is what it says: it may come from others, be damaged, or be older.

Only plain numbers that lie in the file itself are let in. HDF5 could lead elsewhere: links to
other files, arrays whose values are in other files, arrays that claim more room than they
have, objects, filters that inflate. All of these are refused by what the file says of itself
before a value is read; compressed chunks are inflated with a bound.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np

from nnviz_cli.errors import SpecError, printable
from nnviz_cli.recording.arrays import ARRAYS, LAYOUT, Expected, expected
from nnviz_cli.recording.run_info import Facts

MOST_ARRAYS = 5000
MOST_DEPTH = 3  # of names: weights/1/kernel
MOST_INFO = 1 << 18  # bytes
MOST_CHUNK = 1 << 20  # bytes of a compressed chunk
MOST_INFLATED = 1 << 28  # bytes of all compressed arrays, inflated, or
MOST_RATIO = 50  # times the size of the file, whichever is more
GZIP_AND_SHUFFLE = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE}
KINDS = "fiub"  # of numbers, as NumPy calls them
HINT = "record it again with `nnviz record SPEC -o run.h5`"

Shapes = Mapping[str, tuple[int, ...]]


class _RefusedError(ValueError):
    """What is wrong with a file."""


def opened(path: Path) -> tuple[h5py.File, Facts]:
    """A recording's file, open for reading, and its facts. Raises SpecError for other files."""
    name = printable(str(path))
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise SpecError(f"{name}: no such file") from None
    except OSError as error:
        first = str(error).partition("(")[2].rstrip(")") or str(error)
        raise SpecError(f"{name}: not a whole HDF5 file ({printable(first)})") from None
    try:
        return file, _checked(file, path.stat().st_size)
    except _RefusedError as error:
        reason = str(error)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, zlib.error) as error:
        reason = f"damaged ({printable(str(error).partition(chr(10))[0])})"
    except BaseException:
        file.close()
        raise
    file.close()
    raise SpecError(f"{name}: not a recording that this version of nnviz reads: {reason}; {HINT}")


def _checked(file: h5py.File, size: int) -> Facts:
    """The facts of a file that is a recording. Raises _RefusedError."""
    arrays = dict(_members(file))
    inflated = 0
    for name, array in arrays.items():
        inflated += _check_plain(name, array, size)
        if inflated > max(MOST_INFLATED, MOST_RATIO * size):
            raise _RefusedError("its compressed arrays claim too much memory")
    if "info" not in arrays:
        raise _RefusedError("written by an earlier version of nnviz, or by another program")
    facts = _facts(arrays["info"])
    _check_shapes(facts, {name: array.shape for name, array in arrays.items()})
    return facts


def _facts(info: h5py.Dataset) -> Facts:
    """The facts in a file's JSON. They are no attribute: HDF5 may loop over damaged attributes."""
    if info.dtype != np.uint8 or not 0 < info.size <= MOST_INFO:
        raise _RefusedError("'info' is not text")
    try:
        plain = json.loads(info[...].tobytes())
        layout = plain.pop("layout", None) if isinstance(plain, dict) else None
        if layout != LAYOUT:
            raise _RefusedError(f"its layout has version {layout!r}, expected {LAYOUT}")
        return Facts.from_plain(plain)
    except _RefusedError:
        raise
    except (ValueError, RecursionError) as error:
        raise _RefusedError(f"in its 'info': {printable(str(error))}") from error


def _members(group: h5py.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, h5py.Dataset]]:
    """Arrays by name, in groups too."""
    for count, name in enumerate(group):
        path = (*above, name)
        full = "/".join(path)
        if count > MOST_ARRAYS:
            raise _RefusedError("it has too many arrays")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise _RefusedError(f"'{printable(full)}' is a link to another place")
        member = group[name]
        if isinstance(member, h5py.Dataset):
            yield full, member
        elif isinstance(member, h5py.Group) and len(path) < MOST_DEPTH:
            yield from _members(member, path)
        else:
            raise _RefusedError(f"'{printable(full)}' is not an array")


def _check_plain(name: str, array: h5py.Dataset, size: int) -> int:
    """Refuse an array that is not plain numbers in this very file; bytes that it inflates to."""
    name, kind = printable(name), array.dtype
    if kind.kind not in KINDS or kind.subdtype or kind.names:
        raise _RefusedError(f"'{name}' holds {printable(str(kind))}, not numbers")
    if array.external or array.is_virtual:
        raise _RefusedError(f"'{name}' has its values in another file")
    filters = {array.id.get_create_plist().get_filter(i)[0] for i in range(_filters(array))}
    if filters:
        if not array.chunks or filters != GZIP_AND_SHUFFLE:
            raise _RefusedError(f"'{name}' is compressed in another way than gzip with shuffle")
        _check_chunks(name, array)
        return int(array.nbytes)
    stored = array.id.get_storage_size()
    if stored < array.nbytes or array.nbytes > size:
        raise _RefusedError(f"'{name}' claims {array.nbytes} bytes and has {min(stored, size)}")
    return 0


def _filters(array: h5py.Dataset) -> int:
    return int(array.id.get_create_plist().get_nfilters())


def _check_chunks(name: str, array: h5py.Dataset) -> None:
    """Refuse chunks that are missing, too large, or do not inflate to just what they should."""
    chunk = int(np.prod(array.chunks)) * array.dtype.itemsize
    if chunk > max(MOST_CHUNK, array.dtype.itemsize * int(np.prod(array.shape[1:]))):
        raise _RefusedError(f"'{name}' has chunks of {chunk} bytes")
    wanted = int(np.prod([-(-n // c) for n, c in zip(array.shape, array.chunks, strict=True)]))
    if array.id.get_num_chunks() != wanted:
        raise _RefusedError(f"'{name}' lacks some of its values")
    for i in range(wanted):
        offset = array.id.get_chunk_info(i).chunk_offset
        mask, raw = array.id.read_direct_chunk(offset)
        inflater = zlib.decompressobj()
        if mask or len(inflater.decompress(raw, chunk + 1)) != chunk:
            raise _RefusedError(f"'{name}' has a chunk of another size than it claims")


def _check_shapes(facts: Facts, shapes: Shapes) -> None:
    """Refuse arrays that are missing, unknown, or of another shape than the table says."""
    known = expected(facts, _sizes(shapes))
    history = known["history/loss"]
    known |= {name: history for name in shapes if name.startswith("history/")}
    for name, array in known.items():
        if name in shapes:
            _check_shape(name, array, shapes[name])
        elif not array.optional or name.endswith("/kernel"):
            raise _RefusedError(f"'{printable(name)}' is missing")
    if ("data_x" in shapes) != ("data_y" in shapes):
        raise _RefusedError("'data_x' and 'data_y' must both be there")
    groups = {entry.name.split("/")[0] for entry in ARRAYS}
    for name in shapes.keys() - known.keys():
        if name.split("/")[0] in groups:
            raise _RefusedError(f"'{printable(name)}' belongs to no layer")


def _sizes(shapes: Shapes) -> dict[str, int]:
    """The sizes of the dimensions that the network does not fix."""
    frames, points = (shapes.get(name, ())[:1] or (0,) for name in ("step", "x"))
    if not frames[0] or not points[0]:
        raise _RefusedError("it holds no frame")
    data = shapes.get("data_x", ())[:1] or points
    targets = shapes.get("y", ())[1:2] or (0,)
    return {"frames": frames[0], "points": points[0], "data": data[0], "targets": targets[0]}


def _check_shape(name: str, array: Expected, shape: tuple[int, ...]) -> None:
    fits = len(shape) == len(array.shape) and all(
        want in (None, size) for want, size in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise _RefusedError(f"'{printable(name)}' has the shape {shape}")
