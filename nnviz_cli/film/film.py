"""Film files: frames go in, a whole file comes out, or none.

ffmpeg takes "the pipe closed" for "the film is done", and its exit status 0 proves little.
So it writes a part file beside the target, and only a film whose frames have all been
counted gets the name it was asked for. No time and no host goes into a film, and threads
are fixed: the same frames give the same bytes.
"""

import base64
import html
import io
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from pathlib import Path, PurePath
from string import Template
from types import TracebackType
from typing import Self

import numpy as np

from nnviz_cli.errors import Problem, SizeError, SpecError, VideoError, did_you_mean, printable
from nnviz_cli.film.disk import Content, part_of, remove, rename, sweep, sync, trouble
from nnviz_cli.film.ffmpeg import Frame, Process, raw_frames, read_back
from nnviz_cli.signals import held

LONGEST = 300  # characters of a path that are said
TAG_LENGTH = 30_000  # characters of one tag; the kernel takes 128 KiB an argument
SAME = ("-threads", "2", "-fflags", "+bitexact", "-flags:v", "+bitexact")  # bytes, each time


@dataclass(frozen=True)
class Format:
    """One kind of film: everything nnviz knows about it."""

    help: str  # one line for `nnviz list formats`
    encoder: str = ""  # its name in `ffmpeg -encoders`; without one, Pillow writes pictures
    arguments: tuple[str, ...] = ()  # for ffmpeg: filter, codec, pixels, muxer
    even: bool = False  # colours are shared by 2×2 pixels, so sides are even
    palette: bool = False  # wants a few frames beforehand to choose colours from
    chapters: bool = False  # holds them
    shrinks: bool = False  # may have fewer frames and pixels to fit a size of file
    rates: tuple[int, ...] = ()  # good frame rates, the fastest first; none: any will do
    still: bool = False  # one picture
    folder: bool = False  # one picture for each frame
    count: "Callable[[Path, Film], int] | None" = None  # frames, if ffmpeg cannot count them
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
    known += ", '.h5' keeps the numbers"
    hint = "; ".join(filter(None, (did_you_mean(suffix, FORMATS), known)))
    what = f"no film format is called '{suffix}'" if suffix else "a film's name needs a suffix"
    raise SpecError([Problem(f"{what}: '{printable(path)}'", hint=hint)])


def check_film(path: str, *, size: tuple[int, int], fps: Fraction, frames: int) -> None:
    """Refuse what a format cannot hold and a target that is in the way, all at once."""
    made = format_of(path)
    name = printable(path if len(path) <= LONGEST else path[: LONGEST - 1] + "…")
    width, height = size
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


class Film:
    """Writes one film; a context manager.

    Leaving it by an exception, or with fewer frames than promised, leaves no film, and an
    older one under that name untouched.
    """

    content: Content  # of the very file that was written, after a good end

    def __init__(
        self,
        path: str | Path,
        *,
        size: tuple[int, int],
        fps: Fraction,
        frames: int,
        samples: Sequence[Frame] = (),
        metadata: Mapping[str, str] = {},
        chapters: str = "",
        colours: int = 256,
        most: int | None = None,
    ) -> None:
        """`samples` are a few frames of the film, for formats that choose a palette of `colours`.

        `chapters` are in ffmpeg's metadata format, for formats that hold them. A film of more
        than `most` bytes is not kept: SizeError.
        """
        check_film(os.fspath(path), size=size, fps=fps, frames=frames)
        self.format = format_of(os.fspath(path))
        self.name = printable(os.fspath(path))
        self.size, self.fps, self.frames = size, fps, frames
        self.metadata = {key: _tag(value) for key, value in metadata.items()}
        self.chapters = chapters if self.format.chapters else ""
        self.colours, self.most = colours, most
        self.poster: Frame | None = None  # what a page shows before it plays
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
        self._part = part_of(self.target)
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
                remove(self._part)
            if isinstance(error, OSError):
                raise trouble(self.name, error) from error
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
            raise trouble(self.name, error) from error
        finally:  # after a good end there is nothing to kill and nothing to remove
            self._writer.kill()
            remove(self._part)

    def _finish(self) -> None:
        if self._sent != self.frames:
            raise VideoError(f"{self.name}: {self._sent} of {self.frames} frames came")
        self._writer.close()
        if self.format.finish:
            self.format.finish(self._part, self)
        size = self._part.stat().st_size
        if self.most is not None and size > self.most:
            raise SizeError(f"{self.name}: {size} bytes are more than {self.most}", size)
        sync(self._part)
        self.content = Content.of(self._part)  # another film may take the name at any time
        rename(self._part, self.target)
        sync(self.target.parent)

    def _check(self, frame: Frame) -> None:
        width, height = self.size
        if frame.shape != (height, width, 4) or frame.dtype != np.uint8:
            got = f"{frame.dtype} {frame.shape}"
            raise VideoError(f"{self.name}: a frame is {got}, not uint8 {(height, width, 4)}")
        if not frame.flags.c_contiguous:
            raise VideoError(f"{self.name}: a frame's bytes are not in one piece")


# writers --------------------------------------------------------------------------------


