"""Film files: frames go in, a whole file comes out, or none.

ffmpeg takes "the pipe closed" for "the film is done", and its exit status 0 proves little.
So it writes a part file beside the target, and only a film whose frames have all been
counted gets the name it was asked for. No time and no host goes into a film, and threads
are fixed: the same frames give the same bytes.
"""

import base64
import errno
import html
import os
import re
import secrets
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from pathlib import Path, PurePath
from string import Template
from threading import Thread
from types import TracebackType
from typing import IO, Self, cast

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.errors import Problem, SpecError, VideoError, did_you_mean
from nnviz_cli.interrupt import held

Frame = NDArray[np.uint8]  # (height, width, 4), RGBA; frames are opaque, alpha is not read

NAME_BYTES = 255  # the longest name a file may have
KEPT = 8192  # bytes kept of the beginning and of the end of what ffmpeg says
PATIENCE = 5.0  # seconds for ffmpeg to end after it stopped reading
STALL = 60.0  # seconds in which ffmpeg must take or do something
TAG_LENGTH = 30_000  # characters of one tag; the kernel takes 128 KiB an argument
DAY = 86_400
SAME = ("-threads", "2", "-fflags", "+bitexact", "-flags:v", "+bitexact")  # bytes, each time


@dataclass(frozen=True)
class Format:
    """One kind of film: everything nnviz knows about it."""

    help: str  # one line for `nnviz list formats`
    encoder: str = ""  # its name in `ffmpeg -encoders`; without one, Pillow writes pictures
    arguments: tuple[str, ...] = ()  # for ffmpeg: filter, codec, pixels, muxer
    even: bool = False  # colours are shared by 2×2 pixels, so sides are even
    palette: bool = False  # wants a few frames beforehand to choose colours from
    rates: tuple[int, ...] = ()  # good frame rates, the fastest first; none: any will do
    still: bool = False  # one picture
    folder: bool = False  # one picture for each frame
    count: "Callable[[Path, Film], int] | None" = None  # frames, if ffmpeg's count is wrong
    finish: "Callable[[Path, Film], None] | None" = None  # a last step upon the part file

    @property
    def fastest(self) -> int | None:
        """Frames a second it can play at most."""
        return self.rates[0] if self.rates else None


def format_of(path: str) -> Format:
    """What a path's suffix asks for; a trailing '/' asks for a folder of frames."""
    suffix = "/" if path.endswith("/") else PurePath(path).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    known = f"known: {', '.join(FORMATS)}; '/' at the end makes a folder of frames"
    hint = "; ".join(filter(None, (did_you_mean(suffix, FORMATS), known)))
    what = f"no film format is called '{suffix}'" if suffix else "a film's name needs a suffix"
    raise SpecError([Problem(f"{what}: '{_shown(path)}'", hint=hint)])


def check_film(path: str, *, size: tuple[int, int], fps: Fraction, frames: int) -> None:
    """Refuse what a format cannot hold and a target that is in the way, all at once."""
    made = format_of(path)
    name, (width, height) = _shown(path), size
    problems = []
    if min(width, height, frames) < 1 or fps <= 0:
        problems.append(Problem(f"{name}: size, frames and frame rate must be above 0"))
    if made.still and frames != 1:
        problems.append(Problem(f"{name} holds one picture, not {frames}"))
    if made.even and (width % 2 or height % 2):
        text = f"{name}: {width}x{height} has an odd side, which this format cannot hold"
        lower, upper = (f"{width + s * (width % 2)}x{height + s * (height % 2)}" for s in (-1, 1))
        problems.append(Problem(text, hint=f"use {lower} or {upper}"))
    if made.fastest is not None and fps > made.fastest:
        text = f"{name}: {float(fps):g} frames a second is too fast for this format"
        rates = ", ".join(map(str, made.rates))
        problems.append(Problem(text, hint=f"use {rates}, or write an .mp4"))
    if obstacle := _obstacle(path, made):
        problems.append(Problem(f"{name} {obstacle}", hint="choose another name"))
    if problems:
        raise SpecError(problems)


