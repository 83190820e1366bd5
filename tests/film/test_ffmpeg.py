"""An ffmpeg that fails, hangs, or reports what is not true."""

import os
import time

import numpy as np
import pytest

from nnviz_cli.errors import VideoError
from nnviz_cli.film import ffmpeg as programs
from nnviz_cli.film.ffmpeg import ffmpeg
from tests.film.making import (
    COUNT,
    ENCODED,
    content,
    fake,
    moving,
    names,
    parts,
    target,
    write,
)

pytestmark = pytest.mark.process


FLOOD = "seq -f '[x @ 0x1] line %.0f of a long complaint' 0 3000 >&2"
SCRIPTS = {
    "dies at once": ("echo '[enc @ 0x55] bad luck' >&2; exit 8", "exit status 8: bad luck"),
    "dies early": ("head -c 20000 >/dev/null; exit 3", "exit status 3: no error message"),
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
    with pytest.raises(VideoError, match="film.mp4: ffmpeg made no progress for 0.5 s"):
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
