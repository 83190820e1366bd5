"""A recording from a stranger, a damaged one or an older one is refused in words."""

import json
import zlib

import h5py
import numpy as np
import pytest

from nnviz_cli.errors import SpecError
from nnviz_cli.recording.recording import Recording
from tests.draw.test_morph import network


def info(text):
    """Replace what a file says of its network."""

    def change(file):
        del file["info"]
        file["info"] = np.frombuffer(text.encode(), np.uint8)

    return change


def facts(**changes):
    """Change some of it."""

    def change(file):
        info(json.dumps(json.loads(file["info"][...].tobytes()) | changes))(file)

    return change


def without(name):
    def change(file):
        del file[name]

    return change


def instead(name, make):
    """Put something else in the place of an array."""

    def change(file):
        del file[name]
        make(file, name)

    return change


def put(values):
    return lambda file, name: file.create_dataset(name, data=values)


def external_values(file, name):
    place = ("/etc/hostname", 0, 8)
    file.create_dataset(name, (2,), np.int32, external=[place])


def virtual(file, name):
    layout = h5py.VirtualLayout((2,), np.int64)
    layout[:] = h5py.VirtualSource("other.h5", "step", (2,))
    file.create_virtual_dataset(name, layout)


def bomb(**options):
    """300 MB of zeros in 300 kB."""

    def make(file, name):
        file.create_dataset(
            name,
            data=np.zeros((300 << 20) // 8 * 2, "f4").reshape(-1, 2),
            compression="gzip",
            compression_opts=1,
            **options,
        )

    return make


def inflated(file, name):
    """A chunk of 320 bytes that inflates to a hundred times as many."""
    array = file.create_dataset(
        name, (40, 2), "f4", compression="gzip", shuffle=True, chunks=(40, 2)
    )
    array.id.write_direct_chunk((0, 0), zlib.compress(bytes(32000)))


def loop(file):
    file["history/again"] = file["history"]


HOSTILE = {
    "a link to another file": (
        instead("x", lambda f, n: f.__setitem__(n, h5py.ExternalLink("/etc/passwd", "/x"))),
        "'x' is a link to another place",
    ),
    "a soft link": (
        instead("x", lambda f, n: f.__setitem__(n, h5py.SoftLink("/y"))),
        "'x' is a link to another place",
    ),
    "values in another file": (instead("step", external_values), "values in another file"),
    "a virtual array": (instead("step", virtual), "'step' has its values in another file"),
    "a shape that is not there": (
        instead("output", lambda f, n: f.create_dataset(n, (10**9, 10**6, 1), np.float32)),
        r"'output' claims \d+ bytes and has 0",
    ),
    "a compressed bomb": (
        instead("x", bomb(shuffle=True, chunks=(1 << 16, 2))),
        "its compressed arrays claim too much memory",
    ),
    "chunks without values": (
        instead(
            "x", lambda f, n: f.create_dataset(n, (40, 2), "f4", compression="gzip", shuffle=True)
        ),
        "'x' lacks some of its values",
    ),
    "large chunks": (
        instead("x", bomb(shuffle=True, chunks=(1 << 20, 2))),
        "'x' has chunks of 8388608 bytes",
    ),
    "a chunk that inflates to more": (
        instead("x", inflated),
        "'x' has a chunk of another size than it claims",
    ),
    "another filter": (
        instead("x", bomb(chunks=(1 << 16, 2))),
        "'x' is compressed in another way than gzip with shuffle",
    ),
    "objects": (
        instead("y", lambda f, n: f.create_dataset(n, (40, 1), h5py.string_dtype())),
        "'y' holds object, not numbers",
    ),
    "a table": (
        instead("y", lambda f, n: f.create_dataset(n, (40,), [("a", "f4"), ("b", "f4")])),
        "'y' holds",
    ),
    "no shape": (instead("x", put(1.0)), "no frame|'x' has the shape"),
    "a group that holds itself": (loop, "'history/again/again' is not an array"),
    "no gradient norms": (without("gradient_norm"), "'gradient_norm' is missing"),
    "another version of the layout": (facts(layout=99), "its layout has version 99, expected 1"),
    "a layout in words": (facts(layout="1"), "its layout has version '1', expected 1"),
    "points held out of other data": (
        instead("held_out", put(np.zeros(3, bool))),
        r"'held_out' has the shape \(3,\)",
    ),
    "no loss": (without("history/loss"), "'history/loss' is missing"),
    "no last layer": (without("weights/2/kernel"), "'weights/2/kernel' is missing"),
    "another shape": (
        instead("weights/1/kernel", put(np.zeros((2, 3, 2), np.float32))),
        r"'weights/1/kernel' has the shape \(2, 3, 2\)",
    ),
    "other frames": (instead("step", put(np.zeros(3, int))), "has the shape"),
    "no frame": (instead("step", put(np.zeros(0, int))), "it holds no frame"),
    "a layer too many": (
        lambda f: f.create_dataset("weights/9/kernel", data=np.zeros((2, 1, 1), np.float32)),
        "'weights/9/kernel' belongs to no layer",
    ),
    "a spec that is not JSON": (
        instead("spec", put(np.frombuffer(b"\xb0{", np.uint8))),
        "'spec' is not a JSON object",
    ),
    "no facts": (without("info"), "written by an earlier version of nnviz"),
    "numbers for facts": (instead("info", put(np.zeros(3))), "'info' is not text"),
    "facts that are no JSON": (info("{"), "in its 'info'"),
    "a list of facts": (info("[]"), "its layout has version None"),
    "widths that are none": (facts(units=[2, 0, 1]), "widths of at least two layers"),
    "widths in words": (facts(units="2-3-1"), "'units' must be a list of int"),
    "names for too few layers": (facts(layers=[]), "same widths"),
    "another task": (facts(task="clustering"), "unknown task 'clustering'"),
    "a probe that is not there": (facts(probe=7), "'probe' must be from 1 to 2"),
    "facts of a later version": (facts(colour="red"), "unknown 'colour'"),
}


@pytest.fixture
def place(tmp_path):
    return network(tmp_path, [2, 3, 1], ["tanh", "sigmoid"])


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_recording_is_refused_in_words(what, place):
    change, words = HOSTILE[what]
    with h5py.File(place, "a") as file:
        change(file)
    with pytest.raises(SpecError, match=words) as refused:
        Recording.open(place)
    assert str(place) in str(refused.value)


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.9, 0.999])
def test_a_file_that_was_cut_is_refused(share, place):
    whole = place.read_bytes()
    place.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(SpecError, match="not a whole HDF5 file|damaged|not a recording"):
        Recording.open(place)


def test_damaged_bytes_give_words_or_numbers_but_no_traceback(place):
    whole = place.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for at in rng.integers(0, min(len(whole), 6000), 12):
            damaged[at] = rng.integers(256)
        place.write_bytes(damaged)
        try:
            Recording.open(place)
        except SpecError:
            refused += 1
    assert refused > 10


def test_what_is_not_there_or_no_hdf5_is_refused(tmp_path):
    with pytest.raises(SpecError, match="no such file"):
        Recording.open(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("title: no recording")
    with pytest.raises(SpecError, match="not a whole HDF5 file"):
        Recording.open(tmp_path / "text.h5")
    with pytest.raises(SpecError, match="not a whole HDF5 file"):
        Recording.open(tmp_path)


def test_a_good_recording_is_let_in(place):
    recording = Recording.open(place)
    assert recording.frames == 2
    assert recording.kernels[1].shape == (2, 2, 3)