def check_place(path: str) -> None:
    """Refuse a place where no file can be written, before any work is done for it.

    Permissions do not tell (root may do anything, a file system may be read-only), so a
    file is made there and removed.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _part_of(target)
        part.touch(exist_ok=False)
        part.unlink()
    except OSError as error:
        raise SpecError(str(_trouble(_shown(path), error))) from error


class Film:
    """Writes one film; a context manager.

    Leaving it by an exception, or with fewer frames than promised, leaves no film, and an
    older one under that name untouched.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        size: tuple[int, int],
        fps: Fraction,
        frames: int,
        samples: Sequence[Frame] = (),
        metadata: Mapping[str, str] = {},
    ) -> None:
        """`samples` are a few frames of the film, for formats that choose a palette."""
        check_film(os.fspath(path), size=size, fps=fps, frames=frames)
        self.format = format_of(os.fspath(path))
        self.name = _shown(os.fspath(path))
        self.size, self.fps, self.frames = size, fps, frames
        self.metadata = {key: _tag(value) for key, value in metadata.items()}
        self.target = Path(os.path.realpath(path))  # a link stays one
        self._sent = 0
        for sample in samples if self.format.palette else ():
            self._check(sample)
        if self.format.palette and not len(samples):
            raise VideoError(f"{self.name}: no frames to choose its palette from")
        self.samples = samples

    def __enter__(self) -> Self:
        with held():  # a part file and an ffmpeg have no owner before this returns
            self._begin()
        return self

    def _begin(self) -> None:
        self._part = _part_of(self.target)
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            sweep(self.target.parent)
            if self.format.folder:
                self._part.mkdir()
            else:
                self._part.touch(exist_ok=False)
            self._writer = (_Encoder if self.format.encoder else _Pictures)(self, self._part)
        except BaseException as error:
            with suppress(OSError):
                _remove(self._part)
            if isinstance(error, OSError):
                raise _trouble(self.name, error) from error
            raise

    def write(self, frame: Frame) -> None:
        """Add one frame; its memory is free to change when this returns."""
        self._check(frame)
        if self._sent == self.frames:
            raise VideoError(f"{self.name}: more than the {self.frames} frames promised")
        self._writer.write(frame)
        self._sent += 1

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except OSError as error:
            raise _trouble(self.name, error) from error
        finally:  # after a good end there is nothing to kill and nothing to remove
            self._writer.kill()
            _remove(self._part)

    def _finish(self) -> None:
        if self._sent != self.frames:
            raise VideoError(f"{self.name}: {self._sent} of {self.frames} frames came")
        self._writer.close()
        if self.format.finish:
            self.format.finish(self._part, self)
        _sync(self._part)
        _rename(self._part, self.target)
        _sync(self.target.parent)

    def _check(self, frame: Frame) -> None:
        width, height = self.size
        if frame.shape != (height, width, 4) or frame.dtype != np.uint8:
            got = f"{frame.dtype} {frame.shape}"
            raise VideoError(f"{self.name}: a frame is {got}, not uint8 {(height, width, 4)}")
        if not frame.flags.c_contiguous:
            raise VideoError(f"{self.name}: a frame's bytes are not in one piece")


# ffmpeg ---------------------------------------------------------------------------------


def ffmpeg() -> str:
    """The ffmpeg program that is used; IMAGEIO_FFMPEG_EXE can name another."""
    import imageio_ffmpeg

    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise VideoError("imageio-ffmpeg brought no ffmpeg; reinstall it") from error
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
    said = _shown(answer.strip().partition("\n")[0][:80]) or "it says nothing"
    if "IMAGEIO_FFMPEG_EXE" in os.environ:
        named = f"IMAGEIO_FFMPEG_EXE names '{_shown(program)}', which is no working ffmpeg"
        raise VideoError(f"{named}: {said}; correct or unset it")
    raise VideoError(f"'{_shown(program)}' is no working ffmpeg: {said}; reinstall imageio-ffmpeg")


@lru_cache
def _encoders(program: str) -> frozenset[str]:
    try:
        listed = _ask(program, "-encoders")
    except (OSError, subprocess.SubprocessError) as error:
        raise VideoError(f"ffmpeg does not list its encoders: {error}") from error
    return frozenset(re.findall(r"^ [VAS][.A-Z]{5} (\w\S*)", listed, re.MULTILINE))


