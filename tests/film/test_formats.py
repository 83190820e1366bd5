"""Names of films, and what a format refuses before anything is written."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from nnviz_cli.errors import SpecError, VideoError
from nnviz_cli.film.ffmpeg import encoders
from nnviz_cli.film.film import Film
from nnviz_cli.film.formats import FORMATS, format_of
from nnviz_cli.film.settings import FilmSettings
from tests.film.making import ENCODED, EVERY, FPS, SIZE, decode, moving, names, some, target, write

pytestmark = pytest.mark.process


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
    with pytest.raises(SpecError, match="must be positive|holds a single frame, not 0"):
        Film(
            target(tmp_path, suffix), FilmSettings(size=SIZE, fps=FPS, frames=0, samples=moving(1))
        )


def test_a_picture_is_one_frame(tmp_path):
    with pytest.raises(SpecError, match="holds a single frame, not 2"):
        Film(f"{tmp_path}/still.png", FilmSettings(size=SIZE, fps=FPS, frames=2))


@pytest.mark.parametrize("suffix", EVERY)
def test_what_is_no_film_is_not_replaced(tmp_path, suffix):
    path = Path(target(tmp_path, suffix))
    path.touch() if FORMATS[suffix].folder else path.mkdir()
    with pytest.raises(SpecError, match="exists and is not a"):
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
