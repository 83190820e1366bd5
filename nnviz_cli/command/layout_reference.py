"""The layout of a recording's file, as Markdown; `make schema` writes docs/recording.md.

The tables are derived from the table of arrays and from the fields of `info`, whose comments are
their descriptions.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from typing import get_type_hints

from nnviz_cli.command.reference import codes, table
from nnviz_cli.recording.activations import ACTIVATIONS
from nnviz_cli.recording.arrays import ARRAYS, LAYOUT, RESERVED, Entry
from nnviz_cli.recording.forward import LAYER_KINDS, LayerInfo
from nnviz_cli.recording.recorder import LEVEL
from nnviz_cli.recording.run_info import Facts
from nnviz_cli.recording.untrusted import MOST_CHUNK

_JSON = {
    "str": "text",
    "int": "integer",
    "float | None": "number or null",
    "tuple[str, ...]": "list of text",
    "tuple[int, ...]": "list of integers",
    "tuple[LayerInfo, ...]": "list of [layers](#a-layer)",
    "Mapping[str, str]": "object of text",
    "Mapping[str, Any]": "object",
}
_DOCUMENT = """\
# The layout of a recording

<!-- written by `make schema`; do not edit -->

An output that ends in `.h5` is a *recording*: the numbers of one training, from which every film of
it is drawn. It is an HDF5 file with plain arrays, in which the first dimension of what changes in
the training is the frame. Frame 0 is the untrained network. Layers are counted from 1.

```python
import json

import h5py
import numpy as np

with h5py.File("run.h5") as file:
    info = json.loads(file["info"][:].tobytes())
    spec = json.loads(file["spec"][:].tobytes())
    epochs = file["step"][:] / info["steps_per_epoch"]  # (frames,)
    loss = file["history/loss"][:]  # (frames,)
    kernel = file["weights/1/kernel"][-1]  # (inputs, units), of the last frame
    bias = file["weights/1/bias"][-1]  # (units,)
    x = file["x"][:]  # (points, inputs)

hidden = np.tanh(x @ kernel + bias)  # (points, units), what the first layer computes
```

## Arrays

{arrays}

In a name, `{{layer}}` is the number of a layer, `{{array}}` the name of one of its weights in Keras
and `{{metric}}` the name of a metric. Of the dimensions, `before` is the number of units of the
layer before, or of inputs for the first one; `targets` is 1 where there are classes, else the
number of outputs; `*` stands for the dimensions of each of the weights. In the file each array has
its meaning, its dimensions and its unit as the attributes `meaning`, `dimensions` and `unit`.

Optional arrays may be left out; a layer without a bias has none. `misclassified` is there if there
are classes.

## Compact recordings

`{{path: run.h5, compact: true}}` leaves out the arrays that the column "compact" says are not in
it: they are computed from the weights when a film is drawn. Arrays are compressed by gzip (level
{level}) after shuffle, in chunks of at most {chunk} MiB, or of one frame if that is more; small
ones may be stored as they are. No other filter is accepted when a recording is read, nor arrays
that inflate to more than their chunks claim.

## `info`

A JSON object. Besides `"layout": {layout}`, the version of the layout, it has these keys:

{info}

### A layer

{layer}

Kinds: {kinds}. Activations: {activations}. They compute at inference what Keras's layers and
activations of these names do.

## `spec`

The resolved spec as JSON: every default filled in, as `nnviz show` prints it, `outputs` left out.
A recording that was not made from a spec has none.

## Versions

This is version {layout} of the layout. It changes whenever an array or a key of `info` is added,
removed, renamed, or has another shape, type or meaning; a file of another version is refused, and
has to be recorded again. Readers must ignore arrays and groups whose first name is not in the
table: they do not change the version.

The group `{reserved}` is reserved for the state of the training: the optimizer's variables, the
random generators and the step of a learning-rate schedule. nnviz writes nothing to it yet.
"""


def document() -> str:
    """The whole document."""
    return _DOCUMENT.format(
        arrays="\n".join(table(_array_rows())),
        info="\n".join(table(_field_rows(Facts))),
        layer="\n".join(table(_field_rows(LayerInfo))),
        kinds=codes(LAYER_KINDS),
        activations=codes(ACTIVATIONS),
        layout=LAYOUT,
        level=LEVEL,
        chunk=MOST_CHUNK >> 20,
        reserved=RESERVED.rstrip("/"),
    )


def _array_rows() -> Iterator[list[str]]:
    yield ["name", "dimensions", "type", "unit", "compact", "meaning"]
    for entry in ARRAYS:
        dims = ", ".join(f"`{dim}`" for dim in entry.dims)
        compact = "no" if entry.derived else "yes"
        yield [f"`{entry.name}`", dims, entry.dtype, entry.unit, compact, _meaning(entry)]


def _meaning(entry: Entry) -> str:
    return f"optional: {entry.meaning}" if entry.optional else entry.meaning


def _field_rows(cls: type) -> Iterator[list[str]]:
    """A row per field: name, JSON type and the comment."""
    yield ["key", "value", "meaning"]
    types = get_type_hints(cls)
    for name, comment in comments(cls).items():
        yield [f"`{name}`", _json_type(types[name]), comment]


def _json_type(kind: object) -> str:
    """The JSON type of a field's values."""
    return _JSON[kind.__name__ if isinstance(kind, type) else re.sub(r"\w+\.(?=\w)", "", str(kind))]


def comments(cls: type) -> dict[str, str]:
    """The fields of a dataclass with the comment at the end of the line, bases first."""
    found = {}
    for each in reversed(cls.__mro__[:-1]):
        field = re.compile(r"^    (\w+): [^#\n]*  # ((?:.*)(?:\n    # .*)*)$", re.MULTILINE)
        for name, comment in field.findall(inspect.getsource(each)):
            found[name] = comment.replace("\n    # ", " ")
    return found


if __name__ == "__main__":
    sys.stdout.write(document())
