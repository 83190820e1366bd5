"""The ffmpeg program: locating it, its encoders, and processes with timeouts."""

import errno
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from threading import Thread
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.errors import VideoError, printable

Frame = NDArray[np.uint8]  # (height, width, 4), RGBA; frames are opaque, alpha is not read

KEPT = 8192  # bytes kept of the beginning and of the end of what ffmpeg says
PATIENCE = 5.0  # seconds for ffmpeg to end after it stopped reading
STALL = 60.0  # seconds in which ffmpeg must take or do something
READING = 600.0  # seconds for a film to be read back


def ffmpeg() -> str:
    """The ffmpeg program that is used; IMAGEIO_FFMPEG_EXE can name another."""
    import imageio_ffmpeg

    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise VideoError("imageio-ffmpeg contains no ffmpeg; reinstall it") from error
    return _checked(program)


def encoders() -> frozenset[str]:
    """What this ffmpeg can encode with, by name."""
    return _encoders(ffmpeg())


@lru_cache
def _checked(program: str) -> str:
    try:
        answer = _ask(program, "-version")
    except (OSError, subprocess.SubprocessError) as error:
        answer = getattr(error, "strerror", None) or type(error).__name__
    if answer.startswith("ffmpeg version"):
        return program
    said = printable(answer.strip().partition("\n")[0][:80]) or "no output"
    if "IMAGEIO_FFMPEG_EXE" in os.environ:
        named = f"IMAGEIO_FFMPEG_EXE names '{printable(program)}', which is not a working ffmpeg"
        raise VideoError(f"{named}: {said}; correct or unset it")
    raise VideoError(
        f"'{printable(program)}' is not a working ffmpeg: {said}; reinstall imageio-ffmpeg"
    )


@lru_cache
def _encoders(program: str) -> frozenset[str]:
    try:
        listed = _ask(program, "-encoders")
    except (OSError, subprocess.SubprocessError) as error:
        raise VideoError(f"ffmpeg does not list its encoders: {error}") from error
    return frozenset(re.findall(r"^ [VAS][.A-Z]{5} (\w\S*)", listed, re.MULTILINE))


def _ask(program: str, question: str) -> str:
    return _run([program, question], timeout=60).stdout.decode(errors="replace")


def _run(command: Sequence[str], timeout: float) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
    )


def read_back(path: Path) -> tuple[int, str]:
    """Frames of a film's file and their size, like '1280x720', as ffmpeg reads them.

    All packets are read and the first frame is decoded, in 0.06 s for a film of 5 s; raises
    ValueError if that fails.
    """
    source = ("-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-i", f"file:{path}")
    packets = ("-map", "0:v", "-c", "copy", "-f", "framecrc", "pipe:1")
    first = ("-map", "0:v", "-frames:v", "1", "-f", "null", "-")
    try:
        done = _run([ffmpeg(), *source, *packets, *first], READING)
    except (OSError, subprocess.SubprocessError) as error:
        raise ValueError(str(error)) from error
    if done.returncode:
        raise ValueError(_first_line(done.stderr))
    listed = done.stdout.decode(errors="replace")
    size = re.search(r"^#dimensions 0: (\d+x\d+)$", listed, re.MULTILINE)
    frames = re.findall(r"^0, .*0x[0-9a-f]{8}", listed, re.MULTILINE)
    return len(frames), size[1] if size else "0x0"


def _first_line(said: bytes) -> str:
    """The first line of what ffmpeg said, without the address of who said it."""
    lines = map(str.strip, said.decode(errors="replace").splitlines())
    line = next(filter(None, lines), "no error message")
    return printable(re.sub(r"^(\[[^]]* @ [^]]*\] )+", "", line)[:300])


class Process:
    """A running ffmpeg: bytes in, and what it says kept short."""

    def __init__(self, name: str, arguments: Sequence[str], palette: int | None = None) -> None:
        quiet = ("-hide_banner", "-nostats", "-loglevel", "error")
        self._name = name
        try:
            self._process = subprocess.Popen(
                [ffmpeg(), *quiet, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0,  # Ctrl-C is ours: we alone end it
                pass_fds=() if palette is None else (palette,),
            )
        except (OSError, ValueError) as error:
            raise VideoError(f"{name}: cannot start ffmpeg: {error}") from error
        self._pipe = cast("IO[bytes]", self._process.stdin)
        os.set_blocking(self._pipe.fileno(), False)
        self._room = selectors.DefaultSelector()
        self._room.register(self._pipe, selectors.EVENT_WRITE)
        self._said = _Drain(cast("IO[bytes]", self._process.stdout))
        self._errors = _Drain(cast("IO[bytes]", self._process.stderr))

    def write(self, frame: Frame) -> None:
        """Send a frame, and wait until it is taken."""
        left = frame.data.cast("B")
        try:
            while left:
                if not self._room.select(STALL):
                    raise self._stalled()
                left = left[os.write(self._pipe.fileno(), left) :]
        except OSError as error:
            raise self._failure() from error

    def close(self) -> bytes:
        """Wait for the end of it; give what it said."""
        self._pipe.close()
        closed = time.monotonic()
        while self._process.poll() is None:
            self._said.join(min(1.0, STALL))  # its end is heard at once; `wait` looks every 50 ms
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.0 if self._said.is_alive() else min(1.0, STALL))
            if time.monotonic() - max(closed, self._said.heard) > STALL:
                raise self._stalled()
        if self._process.returncode:
            raise self._failure()
        return self._said.text()

    def kill(self) -> None:
        """End it and close its pipes; nothing if it has ended by itself."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._room.close()
        self._pipe.close()
        self._said.close()
        self._errors.close()

    def _stalled(self) -> VideoError:
        return VideoError(f"{self._name}: ffmpeg made no progress for {STALL:g} s and was stopped")

    def _failure(self) -> VideoError:
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return VideoError(f"{self._name}: ffmpeg stopped accepting frames")
        said = self._errors.text()
        if os.strerror(errno.ENOSPC).encode() in said:
            return VideoError(f"disk full while writing {self._name}")
        how = f"exit status {code}" if code >= 0 else f"signal {-code}"
        return VideoError(f"{self._name}: ffmpeg ended with {how}: {_first_line(said)}")


class _Drain(Thread):
    """Reads a pipe to its end, and keeps its beginning and its end."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._first = self._last = b""
        self.heard = time.monotonic()
        self.start()

    def run(self) -> None:
        while chunk := os.read(self._pipe.fileno(), 1 << 16):
            self.heard = time.monotonic()
            room = KEPT - len(self._first)
            self._first += chunk[:room]
            self._last = (self._last + chunk[room:])[-KEPT:]

    def text(self) -> bytes:
        self.join(PATIENCE)
        return self._first + self._last

    def close(self) -> None:
        self.join(PATIENCE)
        if not self.is_alive():
            self._pipe.close()


def raw_frames(size: tuple[int, int], fps: Fraction, pixels: str = "rgb0") -> list[str]:
    """Say to ffmpeg what an input of bare frames is."""
    shape = ("-pix_fmt", pixels, "-video_size", f"{size[0]}x{size[1]}")
    return ["-f", "rawvideo", *shape, "-framerate", f"{fps.numerator}/{fps.denominator}"]
