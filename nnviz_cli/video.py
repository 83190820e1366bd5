"""Frames to a file through ffmpeg; a file under its final name is whole.

ffmpeg takes a closed pipe for the end of the film, and an exit status of 0 proves nothing.
So frames are counted here and by ffmpeg, the film is written to a part file beside its
target, and renamed only when all agree.
"""

import errno
import html
import os
import re
import shutil
import subprocess
import tempfile
import threading
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.errors import Problem, SpecError, VideoError, did_you_mean

Pixels = NDArray[np.uint8]  # (height, width, 4), RGBA
LONGEST_NAME = 120  # bytes of the target's name that its part file repeats
_FRAME = re.compile(r"frame_[0-9]{4,}\.png")
TAIL = 40  # lines of ffmpeg's words that are kept

# Threads are fixed, and so is everything else that depends on the machine: the same frames
# give the same bytes on one core and on two.
_THREADS = "2"
_EXACT = ("-threads", _THREADS, "-fflags", "+bitexact", "-flags:v", "+bitexact")

# converted to BT.709 and tagged so, or players that assume it show other colours
_BT709 = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int+bitexact,"
    "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
)
_H264 = (
    *("-vf", _BT709, "-c:v", "libx264", "-profile:v", "high", "-pix_fmt", "yuv420p"),
    *("-preset", "veryfast", "-crf", "18", "-x264-params", "cpu-independent=1"),
    *("-movflags", "+faststart"),
)


@dataclass(frozen=True)
class Format:
    """All that nnviz knows of one format."""

    help: str
    muxer: str = ""  # ffmpeg's; none: Pillow writes it
    arguments: tuple[str, ...] = ()  # of the encoder
    encoder: str = ""  # as `ffmpeg -encoders` names it
    fastest: int | None = None  # frames a second it can play
    palette: bool = False  # wants sample frames to choose its colours from
    still: bool = False  # one picture
    reports_frames: bool = True  # whether ffmpeg's count of the frames can be believed
    finish: Callable[[Path, "Film"], None] | None = None  # changes the part file at the end


def format_of(path: str) -> Format:
    """The format that a path asks for; a trailing '/' is a folder of frames."""
    suffix = "/" if path.endswith("/") else os.path.splitext(path)[1].lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    what = f"unknown format '{suffix}'" if suffix else "a path without a suffix"
    known = f"known: {', '.join(FORMATS)}"
    hint = "; ".join(filter(None, (did_you_mean(suffix, FORMATS), known)))
    raise SpecError([Problem(f"{path}: {what}", hint=hint)])


