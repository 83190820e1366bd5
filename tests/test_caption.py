"""Words on a film: when they are shown, and as tracks."""

import re
import subprocess
from fractions import Fraction

import numpy as np

from nnviz_cli.caption import captions, chapters, webvtt
from nnviz_cli.ffmpeg import ffmpeg
from nnviz_cli.timing import order
from nnviz_cli.video import Film

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


def test_chapters_come_back_from_the_film(tmp_path):
    words = "accuracy = 100 %; \\ done # now ·"
    text = chapters(captions([(4, words)], 10, FPS), list(range(10)), FPS)
    path = tmp_path / "a.mp4"
    with Film(
        path, size=(64, 64), fps=FPS, frames=10, chapters=text, metadata={"title": "T"}
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