def _ask(program: str, question: str) -> str:
    answer = subprocess.run(
        [program, question],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    return answer.stdout.decode(errors="replace")


class _Process:
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
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(min(1.0, STALL))
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
        return VideoError(f"{self._name}: ffmpeg has done nothing for {STALL:g} s; it was ended")

    def _failure(self) -> VideoError:
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return VideoError(f"{self._name}: ffmpeg no longer takes frames")
        text = self._errors.text().decode(errors="replace")
        if os.strerror(errno.ENOSPC) in text:
            return VideoError(f"disk full while writing {self._name}")
        line = next(filter(None, map(str.strip, text.splitlines())), "it gave no reason")
        line = _shown(re.sub(r"^(\[[^]]* @ [^]]*\] )+", "", line)[:300])
        how = f"exit status {code}" if code >= 0 else f"signal {-code}"
        return VideoError(f"{self._name}: ffmpeg ended with {how}: {line}")


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


class _Encoder:
    """Frames through ffmpeg into a part file."""

    def __init__(self, film: Film, part: Path) -> None:
        self._film, self._part = film, part
        tags = [word for pair in film.metadata.items() for word in ("-metadata", "=".join(pair))]
        source = ["-progress", "pipe:1", *raw_frames(film.size, film.fps), "-i", "pipe:0"]
        result = ["-an", *tags, *film.format.arguments, *SAME, "-y", f"file:{part}"]
        if not film.format.palette:
            self._process = _Process(film.name, [*source, *result])
            return
        colours = _palette(film)
        reader, writer = os.pipe()
        try:
            os.write(writer, colours)
            os.close(writer)
            source += [*raw_frames((16, 16), film.fps, "rgba"), "-i", f"pipe:{reader}"]
            self._process = _Process(film.name, [*source, *result], reader)
        finally:
            os.close(reader)

    def write(self, frame: Frame) -> None:
        self._process.write(frame)

    def close(self) -> None:
        said = self._process.close()
        film, reported = self._film, re.findall(rb"^frame=\s*(\d+)", said, re.MULTILINE)
        if film.format.count:
            count = film.format.count(self._part, film)
        else:
            count = int(reported[-1]) if reported else 0
        if count != film.frames:
            raise VideoError(f"{film.name}: ffmpeg wrote {count} of {film.frames} frames")

    def kill(self) -> None:
        self._process.kill()


class _Pictures:
    """Frames through Pillow into a part file, or into the files of a part folder."""

    def __init__(self, film: Film, part: Path) -> None:
        self._film, self._part, self._done = film, part, 0
        self._digits = max(4, len(str(film.frames - 1)))

    def write(self, frame: Frame) -> None:
        from PIL import Image
        from PIL.PngImagePlugin import PngInfo

        info, path = PngInfo(), self._part
        if self._film.format.folder:
            path /= f"frame_{self._done:0{self._digits}}.png"
        else:
            for key, value in self._film.metadata.items():
                info.add_itxt(key.capitalize(), value)
        picture = Image.frombuffer("RGBA", self._film.size, frame, "raw", "RGBA", 0, 1)
        try:
            picture.convert("RGB").save(path, "PNG", pnginfo=info)
        except OSError as error:
            raise _trouble(self._film.name, error) from error
        self._done += 1

    def close(self) -> None:
        """Nothing is pending."""

    def kill(self) -> None:
        """Nothing is running."""


def raw_frames(size: tuple[int, int], fps: Fraction, pixels: str = "rgb0") -> list[str]:
    """Say to ffmpeg what an input of bare frames is."""
    shape = ("-pix_fmt", pixels, "-video_size", f"{size[0]}x{size[1]}")
    return ["-f", "rawvideo", *shape, "-framerate", f"{fps.numerator}/{fps.denominator}"]


def _palette(film: Film) -> bytes:
    """256 colours as RGBA, chosen once from a few frames, so that films of any length stream."""
    choose = ("-vf", "palettegen=stats_mode=full", "-frames:v", "1")
    result = ("-f", "rawvideo", "-pix_fmt", "rgba", "pipe:1")
    process = _Process(
        film.name, [*raw_frames(film.size, film.fps), "-i", "pipe:0", *choose, *result]
    )
    try:
        for sample in film.samples:
            process.write(sample)
        return process.close()
    finally:
        process.kill()


def _webp_frames(path: Path, film: Film) -> int:
    """Frames of an animated WebP by its durations: equal frames are stored as one.

    A film in which nothing moves is stored as a picture, which has no duration to check.
    """
    milliseconds = 0
    with path.open("rb") as file:
        whole = int.from_bytes(file.read(12)[4:8], "little") + 8 == path.stat().st_size
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[4:], "little")
            body = file.read(16) if head[:4] == b"ANMF" else b""
            milliseconds += int.from_bytes(body[12:15], "little")
            file.seek(size + size % 2 - len(body), os.SEEK_CUR)
    if whole and not milliseconds:
        return film.frames
    return round(milliseconds * film.fps / 1000) if whole else 0