@cache
def ffmpeg() -> str:
    """imageio-ffmpeg's binary, or what IMAGEIO_FFMPEG_EXE names; asked once if it works."""
    import imageio_ffmpeg

    try:
        path = str(imageio_ffmpeg.get_ffmpeg_exe())
        said = subprocess.run([path, "-version"], stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise VideoError(f"{_whose_ffmpeg()} does not work: {error}") from error
    if not said.stdout.startswith(b"ffmpeg version"):
        raise VideoError(f"{_whose_ffmpeg()} is no ffmpeg")
    return path


@cache
def encoders() -> frozenset[str]:
    """What this ffmpeg can encode to."""
    command = [ffmpeg(), "-hide_banner", "-encoders"]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    words = (line.split() for line in said.stdout.splitlines())
    return frozenset(line[1] for line in words if len(line) > 1)


class Film:
    """One file that is being written; use it as a context manager.

    Leaving normally checks, renames and so publishes the film; leaving by an exception
    removes the part file, and an older film under the name stays as it was.
    """

    def __init__(
        self,
        path: str,
        *,
        size: tuple[int, int],
        fps: Fraction,
        frames: int,
        samples: Sequence[Pixels] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.path = Path(path)
        self.format = format_of(path)
        self.size = size
        self.frames = frames
        self.fps = fps
        self._samples = samples
        self.metadata = {key: _printable(value) for key, value in (metadata or {}).items()}
        self._sent = 0
        self._part = _part_of(self.path)
        self._sink: _Encoder | _Pictures

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            sweep(self.path.parent)
            self._sink = self._open()
        except OSError as error:
            raise _disk_error(self.path, error) from error
        return self

    def _open(self) -> "_Encoder | _Pictures":
        if not self.format.muxer:
            return _Pictures(self._part, self.path, self.metadata, still=self.format.still)
        palette = make_palette(self._samples) if self.format.palette else None
        return _Encoder(self._part, self.format, self.size, self.fps, self.metadata, palette)

    def write(self, frame: Pixels) -> None:
        """Add a frame: (height, width, 4) RGBA; its memory goes to ffmpeg without a copy."""
        width, height = self.size
        if frame.shape != (height, width, 4) or frame.dtype != np.uint8:
            raise VideoError(f"{self.path}: a frame of {frame.shape} in a film of {self.size}")
        if self._sent == self.frames:
            raise VideoError(f"{self.path}: more than the {self.frames} frames that were announced")
        try:
            self._sink.write(frame)
        except OSError as error:
            raise _disk_error(self.path, error) from error
        self._sent += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._publish()
        except OSError as problem:
            raise _disk_error(self.path, problem) from problem
        finally:
            self._sink.abort()
            _remove(self._part)

    def _publish(self) -> None:
        if self._sent != self.frames or not self.frames:
            raise VideoError(f"{self.path}: {self._sent} frames instead of {self.frames}")
        reported = self._sink.close()
        if reported != self.frames:
            raise VideoError(f"{self.path}: ffmpeg wrote {reported} of {self.frames} frames")
        if self.format.finish:
            self.format.finish(self._part, self)
        _publish(self._part, self.path)


class _Encoder:
    """ffmpeg writing a part file; its words are read all the time, or it would stop."""

    def __init__(
        self,
        part: Path,
        made: Format,
        size: tuple[int, int],
        fps: Fraction,
        metadata: Mapping[str, str],
        palette: bytes | None,
    ) -> None:
        self._part = part
        self._format = made
        self._sent = 0
        self._palette = _temporary(palette) if palette else None
        rate = f"{fps.numerator}/{fps.denominator}"
        # a keyframe every two seconds, so that a player can jump
        gop = str(max(1, round(2 * fps)))
        raw = ("-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{size[0]}x{size[1]}", "-framerate", rate)
        command = [
            *(ffmpeg(), "-hide_banner", "-nostats", "-loglevel", "error", "-progress", "pipe:1"),
            *(*raw, "-i", "pipe:0"),
            *(("-i", self._palette) if self._palette else ()),
            *("-an", *made.arguments, "-g", gop, *_EXACT),
            *(part for key, value in metadata.items() for part in ("-metadata", f"{key}={value}")),
            *("-f", made.muxer, "-y", f"file:{part}"),
        ]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, process_group=0
        )
        self._errors: deque[str] = deque(maxlen=TAIL)
        self._reported = 0
        self._readers = [
            threading.Thread(target=self._read_errors, daemon=True),
            threading.Thread(target=self._read_progress, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def write(self, frame: Pixels) -> None:
        if self._process.stdin is None:
            raise VideoError("the film is closed")
        rest = memoryview(frame).cast("B")
        try:
            while rest:
                rest = rest[self._process.stdin.write(rest) or 0 :]
        except OSError as error:
            raise self._failure() from error
        self._sent += 1

    def close(self) -> int:
        """End the film and give ffmpeg's own count of its frames."""
        if self._process.stdin:
            try:
                self._process.stdin.close()
            except OSError as error:
                raise self._failure() from error
        if self._process.wait() != 0:
            raise self._failure()
        self._join()
        if not self._format.reports_frames:
            return _count_pictures(self._part)
        return self._reported

    def abort(self) -> None:
        """Let nothing of the process remain; nothing happens if it has ended."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    pass  # what was not sent is not wanted any more
        if self._palette:
            Path(self._palette).unlink(missing_ok=True)

    def _failure(self) -> VideoError:
        """What went wrong, in ffmpeg's first words."""
        self._process.kill() if self._process.poll() is None and not self._errors else None
        status = self._process.wait()
        self._join()
        first = next((line for line in self._errors if line.strip()), "no word from it")
        if any("No space left" in line for line in self._errors):
            return VideoError(f"disk full while writing {self._part.parent}")
        return VideoError(f"ffmpeg failed after {self._sent} frames (exit {status}): {first}")

    def _join(self) -> None:
        for reader in self._readers:
            reader.join(5.0)

    def _read_errors(self) -> None:
        for line in self._process.stderr or ():
            self._errors.append(line.decode("utf-8", "replace").rstrip())

    def _read_progress(self) -> None:
        for line in self._process.stdout or ():
            key, _, value = line.partition(b"=")
            if key == b"frame" and value.strip().isdigit():
                self._reported = int(value)


class _Pictures:
    """PNG files by Pillow: one, or a folder of them."""

    def __init__(self, part: Path, target: Path, metadata: Mapping[str, str], *, still: bool) -> None:
        self._part = part
        self._still = still
        self._metadata = metadata
        self._count = 0
        if not still:
            _refuse_other_folder(target)
            part.mkdir()

    def write(self, frame: Pixels) -> None:
        from PIL import Image
        from PIL.PngImagePlugin import PngInfo

        text = PngInfo()
        for key, value in self._metadata.items():
            text.add_itxt(key, value)
        path = self._part if self._still else self._part / f"frame_{self._count:04d}.png"
        Image.fromarray(frame).convert("RGB").save(path, "PNG", pnginfo=text)
        self._count += 1

    def close(self) -> int:
        return self._count

    def abort(self) -> None:
        """There is no process to end."""


def make_palette(samples: Sequence[Pixels]) -> bytes:
    """256 colours for a GIF, chosen by ffmpeg from a few frames; a PNG picture."""
    if not samples:
        raise VideoError("a palette needs sample frames")
    height, width, _ = samples[0].shape
    raw = ("-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{width}x{height}", "-i", "pipe:0")
    chosen = ("-vf", "palettegen=stats_mode=full:reserve_transparent=0", "-frames:v", "1")
    command = [ffmpeg(), "-hide_banner", "-loglevel", "error", *raw, *chosen, *_EXACT]
    command += ["-c:v", "png", "-f", "image2pipe", "pipe:1"]
    frames = b"".join(sample.tobytes() for sample in samples)
    made = subprocess.run(command, input=frames, capture_output=True, check=False)
    if made.returncode or not made.stdout:
        raise VideoError(f"ffmpeg chose no colours: {made.stderr.decode('utf-8', 'replace')[:200]}")
    return made.stdout


def sweep(folder: Path) -> None:
    """Remove part files that a killed process left."""
    for part in folder.glob(".*.part"):
        pid = part.name.removesuffix(".part").rpartition(".")[2].partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            _remove(part)


def _part_of(path: Path) -> Path:
    """A hidden name beside the target that says whose it is."""
    name = os.fsdecode(os.fsencode(path.name)[:LONGEST_NAME])
    token = os.urandom(4).hex()
    return path.absolute().parent / f".{name}.{os.getpid()}-{token}.part"


def _publish(part: Path, target: Path) -> None:
    """Make it durable, then give it its name in one step."""
    if part.is_dir():
        if target.exists():  # a folder is no file: its old self steps aside first
            aside = _part_of(target)
            target.rename(aside)
            part.rename(target)
            _remove(aside)
        else:
            part.rename(target)
    else:
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    if os.name == "posix":
        folder = os.open(target.absolute().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink(missing_ok=True)


def _refuse_other_folder(target: Path) -> None:
    """Only a folder of our own frames is replaced."""
    if target.is_dir():
        others = [item.name for item in target.iterdir() if not _FRAME.fullmatch(item.name)]
        if others:
            raise VideoError(f"{target}/ holds other files ({others[0]}); choose another folder")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _disk_error(path: Path, error: OSError) -> VideoError:
    if error.errno == errno.ENOSPC:
        return VideoError(f"disk full while writing {path}")
    return VideoError(f"cannot write {path}: {(error.strerror or str(error)).lower()}")


def _whose_ffmpeg() -> str:
    named = os.environ.get("IMAGEIO_FFMPEG_EXE")
    return f"IMAGEIO_FFMPEG_EXE={named}" if named else "the ffmpeg of imageio-ffmpeg"


def _printable(text: str) -> str:
    """Without control characters, which containers do not keep."""
    return "".join(c for c in text if c.isprintable() or c == "\n")


def _temporary(content: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".png", delete=False) as file:
        file.write(content)
    return file.name


def _count_pictures(path: Path) -> int:
    """For animated WebP, of which ffmpeg reports one frame whatever it holds."""
    from PIL import Image

    with Image.open(path) as image:
        return int(getattr(image, "n_frames", 1))


def _wrap_in_page(part: Path, film: Film) -> None:
    """Put the film into a page that plays it without anything else."""
    page = resources.files("nnviz_cli").joinpath("player.html").read_text("utf-8")
    title = film.metadata.get("title", "")
    filled = Template(page).substitute(
        title=html.escape(title),
        description=html.escape(film.metadata.get("description", "") or title),
        frames=film.frames,
        fps=float(film.fps),
        film=b64encode(part.read_bytes()).decode(),
    )
    part.write_text(filled, "utf-8")


_PALETTE = ("-lavfi", "paletteuse=dither=none:diff_mode=rectangle", "-loop", "0")
_VP9 = (
    *("-vf", _BT709, "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-b:v", "0", "-crf", "24"),
    *("-deadline", "good", "-cpu-used", "5", "-row-mt", "1"),
)
_WEBP = ("-c:v", "libwebp_anim", "-quality", "85", "-compression_level", "4", "-loop", "0")
_APNG = ("-c:v", "apng", "-pix_fmt", "rgb24", "-pred", "mixed", "-plays", "0")

FORMATS: dict[str, Format] = {
    ".mp4": Format("H.264, plays everywhere", "mp4", _H264, "libx264"),
    ".mov": Format("H.264 for video editors", "mov", _H264, "libx264"),
    ".webm": Format("VP9, for the web", "webm", _VP9, "libvpx-vp9"),
    ".gif": Format("256 colours, for a README", "gif", _PALETTE, "gif", 50, palette=True),
    ".webp": Format(
        "small animated picture", "webp", _WEBP, "libwebp_anim", 50, reports_frames=False
    ),
    ".apng": Format("lossless animated picture", "apng", _APNG, "apng"),
    ".html": Format("a page that plays the film", "mp4", _H264, "libx264", finish=_wrap_in_page),
    ".png": Format("one frame", still=True),
    "/": Format("a folder of PNG frames"),
}
