"""XLA's kept programs change the speed of a render, never its numbers or its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnviz_cli.train import programs
from tests.conftest import RINGS

FLAGS = "TF_XLA_FLAGS"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.delenv(FLAGS, raising=False)
    return programs.program_folder()


def render(name, cwd):
    command = [sys.executable, "-m", "nnviz_cli", "render", "rings.yaml", "-o", name]
    subprocess.run([*command, "--size", "160x90", "--quiet"], cwd=cwd, check=True)
    return (cwd / name).read_bytes()


@pytest.mark.slow
@pytest.mark.process
def test_kept_missing_and_damaged_programs_give_the_same_film(tmp_path, folder):
    Path(tmp_path, "rings.yaml").write_text(RINGS)
    fresh = render("fresh.png", tmp_path)
    kept = sorted(folder.iterdir())
    assert len(kept) == 2
    assert render("kept.png", tmp_path) == fresh
    assert sorted(folder.iterdir()) == kept, "both programs were found"
    for damage in (b"", b"cut", os.urandom(9000)):
        for path in kept:
            path.write_bytes(damage)
        assert render("damaged.png", tmp_path) == fresh
        assert all(path.stat().st_size > 10_000 for path in folder.iterdir()), "made anew"


def test_only_the_newest_programs_are_kept(folder, monkeypatch):
    monkeypatch.setattr(programs, "PROGRAMS", 3)
    folder.mkdir(parents=True)
    for age in range(6):
        path = folder / f"{age}.pb"
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    programs.keep_programs(folder)
    assert sorted(path.stem for path in folder.iterdir()) == ["0", "1", "2"]
    assert str(folder) in os.environ[FLAGS]


def test_only_a_process_that_keeps_programs_deletes_them(folder):
    folder.mkdir(parents=True)
    (folder / "0.pb").touch()
    programs.forget_programs()
    assert list(folder.iterdir()) == [folder / "0.pb"], "another process keeps these"
    programs.keep_programs(folder)
    programs.forget_programs()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("obstacle", ["file", "full", "space", "flags"])
def test_nothing_is_kept_where_that_could_fail(obstacle, folder, monkeypatch, tmp_path):
    if obstacle == "file":
        folder.parent.mkdir(parents=True)
        folder.touch()
    elif obstacle == "full":
        monkeypatch.setattr(programs, "ROOM", 2**62)
    elif obstacle == "space":
        folder = tmp_path / "a folder"
    else:
        monkeypatch.setenv(FLAGS, "--their=own")
    programs.keep_programs(folder)
    assert os.environ.get(FLAGS) == ("--their=own" if obstacle == "flags" else None)
