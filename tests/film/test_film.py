"""Film files: whole or absent, the right frames at the right time, the same bytes each time."""

import base64
import itertools
import os
import re
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnviz_cli.errors import SpecError, VideoError
from nnviz_cli.film import atomic
from nnviz_cli.film import ffmpeg as programs
from nnviz_cli.film.ffmpeg import encoders, ffmpeg
from nnviz_cli.film.film import Film
from nnviz_cli.film.formats import FORMATS, format_of
from nnviz_cli.film.settings import FilmSettings

pytestmark = pytest.mark.process

WIDTH, HEIGHT = SIZE = (64, 48)
FPS = Fraction(20)
COUNT = 9
EVERY = list(FORMATS)
ENCODED = [suffix for suffix, made in FORMATS.items() if made.encoder]
MOVING = [suffix for suffix, made in FORMATS.items() if not made.still]
BOXED = [".mp4", ".mov"]  # formats of boxes, moov and mdat among them
PATCHES = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (217, 105, 10), (255, 255, 255)]


def moving(count=COUNT, size=SIZE):
    """A disc that moves over a ramp; few colours, for the formats that have few."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    frames = np.zeros((count, height, width, 4), np.uint8)
    frames[..., :3] = (16 * (x // 8) + 40)[..., None]
    frames[..., 3] = 255
    for i, frame in enumerate(frames):
        frame[(x - 12 - 4 * i) ** 2 + (y - 24) ** 2 < 80, :3] = (30, 90, 200)
    return frames


def write(path, frames, *, fps=FPS, promised=None, metadata=None):
    height, width = frames.shape[1:3]
    promised = len(frames) if promised is None else promised
    tags = metadata or {}
    film = Film(
        path,
        FilmSettings(
            size=(width, height), fps=fps, frames=promised, samples=frames[::4], metadata=tags
        ),
    )
    with film:
        for frame in frames:
            film.write(frame)


def some(suffix, count=COUNT, size=SIZE):
    """Frames for any format: one if it is a still."""
    return moving(1 if FORMATS[suffix].still else count, size)


def target(folder, suffix, name="film"):
    return f"{folder}/{name}{suffix}"


def content(path):
    """Names and bytes of a film, be it a file or a folder."""
    path = Path(path)
    if path.is_dir():
        return {item.name: item.read_bytes() for item in sorted(path.iterdir())}
    return {path.name: path.read_bytes()}


def playable(path):
    """The file ffmpeg can read: of a page, the film inside."""
    if not str(path).endswith(".html"):
        return path
    page = Path(path).read_text("utf-8")
    inside = Path(path).with_suffix(".inside.mp4")
    inside.write_bytes(base64.b64decode(re.search(r'base64,([^"]+)"', page)[1]))
    return str(inside)


def run(*arguments):
    command = [ffmpeg(), "-nostdin", "-hide_banner", *arguments]
    return subprocess.run(command, capture_output=True, check=True)


def decode(path, size=SIZE):
    """Frames as RGB, by ffmpeg; one for each tick, so that a long frame counts as several."""
    if Path(path).is_dir():
        pictures = [Image.open(item) for item in sorted(Path(path).iterdir())]
        return np.array([np.asarray(picture) for picture in pictures])
    rate = [] if str(path).endswith(".png") else ["-r", str(FPS), "-fps_mode", "cfr"]
    exact = ["-vf", "scale=flags=accurate_rnd+full_chroma_int+full_chroma_inp"]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    pixels = run("-i", f"file:{playable(path)}", *exact, *rate, *raw).stdout
    return np.frombuffer(pixels, np.uint8).reshape(-1, size[1], size[0], 3)


def psnr(one, other):
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def parts(folder):
    return [name for name in names(folder) if name.startswith(".")]


# what is written ------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", EVERY)
def test_a_film_shows_the_frames_it_was_given(tmp_path, suffix):
    frames = some(suffix)
    write(target(tmp_path, suffix), frames)
    seen = decode(target(tmp_path, suffix))
    # the last frame of a WebP has no successor to end it, so a player's clock may drop it
    assert len(seen) >= len(frames) - (suffix == ".webp")
    assert len(seen) <= len(frames)
    for one, other in zip(seen, frames[..., :3], strict=False):
        assert psnr(one, other) >= 30
    assert parts(tmp_path) == []


@pytest.mark.parametrize("suffix", ENCODED)
@pytest.mark.parametrize("fps", [Fraction(10), Fraction(24), Fraction(2997, 100), Fraction(1, 2)])
def test_a_film_lasts_its_frames_over_its_rate(tmp_path, suffix, fps):
    path = target(tmp_path, suffix)
    write(path, moving(), fps=fps)
    expected = COUNT / fps
    if suffix in (".gif", ".webp", ".apng"):
        with Image.open(path) as picture:
            milliseconds = 0.0
            for index in range(picture.n_frames):
                picture.seek(index)
                picture.load()
                milliseconds += picture.info["duration"]
        assert milliseconds / 1000 == pytest.approx(float(expected), abs=0.011)
    else:
        words = run("-i", playable(path), "-f", "null", "-").stderr.decode()
        hours, minutes, seconds = re.search(r"Duration: (\d+):(\d+):([\d.]+)", words).groups()
        length = 3600 * int(hours) + 60 * int(minutes) + float(seconds)
        assert length == pytest.approx(float(expected), abs=0.02)
        assert float(re.search(r"([\d.]+) fps", words)[1]) == pytest.approx(float(fps), abs=0.01)


@pytest.mark.parametrize("suffix", EVERY)
def test_the_same_frames_give_the_same_bytes(tmp_path, suffix):
    frames = some(suffix)
    for folder in ("one", "two"):
        write(target(tmp_path / folder, suffix), frames, metadata={"title": "Rings"})
    assert content(target(tmp_path / "one", suffix)) == content(target(tmp_path / "two", suffix))


@pytest.mark.parametrize("suffix", MOVING)
@pytest.mark.parametrize("count", [1, 7])
def test_a_film_in_which_nothing_moves_is_whole(tmp_path, suffix, count):
    frames = np.repeat(moving(1), count, axis=0)
    write(target(tmp_path, suffix), frames)
    assert Path(target(tmp_path, suffix)).exists()


@pytest.mark.parametrize("suffix", EVERY)
def test_colours_come_back(tmp_path, suffix):
    size = (16 * len(PATCHES), 32)
    frame = np.full((1, 32, size[0], 4), 255, np.uint8)
    for i, colour in enumerate(PATCHES):
        frame[:, :, 16 * i : 16 * i + 16, :3] = colour
    count = 1 if FORMATS[suffix].still else 3
    write(target(tmp_path, suffix), np.repeat(frame, count, axis=0))
    seen = decode(target(tmp_path, suffix), size)[0]
    for i, colour in enumerate(PATCHES):
        patch = seen[8:24, 16 * i + 4 : 16 * i + 12].reshape(-1, 3).mean(axis=0)
        assert np.abs(patch - colour).max() <= 4


@pytest.mark.parametrize("suffix", EVERY)
def test_alpha_is_not_read(tmp_path, suffix):
    frames = some(suffix)
    write(target(tmp_path / "opaque", suffix), frames)
    frames[..., 3] = 0
    write(target(tmp_path / "clear", suffix), frames)
    opaque, clear = (content(target(tmp_path / name, suffix)) for name in ("opaque", "clear"))
    assert opaque == clear


@pytest.mark.parametrize("suffix", BOXED)
def test_a_player_can_start_before_the_file_has_come(tmp_path, suffix):
    write(target(tmp_path, suffix), moving())
    data = Path(target(tmp_path, suffix)).read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


@pytest.mark.parametrize("suffix", BOXED)
def test_colours_are_tagged_as_bt709(tmp_path, suffix):
    write(target(tmp_path, suffix), moving())
    kind, values = re.search(
        rb"colr(ncl[xc])(.{6})", Path(target(tmp_path, suffix)).read_bytes(), re.DOTALL
    ).groups()
    assert kind == {".mp4": b"nclx", ".mov": b"nclc"}[suffix]
    assert values == b"\0\1\0\1\0\1"


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_animations_loop_for_ever(tmp_path, suffix):
    write(target(tmp_path, suffix), moving())
    with Image.open(target(tmp_path, suffix)) as picture:
        assert picture.info["loop"] == 0


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm", ".html"])
def test_what_is_known_of_a_film_travels_in_it(tmp_path, suffix):
    path = target(tmp_path, suffix)
    write(
        path, moving(), metadata={"title": "a=b; ünï", "comment": "one\ntwo\0", "description": "d"}
    )
    words = run("-i", playable(path), "-f", "ffmetadata", "pipe:1").stdout.decode().lower()
    assert "title=a\\=b\\; ünï" in words
    assert "comment=one two\n" in words
    assert "description=d" in words or suffix == ".mov"  # QuickTime has no such tag
    assert "time" not in words


def test_a_picture_holds_its_metadata_as_text(tmp_path):
    write(f"{tmp_path}/still.png", moving(1), metadata={"title": "Ünï", "comment": "{}"})
    with Image.open(tmp_path / "still.png") as picture:
        assert picture.text == {"Title": "Ünï", "Comment": "{}"}
        assert picture.size == SIZE


def test_a_page_holds_the_whole_film_and_asks_for_nothing_else(tmp_path):
    tags = {"title": "<Rings> & $x", "description": 'two "rings"'}
    write(f"{tmp_path}/film.html", moving(), metadata=tags)
    write(f"{tmp_path}/film.mp4", moving(), metadata=tags)
    page = (tmp_path / "film.html").read_text("utf-8")
    inside = re.search(r'"data:video/mp4;base64,([^"]+)"', page)
    assert base64.b64decode(inside[1]) == (tmp_path / "film.mp4").read_bytes()
    rest = page.replace(inside[1], "")
    assert "http" not in rest
    assert not re.search(r"(src|href)=\"(?!data:|#)", rest)
    assert not re.search(r"@import|url\(|fetch\(", rest)
    assert "<title>&lt;Rings&gt; &amp; $x</title>" in rest
    assert 'aria-label="two &quot;rings&quot;"' in rest


def test_a_folder_of_frames_sorts_by_name(tmp_path):
    write(f"{tmp_path}/frames/", moving(3))
    assert names(tmp_path / "frames") == ["frame_0000.png", "frame_0001.png", "frame_0002.png"]


def test_a_new_folder_of_frames_replaces_an_older_one(tmp_path):
    write(f"{tmp_path}/frames/", moving(5))
    (tmp_path / "frames" / "about.json").write_text("{}")
    write(f"{tmp_path}/frames/", moving(2))
    assert len(list((tmp_path / "frames").iterdir())) == 2
    assert parts(tmp_path) == []


@pytest.mark.parametrize("stranger", ["notes.txt", "about.json"])
def test_a_folder_of_other_things_is_refused(tmp_path, stranger):
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / stranger).write_text("mine")
    with pytest.raises(SpecError, match="other things"):
        write(f"{tmp_path}/frames/", moving(2))
    assert (tmp_path / "frames" / stranger).read_text() == "mine"


# names ----------------------------------------------------------------------------------

NAMES = [
    "two words",
    "a:b",
    "-x",
    "100%d %03d",
    "line\nbreak",
    "ünï→😀",
    "[a]?*'\"|",
    "http:x",
    "=;#",
]


@pytest.mark.parametrize("name", [*NAMES, "x" * 251, "ü" * 125 + "x"])
def test_any_name_the_file_system_takes_is_a_name_for_a_film(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write(f"{name}.mp4", moving(2))
    assert names(tmp_path) == [f"{name}.mp4"]


@pytest.mark.parametrize("suffix", EVERY)
def test_a_name_of_255_bytes_fits_every_format(tmp_path, suffix):
    name = "x" * (255 - len(suffix.rstrip("/")))
    write(target(tmp_path, suffix, name), some(suffix, 2))
    assert len(names(tmp_path)) == 1


@pytest.mark.parametrize("suffix", EVERY)
def test_suffixes_are_known_in_any_case(suffix):
    assert format_of(f"film{suffix.upper()}") is FORMATS[suffix]


@pytest.mark.parametrize("path", ["film", "film.", ".mp4", "film.avi", "film.mp5", "a.mp4/film"])
def test_an_unknown_suffix_is_refused_with_those_known(path):
    with pytest.raises(SpecError, match=r"known: \.mp4, "):
        format_of(path)


def test_a_mistyped_suffix_brings_a_suggestion():
    with pytest.raises(SpecError, match=r"did you mean '\.webm'"):
        format_of("film.wbm")


@pytest.mark.parametrize("suffix", ENCODED)
def test_the_encoder_of_every_format_is_there(suffix):
    assert FORMATS[suffix].encoder in encoders()
    assert len(FORMATS[suffix].help) < 80


def test_a_missing_folder_is_made_and_the_umask_holds(tmp_path):
    old = os.umask(0o027)
    try:
        for suffix in EVERY:
            write(target(tmp_path / "a" / "b", suffix), some(suffix, 2))
    finally:
        os.umask(old)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "a" / "b").iterdir()}
    assert modes == {0o640, 0o750}


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.mp4").write_text("old")
    (tmp_path / "link.mp4").symlink_to("real.mp4")
    write(f"{tmp_path}/link.mp4", moving(2))
    assert (tmp_path / "link.mp4").is_symlink()
    assert len(decode(tmp_path / "real.mp4")) == 2


# what is refused before anything is written ---------------------------------------------


@pytest.mark.parametrize("suffix", EVERY)
def test_an_odd_size_is_refused_where_colours_are_shared(tmp_path, suffix):
    frames = some(suffix, 2, (63, 47))
    if FORMATS[suffix].even:
        with pytest.raises(SpecError, match="use 62x46 or 64x48"):
            write(target(tmp_path, suffix), frames)
        assert names(tmp_path) == []
    else:
        write(target(tmp_path, suffix), frames)
        assert decode(target(tmp_path, suffix), (63, 47))[0].shape == (47, 63, 3)


def test_a_gif_is_not_faster_than_50_frames_a_second(tmp_path):
    with pytest.raises(SpecError, match="50, 25, 20, 10"):
        write(f"{tmp_path}/film.gif", moving(), fps=Fraction(60))
    assert names(tmp_path) == []


def test_a_gif_needs_frames_to_choose_its_palette_from(tmp_path):
    with pytest.raises(VideoError, match="palette"):
        Film(f"{tmp_path}/film.gif", FilmSettings(size=SIZE, fps=FPS, frames=3))


@pytest.mark.parametrize("suffix", EVERY)
def test_a_film_without_frames_is_refused(tmp_path, suffix):
    with pytest.raises(SpecError, match="above 0"):
        Film(
            target(tmp_path, suffix), FilmSettings(size=SIZE, fps=FPS, frames=0, samples=moving(1))
        )


def test_a_picture_is_one_frame(tmp_path):
    with pytest.raises(SpecError, match="one picture, not 2"):
        Film(f"{tmp_path}/still.png", FilmSettings(size=SIZE, fps=FPS, frames=2))


@pytest.mark.parametrize("suffix", EVERY)
def test_what_is_no_film_is_not_replaced(tmp_path, suffix):
    path = Path(target(tmp_path, suffix))
    path.touch() if FORMATS[suffix].folder else path.mkdir()
    with pytest.raises(SpecError, match="is there and is not a"):
        write(target(tmp_path, suffix), some(suffix))


@pytest.mark.parametrize(
    "frame",
    [
        moving(1)[0][:-1],
        moving(1)[0][..., :3],
        moving(1)[0].astype(np.float32),
        moving(1, (48, 64))[0].swapaxes(0, 1),
    ],
    ids=["short", "rgb", "floats", "turned"],
)
@pytest.mark.parametrize("suffix", EVERY)
def test_a_frame_of_another_kind_is_refused(tmp_path, suffix, frame):
    with (
        pytest.raises(VideoError, match="frame"),
        Film(
            target(tmp_path, suffix), FilmSettings(size=SIZE, fps=FPS, frames=1, samples=moving(1))
        ) as film,
    ):
        film.write(frame)
    assert names(tmp_path) == []


# whole or absent ------------------------------------------------------------------------


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


# an ffmpeg that misbehaves --------------------------------------------------------------


def fake(folder, monkeypatch, script):
    """Put a script in ffmpeg's place; it says its version like ffmpeg."""
    path = folder / "fake-ffmpeg"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = -version ] && echo "ffmpeg version fake" && exit\n{script}\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))


