"""Whether a recording's file is what it says: it may be a stranger's, damaged, or an older one.

Only plain numbers that lie in the file itself are let in. HDF5 could lead elsewhere: links to
other files, arrays whose values are in other files, arrays that claim more room than they
have, objects. All of these are refused by what the file says of itself, before a value is read.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py

from nnviz_cli.errors import SpecError, printable

MOST_ARRAYS = 1000
MOST_FACTS = 1 << 16  # bytes
KINDS = "fiubS"  # of numbers and of bytes, as NumPy calls them
NEEDED = ("x", "y", "bounds", "extent", "grid", "held_out", "step", "output", "logit")
TASKS = ("regression", "binary", "multiclass")
HINT = "make one with `nnviz render SPEC -o run.h5`"

Shape = tuple[int, ...]


def opened(path: Path) -> h5py.File:
    """A recording's file, open for reading, or a SpecError that says what is wrong with it."""
    name = printable(str(path))
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise SpecError(f"{name}: no such file") from None
    except OSError as error:
        first = str(error).partition("(")[2].rstrip(")") or str(error)
        raise SpecError(f"{name}: not a whole HDF5 file ({printable(first)})") from None
    try:
        reason = _wrong(file, path.stat().st_size)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        reason = f"damaged ({printable(str(error).partition(chr(10))[0])})"
    if reason:
        file.close()
        raise SpecError(f"{name}: not a recording that this nnviz can read: {reason}; {HINT}")
    return file


def _wrong(file: h5py.File, size: int) -> str:
    """What is wrong, or nothing."""
    shapes: dict[str, Shape] = {}
    for name, thing in _members(file):
        if isinstance(thing, str):
            return f"'{printable(name)}' {thing}"
        if reason := _not_plain(thing, size):
            return f"'{printable(name)}' {reason}"
        shapes[name] = thing.shape
        if len(shapes) > MOST_ARRAYS:
            return "too many arrays"
    facts = file.attrs.get("facts", "")
    if not isinstance(facts, str) or not 0 < len(facts) <= MOST_FACTS:
        return "it says nothing of its network"
    return _misfit(json.loads(facts), shapes)


def _members(group: h5py.Group, above: str = "") -> Iterator[tuple[str, Any]]:
    """Arrays by name, in groups too; words in place of what is none."""
    for name in group:
        link, full = group.get(name, getlink=True), f"{above}{name}"
        if not isinstance(link, h5py.HardLink):
            yield full, "is a link to another place"
            continue
        member = group[name]
        if isinstance(member, h5py.Dataset):
            yield full, member
        elif isinstance(member, h5py.Group) and not above:
            yield from _members(member, f"{name}/")
        else:
            yield full, "is no array"


def _not_plain(array: h5py.Dataset, size: int) -> str:
    """Why an array is not plain numbers in this very file, or nothing."""
    kind = array.dtype
    if kind.kind not in KINDS or kind.subdtype or kind.names:
        return f"holds {kind}, not numbers"
    if array.external or array.is_virtual:
        return "has its values in another file"
    if array.chunks or array.compression or array.nbytes != array.id.get_storage_size():
        return f"claims {array.nbytes} bytes and has {array.id.get_storage_size()}"
    return "claims more than the file holds" if array.nbytes > size else ""


def _misfit(facts: Any, shapes: Mapping[str, Shape]) -> str:
    """What of the facts and the arrays does not fit together, or nothing."""
    if not isinstance(facts, dict):
        return "its facts are no mapping"
    needed = [*NEEDED, "history/loss", *(["misclassified"] if facts.get("classes") else [])]
    if missing := [name for name in needed if name not in shapes]:
        return f"'{missing[0]}' is missing"
    return _wrong_facts(facts) or _misshapen(facts["units"], shapes)


def _wrong_facts(facts: Mapping[str, Any]) -> str:
    """What of the facts is missing or of the wrong kind, or nothing."""
    units: Any = facts.get("units")
    if not _are(units, int) or len(units) < 2 or min(units) < 1:
        return "it does not say how wide its layers are"
    layers = len(units) - 1
    for key in ("names", "activations"):
        told: Any = facts.get(key)
        if not _are(told, str) or len(told) != layers:
            return f"its facts name no {key}"
    if facts.get("task") not in TASKS or not _are(facts.get("classes"), str):
        return "it does not say what was learnt"
    if not _are(facts.get("per_class", []), int):
        return "it does not say how many points each class has"
    if facts.get("probe") not in range(1, layers + 1) or not facts.get("steps_per_epoch"):
        return "it does not say how it was trained"
    return ""


def _are(values: Any, kind: type) -> bool:
    return isinstance(values, list) and all(type(value) is kind for value in values)


def _misshapen(units: list[int], shapes: Mapping[str, Shape]) -> str:
    """The first array whose shape is not that of a recording, or nothing; -1 is any number."""
    frames, (watched, *_) = shapes["step"][:1] or (0,), shapes["x"] or (0,)
    count, last = frames[0], len(units) - 1
    if not count or not watched:
        return "it holds no frame"
    lines, points = (*shapes["grid"], 0, 0)[:2]
    wanted: dict[str, Shape] = {
        "x": (watched, units[0]),
        "y": (watched, -1),
        "bounds": (units[0], 2),
        "extent": (units[0], 2),
        "grid": (lines, points, units[0]),
        "held_out": (-1,),
        "data_x": (-1, units[0]),
        "data_y": (-1, -1),
        "step": (count,),
        "misclassified": (count,),
        "output": (count, watched, units[-1]),
        "logit": (count, -1, -1, -1),
    }
    for layer in range(1, last + 1):
        n, m = units[layer - 1 : layer + 1]
        wanted |= {
            f"kernel/{layer}": (count, n, m),
            f"bias/{layer}": (count, m),
            f"activation/{layer}": (count, watched, m),
            f"grid_activation/{layer}": (count, lines, points, m),
            f"low/{layer}": (count, m),
            f"high/{layer}": (count, m),
        }
    for name, shape in shapes.items():
        if name.startswith("history/"):
            wanted[name] = (count,)
        asked = wanted.get(name, ())
        fits = len(shape) == len(asked) and all(
            a in (-1, b) for a, b in zip(asked, shape, strict=True)
        )
        if name in wanted and not fits:
            return f"'{printable(name)}' has the shape {shape}"
        if name not in wanted and name.startswith(("kernel/", "bias/", "activation/")):
            return f"'{printable(name)}' belongs to no layer"
    for name in (f"kernel/{last}", f"bias/{last}"):
        if name not in shapes:
            return f"'{name}' is missing"
    return ""
