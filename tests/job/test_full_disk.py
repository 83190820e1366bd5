"""A disk without room is reported in one line, before the work or in the middle of it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from nnviz_cli.command import failure
from nnviz_cli.data.table import sample
from nnviz_cli.job.experiment import check
from nnviz_cli.job.run import run
from nnviz_cli.recording.recorder import Recorder
from tests.conftest import RINGS

pytestmark = pytest.mark.process

LONG = RINGS.replace("frames: 4", "frames: 1000")


@pytest.fixture
def small_temporary(small_disk, tmp_path, monkeypatch):
    """A temporary folder of a megabyte, and a spec in the working folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    monkeypatch.chdir(tmp_path)
    Path("rings.yaml").write_text(LONG)
    return small_disk


def names(folder="."):
    return sorted(path.name for path in Path(folder).iterdir())


def fill(folder):
    """Take all the room of a disk."""
    room = os.statvfs(folder)
    (folder / "ballast").write_bytes(bytes(room.f_bavail * room.f_frsize))


def test_a_temporary_folder_without_room_is_one_line_and_status_1(small_temporary):
    said = subprocess.run(
        [sys.executable, "-m", "nnviz_cli", "render", "rings.yaml", "-o", "a.mp4"],
        env={**os.environ, "TMPDIR": str(small_temporary)},
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stdout) == (1, "")
    spec = check(Path("rings.yaml")).spec
    room = spec.room(sample("rings", spec.dataset.options))
    assert room > 1_500_000
    assert said.stderr == (
        f"rings: the recording of the training needs {room / 1e6:.3g} MB, but {small_temporary} "
        "has only 1.05 MB free; set TMPDIR to a directory with more free space\n"
    )
    assert names(small_temporary) == []
    assert names() == ["disk", "rings.yaml"]


def test_room_is_checked_before_tensorflow_starts_and_for_kept_recordings_too(
    small_temporary, monkeypatch
):
    experiment = check(Path("rings.yaml"), ["frames=1000"], ["a.mp4"])
    (result,) = run([experiment], pytest.fail)
    assert "has only 1.05 MB free" in result.error
    monkeypatch.setattr(tempfile, "tempdir", None)
    (result,) = run(
        [check(Path("rings.yaml"), ["frames=1000"], ["a.mp4", "disk/run.h5"])], pytest.fail
    )
    assert result.error.startswith("disk/run.h5 needs ")
    assert names(small_temporary) == []


def test_a_temporary_folder_that_fills_up_is_one_line_and_nothing_is_left(small_temporary):
    def report(stage, done, *_):
        if (stage, done) == ("training", 2):
            fill(small_temporary)

    (result,) = run([check(Path("rings.yaml"), ["frames=5"], ["a.mp4"])], report)
    assert result.error == (
        f"the temporary directory {small_temporary} is full; set TMPDIR to a directory with more free space"
    )
    assert names(small_temporary) == ["ballast"]
    assert names() == ["disk", "rings.yaml"]


def fill_up(recorder, disk, before, after):
    """Add frames, fill the disk, and add more."""
    frame = {"output": np.zeros((100, 100, 20), np.float32), "step": 0}
    with recorder:
        for _ in range(before):
            recorder.append(frame)
        fill(disk)
        for _ in range(after):
            recorder.append(frame)


@pytest.mark.parametrize(
    ("before", "after"), [(0, 1), (1, 1), (3, 1), (3, 0)], ids=lambda count: str(count)
)
def test_a_recorder_on_a_full_disk_raises_where_hdf5_would_crash(
    small_disk, made_up, before, after
):
    recorder = Recorder(small_disk / "run.h5", made_up.facts, {"x": made_up.x})
    with pytest.raises(OSError, match="No space left"):
        fill_up(recorder, small_disk, before, after)


def test_a_report_for_which_there_is_no_room_is_replaced_by_the_place(small_temporary, capsys):
    def broken():
        raise ZeroDivisionError("a \x1b bug")

    with pytest.raises(ZeroDivisionError) as caught:
        broken()
    fill(small_temporary)
    assert failure.print_bug(caught.value).status == 1
    line = broken.__code__.co_firstlineno + 1
    assert capsys.readouterr().err == (
        "a bug in nnviz: ZeroDivisionError: a \\x1b bug\n"
        f"  please report it with {__file__}:{line}, in broken\n"
    )
    assert names(small_temporary) == ["ballast"]
    (small_temporary / "ballast").unlink()
    assert failure.print_bug(caught.value).status == 1
    report = Path(capsys.readouterr().err.split()[-1])
    assert report.parent == small_temporary
    assert report.read_text().endswith("ZeroDivisionError: a \x1b bug\n")