class _Encoder:
    """Frames through ffmpeg into a part file."""

    def __init__(self, film: Film, part: Path) -> None:
        self._film, self._part = film, part
        tags = [word for pair in film.metadata.items() for word in ("-metadata", "=".join(pair))]
        source = ["-progress", "pipe:1", *raw_frames(film.size, film.fps), "-i", "pipe:0"]
        result = ["-an", *tags, *film.format.arguments, *SAME, "-y", f"file:{part}"]
        if film.format.palette:
            more, kind = _palette(film), [*raw_frames((16, 16), film.fps, "rgba")]
        elif film.chapters:
            more, kind = film.chapters.encode(), ["-f", "ffmetadata"]
            result = ["-map", "0:v", "-map_chapters", "1", *result]
        else:
            self._process = Process(film.name, [*source, *result])
            return
        with tempfile.TemporaryFile() as file:  # a pipe holds 64 KiB, and nobody reads it yet
            file.write(more)
            file.seek(0)
            source += [*kind, "-i", f"pipe:{file.fileno()}"]
            self._process = Process(film.name, [*source, *result], file.fileno())

    def write(self, frame: Frame) -> None:
        self._process.write(frame)

    def close(self) -> None:
        said = self._process.close()
        film, reported = self._film, re.findall(rb"^frame=\s*(\d+)", said, re.MULTILINE)
        if film.format.count:
            self._expect(film.format.count(self._part, film))
            return
        self._expect(int(reported[-1]) if reported else 0)
        try:
            count, size = read_back(self._part)
        except ValueError as error:
            raise VideoError(
                f"{film.name}: ffmpeg wrote a file that cannot be read: {error}"
            ) from error
        self._expect(count)
        if size != f"{film.size[0]}x{film.size[1]}":
            raise VideoError(f"{film.name}: ffmpeg wrote frames of {size}")

    def _expect(self, count: int) -> None:
        film = self._film
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
            raise trouble(self._film.name, error) from error
        self._done += 1

    def close(self) -> None:
        """Nothing is pending."""

    def kill(self) -> None:
        """Nothing is running."""


def _palette(film: Film) -> bytes:
    """Up to 256 colours as RGBA, chosen once from a few frames: films of any length stream."""
    colours = f"palettegen=stats_mode=full:max_colors={film.colours}"
    choose = ("-vf", colours, "-frames:v", "1")
    result = ("-f", "rawvideo", "-pix_fmt", "rgba", "pipe:1")
    process = Process(
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

    A film in which nothing moves is stored as a picture, which has no duration to check. Many a
    ffmpeg writes these films and cannot read them, so Pillow decodes the first frame.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=("WEBP",)) as picture:
            picture.load()
            if picture.size != film.size:
                return 0
    except OSError:  # Pillow's error for what is not a picture
        return 0
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
    title = film.metadata.get("title") or printable(film.target.stem)
    description = film.metadata.get("description", "")
    page = Template(template).substitute(
        title=html.escape(title),
        description=html.escape(description),
        label=html.escape(description or title),
        file=html.escape(printable(film.target.stem)) + ".mp4",
        width=film.size[0],
        height=film.size[1],
        frames=film.frames,
        last=film.frames - 1,
        fps=float(film.fps),
        video=base64.b64encode(part.read_bytes()).decode(),
        poster=_poster(film.poster),
    )
    part.write_text(page, "utf-8", newline="\n")


def _poster(frame: Frame | None) -> str:
    """What a player shows before it plays, as an attribute: a JPEG, a third of a PNG."""
    if frame is None:
        return ""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(frame[..., :3]).save(file, "JPEG", quality=90, subsampling=0)
    picture = base64.b64encode(file.getvalue()).decode()
    return f' poster="data:image/jpeg;base64,{picture}"'


def _obstacle(path: str, made: Format) -> str:
    """Why what is under that name may not be replaced, or nothing."""
    if "\0" in path:
        return "is not a name"
    target = Path(path)
    try:
        target.exists()
    except OSError as error:
        return f"cannot be written: {error.strerror}"
    if not made.folder:
        return "is there and is not a file" if target.exists() and not target.is_file() else ""
    if target.is_dir():
        names = [item.name for item in target.iterdir()]
        frames = [name for name in names if re.fullmatch(r"frame_\d{4,}\.png", name)]
        ours = all(name in frames or name.endswith(".json") for name in names)
        return "" if ours and bool(frames) == bool(names) else "holds other things than our frames"
    return "is there and is not a folder" if target.exists() else ""


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

# Of the ring film at 640×480, against `-preset medium -crf 20`: PSNR 44.8 to 44.9 dB, SSIM
# 0.9961 to 0.9957, 1.3 times the bytes, half the time. Motion to a quarter of a pixel alone
# (`-subq 1`) is a fifth of it, for a twelfth more bytes: markers stand on whole pixels.
QUALITY = ("-crf", "18", "-preset", "veryfast", "-subq", "1")
_CODE = ("-c:v", "libx264", "-profile:v", "high", "-x264-params", "cpu-independent=1")
_H264 = (*_YUV, *_CODE, *QUALITY, *_JUMPS, "-movflags", "+faststart")

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
        chapters=True,
    ),
    ".gif": Format(
        help="GIF animation of 256 colours that loops; at most 50 frames a second",
        encoder="gif",
        arguments=(*_COLOURS, "-c:v", "gif", "-loop", "0", "-f", "gif"),
        palette=True,
        shrinks=True,
        rates=(50, 25, 20, 10),  # delays are hundredths of a second
    ),
    ".webm": Format(
        help="VP9 video, for web pages",
        encoder="libvpx-vp9",
        arguments=(*_VP9, "-f", "webm"),
        even=True,
        chapters=True,
    ),
    ".webp": Format(
        help="WebP animation that loops; every colour exact",
        encoder="libwebp_anim",
        arguments=(*_WEBP, "-pix_fmt", "bgra", "-loop", "0", "-f", "webp"),
        count=_webp_frames,
        shrinks=True,
    ),
    ".apng": Format(
        help="PNG animation that loops; every colour exact, large",
        encoder="apng",
        arguments=(*_APNG, "-plays", "0", "-f", "apng"),
        shrinks=True,
    ),
    ".mov": Format(
        help="H.264 video for QuickTime and editors",
        encoder="libx264",
        arguments=(*_H264, "-f", "mov"),
        even=True,
        chapters=True,
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