def _page(part: Path, film: Film) -> None:
    """Wrap the film in the part file into a page that needs no other file."""
    template = resources.files("nnviz_cli").joinpath("player.html").read_text("utf-8")
    title = film.metadata.get("title") or _shown(film.target.stem)
    description = film.metadata.get("description", "")
    page = Template(template).substitute(
        title=html.escape(title),
        description=html.escape(description),
        label=html.escape(description or title),
        file=html.escape(_shown(film.target.stem)) + ".mp4",
        width=film.size[0],
        height=film.size[1],
        frames=film.frames,
        last=film.frames - 1,
        fps=float(film.fps),
        video=base64.b64encode(part.read_bytes()).decode(),
    )
    part.write_text(page, "utf-8", newline="\n")


# files ----------------------------------------------------------------------------------


def write_text(path: Path, text: str) -> None:
    """Write a small file as films are written: whole, or not at all."""
    part = _part_of(path)
    try:
        part.write_text(text, "utf-8", newline="\n")
        _sync(part)
        part.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise _trouble(_shown(str(path)), error) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that lives while films are made; what killed processes left is removed."""
    here = Path(tempfile.gettempdir())
    sweep(here)
    folder = _part_of(here / "nnviz")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _remove(folder)


def sweep(folder: Path) -> None:
    """Remove what killed processes have left behind: theirs on this machine, or a day old."""
    for path in folder.glob(".*.part"):
        found = re.search(r"\.(\d+)-([0-9a-f]{4})[0-9a-f]{8}\.part$", path.name)
        if not found:
            continue
        try:
            old = time.time() - path.stat().st_mtime > DAY
        except OSError:
            continue  # another process swept it
        if old or (found[2] == _machine() and not _alive(int(found[1]))):
            with suppress(OSError):  # somebody else's, or swept by another process
                _remove(path)


def _part_of(target: Path) -> Path:
    """A hidden name beside the target, short enough for any file system."""
    end = f".{os.getpid()}-{_machine()}{secrets.token_hex(4)}.part"
    name = os.fsencode(target.name)[: NAME_BYTES - len(end) - 1]
    return target.with_name(f".{name.decode(errors='ignore')}{end}")


def _machine() -> str:
    """Four digits for this machine: a process id means nothing on another one."""
    return f"{zlib.crc32(os.uname().nodename.encode()) & 0xFFFF:04x}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _obstacle(path: str, made: Format) -> str:
    """Why what is under that name may not be replaced, or nothing."""
    if "\0" in path:
        return "is not a name"
    target = Path(path)
    if not made.folder:
        return "is there and is not a file" if target.exists() and not target.is_file() else ""
    if target.is_dir():
        names = [item.name for item in target.iterdir()]
        frames = [name for name in names if re.fullmatch(r"frame_\d{4,}\.png", name)]
        ours = all(name in frames or name.endswith(".json") for name in names)
        return "" if ours and bool(frames) == bool(names) else "holds other things than our frames"
    return "is there and is not a folder" if target.exists() else ""


def _rename(part: Path, target: Path) -> None:
    if not part.is_dir() or not target.is_dir():
        part.replace(target)
        return
    old = _part_of(target)
    target.rename(old)
    try:
        part.rename(target)
    except BaseException:
        old.rename(target)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _trouble(name: str, error: OSError) -> VideoError:
    if error.errno == errno.ENOSPC:
        return VideoError(f"disk full while writing {name}")
    return VideoError(f"cannot write {name}: {error.strerror or error}")


def _shown(text: str) -> str:
    """On one line, whatever is in it."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _tag(value: str) -> str:
    """Text that any container and any command line takes."""
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", value).strip()
    return plain[:TAG_LENGTH].encode(errors="replace").decode()


