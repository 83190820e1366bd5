"""Words on a film: when they are shown, and as tracks."""

import html
import re
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from nnviz_cli.film.captions import captions, chapters, webvtt
from nnviz_cli.film.ffmpeg import ffmpeg
from nnviz_cli.film.film import Film
from nnviz_cli.film.playback import order
from nnviz_cli.film.settings import FilmSettings
from nnviz_cli.job.experiment import check
from nnviz_cli.job.run import run
from tests.conftest import RINGS

FPS = Fraction(10)


def test_words_stay_beside_the_next_and_none_come_before_their_time():
    made = captions([(40, "b"), (10, "a"), (55, "c"), (55, "d")], 100, FPS)
    assert [(each.start, each.end) for each in made] == [(10, 40), (40, 55), (55, 85)]
    assert [each.words for each in made] == ["a", "b", "c · d"]
    assert captions([], 100, FPS) == ()
    near = captions([(10, "a"), (20, "b")], 100, FPS)
    assert [each.words for each in near] == ["a", "a · b"]
    assert [each.news for each in near] == ["a", "b"]


def test_the_track_counts_held_frames_and_escapes_words():
    made = captions([(10, "x < y & z --> w")], 100, FPS)
    track = webvtt(made, order(100, FPS, (2.0, 0.0)), FPS)
    assert track.startswith("WEBVTT - nnviz\n\n")
    assert "00:00:03.000 --> 00:00:06.000\nx &lt; y &amp; z --&gt; w\n" in track


@pytest.mark.process
def test_chapters_come_back_from_the_film(tmp_path):
    words = "accuracy = 100 %; \\ done # now ·"
    text = chapters(captions([(4, words)], 10, FPS), list(range(10)), FPS)
    path = tmp_path / "a.mp4"
    with Film(
        path,
        FilmSettings(size=(64, 64), fps=FPS, frames=10, chapters=text, metadata={"title": "T"}),
    ) as film:
        for _ in range(10):
            film.write(np.zeros((64, 64, 4), np.uint8))
    read = subprocess.run(
        [ffmpeg(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    plain = re.sub(r"\\(.)", r"\1", read)
    assert "title=T" in plain
    assert "title=untrained" in plain
    assert f"title={words}" in plain
    assert re.findall(r"START=(\d+)", read) == ["0", "400"]


HOSTILE = [
    "--> 00:00 NOTE",
    "<v Fred>hi</v>",
    "a\n\n2\n00:01.000 --> 00:02.000\nb",
    "&lt;",
    "=;#\\",
]


def test_no_words_can_break_out_of_a_track():
    for words in HOSTILE:
        track = webvtt(captions([(10, words)], 100, FPS), range(100), FPS)
        head, cue = track.rstrip("\n").split("\n\n")
        assert head == "WEBVTT - nnviz"
        times, shown = cue.split("\n")
        assert times == "00:00:01.000 --> 00:00:04.000"
        assert "-->" not in shown
        assert "<" not in shown
        assert html.unescape(shown) == " ".join(words.split())


@pytest.mark.process
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_chapters_of_any_words_and_any_length_come_back(tmp_path, suffix):
    told = [(i % 9, f"{HOSTILE[i % 5]} {'字' * 150} {i}") for i in range(300)]
    made = captions(told, 10, FPS)
    text = chapters(made, list(range(10)), FPS)
    assert len(text.encode()) > 2**16  # more than a pipe holds
    path = tmp_path / f"a{suffix}"
    with Film(path, FilmSettings(size=(64, 64), fps=FPS, frames=10, chapters=text)) as film:
        for _ in range(10):
            film.write(np.zeros((64, 64, 4), np.uint8))
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"]
    read = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    ticks = [int(tick) for tick in re.findall(r"START=(\d+)", read)]
    assert [tick // ticks[1] for tick in ticks] == list(range(9))
    titles = re.findall(r"title=(.*)", re.sub(r"\\(.)", r"\1", read))
    assert titles == [" ".join(each.news.split()) for each in made]


TWO = RINGS + "captions: [{epoch: 0, text: here}, {epoch: 3.5, text: too late}]\n"


@pytest.mark.process
def test_the_track_comes_and_goes_with_the_captions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    track = Path("a.vtt")

    def render_with(text, *outputs):
        Path("s.yaml").write_text(text)
        small = ["view.size=640x360", "view.events=false"]
        results = list(run([check(Path("s.yaml"), small, list(outputs))]))
        assert [result.error for result in results] == [""] * len(outputs)
        return results[0].warnings

    told = render_with(TWO, "a.mp4", "a.webm")
    assert told == ("the caption at epoch 3.5 is not shown: the film ends at epoch 3",)
    assert track.read_text().endswith("\nhere\n")
    render_with(RINGS, "a.mp4")
    assert not track.exists(), "these words are of another film"
    track.write_text("WEBVTT\n\nmy own translation\n")
    (warning,) = render_with(RINGS + "captions: [{epoch: 0, text: b}]\n", "a.mp4")
    assert warning.startswith("a.vtt is not nnviz's and stays as it is")
    assert track.read_text() == "WEBVTT\n\nmy own translation\n"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.process
def test_fonts_that_are_not_there_are_told_and_done_without(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    theme = "view: {size: 160x120, theme: {name: dark, text: No Such, mono_font: Nor This}}\n"
    Path("s.yaml").write_text(RINGS + theme + 'captions: [{epoch: 0, text: "\\U000e0021"}]\n')
    (result,) = run([check(Path("s.yaml"), ["frames=2"], ["a.gif"])])
    assert result.error == ""
    fonts = [text for text in result.warnings if text.startswith("no font is called")]
    assert fonts == [
        f"no font is called '{name}' here; DejaVu Sans is drawn instead"
        for name in ("No Such", "Nor This")
    ]
    assert any(text.endswith("of a caption; install one that has") for text in result.warnings)
    assert "findfont" not in capfd.readouterr().err
    assert "Glyph" not in capfd.readouterr().err