FLOOD = "seq -f '[x @ 0x1] line %.0f of a long complaint' 0 3000 >&2"
SCRIPTS = {
    "dies at once": ("echo '[enc @ 0x55] bad luck' >&2; exit 8", "exit status 8: bad luck"),
    "dies early": ("head -c 20000 >/dev/null; exit 3", "exit status 3: it gave no reason"),
    "is killed": ("head -c 20000 >/dev/null; kill -9 $$", "signal 9"),
    "floods": (f"{FLOOD}; cat >/dev/null; exit 1", "exit status 1: line 0 of a long complaint"),
    "stops early": ("head -c 20000 >/dev/null; exit 0", "exit status 0|0 of 9 frames"),
    "counts less": ("cat >/dev/null; echo frame=9; echo frame=8", "ffmpeg wrote 8 of 9 frames"),
    "counts nothing": ("cat >/dev/null", "ffmpeg wrote 0 of 9 frames"),
}


@pytest.mark.parametrize(("script", "message"), SCRIPTS.values(), ids=SCRIPTS)
def test_an_ffmpeg_that_fails_is_told_and_leaves_nothing(tmp_path, monkeypatch, script, message):
    fake(tmp_path, monkeypatch, script)
    with pytest.raises(VideoError, match=message) as caught:
        write(f"{tmp_path}/films/film.mp4", np.tile(moving(), (1, 8, 8, 1)))
    assert "\n" not in str(caught.value)
    assert "film.mp4" in str(caught.value)
    assert names(tmp_path / "films") == []