# formats --------------------------------------------------------------------------------

# Players take BT.709 for granted: converted to it and tagged as it, colours are off by 2
# of 255 at most; by ffmpeg's default they are off by up to 24.
_SCALE = "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int+bitexact"
_SHADES = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
_YUV = ("-vf", f"{_SCALE},{_SHADES}", "-pix_fmt", "yuv420p")
_JUMPS = ("-force_key_frames", "expr:gte(t,n_forced*2)")  # each 2 s, for scrubbing; +9 % bytes

# On a scatter over a warped grid at 1280×720, against `-preset medium -crf 20`: PSNR 42.8 to
# 42.6 dB, SSIM 0.9960 to 0.9961, 1.3 times the bytes, twice as fast.
_QUALITY = ("-crf", "18", "-preset", "veryfast")
_CODE = ("-c:v", "libx264", "-profile:v", "high", "-x264-params", "cpu-independent=1")
_H264 = (*_YUV, *_CODE, *_QUALITY, *_JUMPS, "-movflags", "+faststart")

# PSNR 42.8 dB, SSIM 0.9955, 1.2 times the bytes of the .mp4. At equal PSNR `-deadline good`
# saves an eighth and is 6 times slower.
_SPEED = ("-deadline", "realtime", "-cpu-used", "6", "-row-mt", "1", "-tune-content", "screen")
_VP9 = (*_YUV, "-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "26", *_SPEED, *_JUMPS)

# Lossless: lossy WebP shares colours among pixels, and small points lose theirs.
_WEBP = ("-c:v", "libwebp_anim", "-lossless", "1", "-compression_level", "1", "-quality", "75")

# As small as rgba and faster; a fifth smaller than with a prediction.
_APNG = ("-c:v", "apng", "-pred", "none", "-pix_fmt", "rgb24")

_COLOURS = ("-lavfi", "[0:v][1:v]paletteuse=dither=none:diff_mode=rectangle", "-pix_fmt", "pal8")

FORMATS: dict[str, Format] = {
    ".mp4": Format(
        help="H.264 video; plays everywhere",
        encoder="libx264",
        arguments=(*_H264, "-f", "mp4"),
        even=True,
    ),
    ".gif": Format(
        help="GIF animation of 256 colours that loops; at most 50 frames a second",
        encoder="gif",
        arguments=(*_COLOURS, "-c:v", "gif", "-loop", "0", "-f", "gif"),
        palette=True,
        rates=(50, 25, 20, 10),  # delays are hundredths of a second
    ),
    ".webm": Format(
        help="VP9 video, for web pages",
        encoder="libvpx-vp9",
        arguments=(*_VP9, "-f", "webm"),
        even=True,
    ),
    ".webp": Format(
        help="WebP animation that loops; every colour exact",
        encoder="libwebp_anim",
        arguments=(*_WEBP, "-pix_fmt", "bgra", "-loop", "0", "-f", "webp"),
        count=_webp_frames,
    ),
    ".apng": Format(
        help="PNG animation that loops; every colour exact, large",
        encoder="apng",
        arguments=(*_APNG, "-plays", "0", "-f", "apng"),
    ),
    ".mov": Format(
        help="H.264 video for QuickTime and editors",
        encoder="libx264",
        arguments=(*_H264, "-f", "mov"),
        even=True,
    ),
    ".png": Format(help="one frame as a picture", still=True),
    ".html": Format(
        help="a web page with player, in one file that needs no other",
        encoder="libx264",
        arguments=(*_H264, "-f", "mp4"),
        even=True,
        finish=_page,
    ),
    "/": Format(help="a folder of frames as PNG pictures", folder=True),
}
