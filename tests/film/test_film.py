"""Films have the right frames at the right time, and the same bytes each time."""

import base64
import itertools
import os
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnviz_cli.errors import SpecError
from nnviz_cli.film.film import Film
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.film.settings import FilmSettings
from tests.film.making import (
    BOXED,
    COUNT,
    ENCODED,
    EVERY,
    FPS,
    MOVING,
    PATCHES,
    SIZE,
    content,
    decode,
    moving,
    names,
    parts,
    playable,
    psnr,
    run,
    some,
    target,
    write,
)

pytestmark = pytest.mark.process


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
    with pytest.raises(SpecError, match="contains files other than frames"):
        write(f"{tmp_path}/frames/", moving(2))
    assert (tmp_path / "frames" / stranger).read_text() == "mine"


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