HANGS = {
    "takes nothing": "sleep 60",
    "never ends": "cat >/dev/null; sleep 60",
    "stops taking": "head -c 20000 >/dev/null; sleep 60",
    "ignores what it is told": "trap '' TERM INT; cat >/dev/null; sleep 60",
}


@pytest.mark.parametrize("script", HANGS.values(), ids=HANGS)
def test_an_ffmpeg_that_hangs_is_ended(tmp_path, monkeypatch, script):
    monkeypatch.setattr(programs, "STALL", 0.5)
    fake(tmp_path, monkeypatch, f"echo $$ > {tmp_path}/pid; {script}")
    started = time.monotonic()
    with pytest.raises(VideoError, match="film.mp4: ffmpeg has done nothing for 0.5 s"):
        write(f"{tmp_path}/films/film.mp4", np.tile(moving(), (1, 8, 8, 1)))
    assert time.monotonic() - started < 5
    assert names(tmp_path / "films") == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_ffmpeg_that_is_slow_but_alive_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "STALL", 0.5)
    said = "for i in 1 2 3 4 5; do sleep 0.3; echo frame=9; done"
    fake(tmp_path, monkeypatch, f'{ffmpeg()} "$@"; [ "$1" = -nostdin ] || {{ {said}; }}')
    write(f"{tmp_path}/film.mp4", moving())


