"""docs/recording.md has all of a recording's layout, and its example reads a recording."""

import json
import re
from dataclasses import fields
from pathlib import Path

import h5py
import numpy as np
import pytest

from nnviz_cli.command.layout_reference import comments, document
from nnviz_cli.recording.arrays import ARRAYS, LAYOUT
from nnviz_cli.recording.forward import LayerInfo
from nnviz_cli.recording.recorder import write_compact
from nnviz_cli.recording.run_info import Facts
from tests.test_docs import blocks

COMMITTED = Path(__file__).parent.parent.parent / "docs" / "recording.md"
TEXT = document()
ROWS = {
    cells[0].strip("`"): cells[1:]
    for cells in (line[2:-2].split(" | ") for line in TEXT.splitlines() if line.startswith("| `"))
}


def test_the_committed_layout_is_the_generated_one():
    assert COMMITTED.read_text() == TEXT, "run make schema"
    assert f"version {LAYOUT} of the layout" in TEXT


@pytest.mark.parametrize("cls", [Facts, LayerInfo])
def test_every_field_of_the_info_has_a_comment_and_a_row(cls):
    named = comments(cls)
    assert list(named) == [each.name for each in fields(cls)]
    for name, comment in named.items():
        assert len(comment) > 5, name
        assert not comment.startswith("#"), name
    assert set(named) <= set(ROWS)


def test_every_array_has_a_row_and_says_whether_a_compact_recording_has_it(make, tmp_path):
    make((2, 3, 1))
    write_compact(tmp_path / "invented.h5", tmp_path / "compact.h5")
    with h5py.File(tmp_path / "compact.h5") as file:
        there = {name.split("/")[0] for name in file}
    for entry in ARRAYS:
        dims, dtype, _, compact, meaning = ROWS[entry.name]
        assert re.findall("`(.*?)`", dims) == list(entry.dims)
        assert dtype == entry.dtype
        assert meaning.endswith(entry.meaning)
        assert meaning.startswith("optional: ") == entry.optional
        if not entry.optional:
            assert (compact == "yes") == (entry.name.split("/")[0] in there), entry.name


@pytest.mark.parametrize("compact", [False, True])
def test_the_example_reads_a_recording(compact, make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recording = make((2, 3, 1))
    with h5py.File("invented.h5", "a") as file:
        file["spec"] = np.frombuffer(json.dumps({"seed": 7}).encode(), np.uint8)
    if compact:
        write_compact(tmp_path / "invented.h5", tmp_path / "run.h5")
    else:
        (tmp_path / "invented.h5").rename("run.h5")
    (code,) = blocks("docs/recording.md", "python")
    names = {}
    exec(code, names)  # noqa: S102 (our own document)
    assert names["spec"] == {"seed": 7}
    assert names["info"]["units"] == [2, 3, 1]
    np.testing.assert_allclose(names["hidden"], recording.recorded[-1], atol=1e-6)
    np.testing.assert_array_equal(names["loss"], recording.history["loss"])
    assert names["epochs"][-1] == recording.epoch(recording.frames - 1)
