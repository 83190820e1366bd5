"""A film is complete, or there is no new file."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nnviz_cli.errors import SpecError, VideoError
from nnviz_cli.film import atomic
from nnviz_cli.film.ffmpeg import ffmpeg
from nnviz_cli.film.film import Film
from nnviz_cli.film.formats import format_of
from nnviz_cli.film.settings import FilmSettings
from tests.film.making import (
    COUNT,
    EVERY,
    FPS,
    HEIGHT,
    SIZE,
    WIDTH,
    content,
    fake,
    moving,
    names,
    parts,
    some,
    target,
    write,
)

pytestmark = pytest.mark.process


class Boom(BaseException):
    """Not an Exception, like KeyboardInterrupt."""


@pytest.fixture(params=EVERY)
def older(request, tmp_path):
    """A path with an older film under it, in every format."""
    path = target(tmp_path, request.param)
    write(path, some(request.param, 2))
    return path


def survives(path, before):
    assert content(path) == before
    assert parts(Path(path).parent) == []


def test_a_film_with_too_few_frames_is_not_one(older):
    before = content(older)
    promised = 1 if format_of(older).still else COUNT
    with pytest.raises(VideoError, match=f"{promised - 1} of {promised} frames"):
        write(older, moving(promised)[: promised - 1], promised=promised)
    survives(older, before)


def test_a_film_with_too_many_frames_is_not_one(older):
    before, made = content(older), format_of(older)
    with pytest.raises(VideoError, match="more than"):
        write(older, moving(), promised=1 if made.still else COUNT - 1)
    survives(older, before)


def _interrupt(film, error):
    with film:
        film.write(moving(1)[0])
        raise error


@pytest.mark.parametrize("error", [Boom, KeyboardInterrupt, ValueError])
def test_an_exception_inside_leaves_the_older_film(older, error):
    before = content(older)
    film = Film(older, FilmSettings(size=SIZE, fps=FPS, frames=1, samples=moving(1)))
    with pytest.raises(error):
        _interrupt(film, error)
    survives(older, before)


def test_a_failing_last_step_leaves_the_older_film(older, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    before = content(older)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VideoError, match="disk full while writing"):
        write(older, some(Path(older).suffix or "/", 2))
    survives(older, before)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        VideoError, match=r"cannot write .*film\.mp4: (Not a directory|File exists)"
    ):
        write(f"{tmp_path}/file/sub/film.mp4", moving(2))


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_full_disk_is_told_in_words(tmp_path, monkeypatch):
    real = ffmpeg()
    script = f"""
for word; do shift; case $word in file:*) word=file:/dev/full;; esac; set -- "$@" "$word"; done
exec {real} "$@"
"""
    fake(tmp_path, monkeypatch, script)
    with pytest.raises(VideoError, match=r"disk full while writing .*film\.webm$"):
        write(f"{tmp_path}/films/film.webm", moving())
    assert names(tmp_path / "films") == []


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp", ".png", "/"])
def test_a_really_full_disk_leaves_the_older_film_and_nothing_else(small_disk, suffix):
    target = small_disk / f"film{suffix}"
    write(str(target) + "/" * (suffix == "/"), moving(1 if suffix == ".png" else 9))
    before = contents(target)
    room = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(bytes(room.f_bavail * room.f_frsize - 20_000))
    noise = np.random.default_rng(0).integers(0, 256, (9, 240, 320, 4), np.uint8)
    with pytest.raises(VideoError, match="disk full while writing"):
        write(str(target) + "/" * (suffix == "/"), noise[:1] if suffix == ".png" else noise)
    assert contents(target) == before
    assert names(small_disk) == sorted(["ballast", target.name])


def contents(path):
    """The bytes of a film, or of each file in its folder."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file.read_bytes() for file in files]


def test_a_disk_that_is_read_only_is_told_before_any_work(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(SpecError, match=r"cannot write .*/a\.mp4: Read-only file system"):
        atomic.check_place(f"{small_disk}/a.mp4")


def test_a_small_text_is_written_whole_or_not_at_all(small_disk):
    path = small_disk / "told.json"
    atomic.write_text(path, "short")
    with pytest.raises(VideoError, match="disk full while writing"):
        atomic.write_text(path, "x" * 2_000_000)
    assert path.read_text() == "short"
    assert names(small_disk) == ["told.json"]


def test_scratch_folders_of_killed_processes_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.tempfile, "gettempdir", lambda: str(tmp_path))
    code = f"""
import os, signal, tempfile
tempfile.gettempdir = lambda: {str(tmp_path)!r}
from nnviz_cli.film.atomic import scratch
with scratch() as folder:
    (folder / "recording.h5").write_bytes(bytes(9))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert len(parts(tmp_path)) == 1
    with atomic.scratch() as folder:
        assert parts(tmp_path) == [folder.name]
    assert parts(tmp_path) == []


def test_parts_of_dead_processes_are_swept_and_others_stay(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    made = [atomic.part_of(tmp_path / "film.mp4").name for _ in range(4)]
    dead, folder, living, elsewhere = made
    dead, folder = (name.replace(f".{os.getpid()}-", f".{ended.pid}-") for name in (dead, folder))
    elsewhere = elsewhere.replace(f"{os.getpid()}-{atomic.machine()}", f"{ended.pid}-zzzz")
    elsewhere = elsewhere.replace("zzzz", f"{int(atomic.machine(), 16) ^ 1:04x}")
    for name in (dead, living, elsewhere, ".mine.part"):
        (tmp_path / name).touch()
    (tmp_path / folder).mkdir()
    write(f"{tmp_path}/film.mp4", moving(2))
    assert sorted(parts(tmp_path)) == sorted([living, elsewhere, ".mine.part"])
    os.utime(tmp_path / elsewhere, (0, 0))
    atomic.sweep(tmp_path)
    assert sorted(parts(tmp_path)) == sorted([living, ".mine.part"])


def test_a_killed_process_leaves_no_film_and_the_next_one_cleans_up(tmp_path):
    code = f"""
import os, signal
from fractions import Fraction
import numpy as np
from nnviz_cli.film.film import Film
from nnviz_cli.film.settings import FilmSettings
settings = FilmSettings(size={SIZE}, fps=Fraction(20), frames=9)
with Film({str(tmp_path / "film.mp4")!r}, settings) as film:
    film.write(np.zeros({(HEIGHT, WIDTH, 4)}, np.uint8))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert not (tmp_path / "film.mp4").exists()
    assert len(parts(tmp_path)) == 1
    for _ in range(100):  # its ffmpeg may live a little longer than it, and write
        write(f"{tmp_path}/film.mp4", moving(2))
        if names(tmp_path) == ["film.mp4"]:
            break
        time.sleep(0.1)
    assert names(tmp_path) == ["film.mp4"]