def test_an_ffmpeg_that_floods_and_still_succeeds_is_fine(tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, f'{FLOOD}; exec {ffmpeg()} "$@"')
    write(f"{tmp_path}/films/film.mp4", moving())
    assert names(tmp_path / "films") == ["film.mp4"]


def test_an_ffmpeg_that_fails_at_the_palette_is_told(tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, "echo no palette >&2; exit 5")
    with pytest.raises(VideoError, match="exit status 5: no palette"):
        write(f"{tmp_path}/films/film.gif", moving())
    assert names(tmp_path / "films") == []


# what an ffmpeg may write into the part file, its last word, while it claims all frames
JUNK = {
    "nothing": ":",
    "a program": "head -c 20000 {real} > $part",
    "another file": "cp {text} $part",
    "half of the film": "{real} {words}; truncate -s -300 $part",
    "damaged frames": "{real} {words}; tr '\\000-\\377' '\\001-\\377\\000' < $part > $part.x; "
    "head -c 200 $part > $part.y; tail -c +201 $part.x >> $part.y; mv $part.y $part; rm $part.x",
    "fewer frames": "{real} -f lavfi -i testsrc=s=64x48:r=20:d=0.2 -pix_fmt yuv420p -y {muxer} $part",
    "another size": "{real} -f lavfi -i testsrc=s=32x32:r=20:d=0.45 -pix_fmt yuv420p -y {muxer} $part",
}
MUXERS = {".html": "mp4", ".webp": "webp -c:v libwebp_anim -loop 0"}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
@pytest.mark.parametrize("suffix", ENCODED)
def test_junk_is_not_taken_for_a_film_whatever_ffmpeg_claims(tmp_path, monkeypatch, suffix, junk):
    muxer = f"-f {MUXERS.get(suffix, suffix[1:])}"
    if suffix == ".gif":
        junk = junk.replace("yuv420p", "rgb8")
    made = junk.format(real=ffmpeg(), words='"$@" >&2', text=__file__, muxer=muxer)
    write(target(tmp_path, suffix), moving(2))
    before = content(target(tmp_path, suffix))
    fake(
        tmp_path,
        monkeypatch,
        f"""case "$*" in *palettegen*|*framecrc*) exec {ffmpeg()} "$@";; esac
for part; do :; done; part=${{part#file:}}
{made}
cat >/dev/null; echo frame={COUNT}""",
    )
    with pytest.raises(VideoError, match="ffmpeg wrote") as caught:
        write(target(tmp_path, suffix), moving())
    assert "\n" not in str(caught.value)
    assert content(target(tmp_path, suffix)) == before
    assert parts(tmp_path) == []


@pytest.mark.parametrize("program", ["/nope/ffmpeg", "/", " ", "/bin/true", "/bin/cat"])
def test_a_wrong_ffmpeg_is_told_with_the_variable_that_names_it(monkeypatch, tmp_path, program):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", program)
    with pytest.raises(VideoError, match="IMAGEIO_FFMPEG_EXE names"):
        ffmpeg()
    with pytest.raises(VideoError, match="IMAGEIO_FFMPEG_EXE names"):
        write(f"{tmp_path}/film.mp4", moving(2))
    assert names(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
@pytest.mark.parametrize("suffix", ENCODED)
def test_the_number_of_processors_does_not_change_the_bytes(tmp_path, suffix):
    mine = os.sched_getaffinity(0)
    frames = moving(5, (160, 128))
    write(target(tmp_path / "all", suffix), frames)
    os.sched_setaffinity(0, {min(mine)})
    try:
        write(target(tmp_path / "one", suffix), frames)
    finally:
        os.sched_setaffinity(0, mine)
    assert content(target(tmp_path / "all", suffix)) == content(target(tmp_path / "one", suffix))


def test_films_can_be_written_side_by_side(tmp_path):
    films = [
        Film(
            target(tmp_path, suffix), FilmSettings(size=SIZE, fps=FPS, frames=3, samples=moving(3))
        )
        for suffix in MOVING
    ]
    for film in films:
        film.__enter__()
    for frame, film in itertools.product(moving(3), films):
        film.write(frame)
    for film in films:
        film.__exit__(None, None, None)
    assert len(names(tmp_path)) == len(MOVING)
    assert parts(tmp_path) == []
