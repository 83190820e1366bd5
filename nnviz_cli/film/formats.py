"""The formats of films: one table, with what each format needs to be written.

A new format is one entry in FORMATS; nothing else in nnviz knows a format by its suffix.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePath

from nnviz_cli.errors import Problem, SpecError, did_you_mean, printable
from nnviz_cli.film.ffmpeg import Frame
from nnviz_cli.film.html_player import write_page
from nnviz_cli.film.settings import FilmSettings
from nnviz_cli.film.webp import count_frames

LONGEST = 300  # characters of a path that are shown in a message
Finish = Callable[[Path, str, FilmSettings, Frame | None], None]  # file, name, ..., poster


@dataclass(frozen=True, kw_only=True)
class Format:
    """One kind of film: everything nnviz knows about it."""

    help: str  # one line, shown by `nnviz list formats`
    encoder: str = ""  # its name in `ffmpeg -encoders`; without one, Pillow writes pictures
    arguments: tuple[str, ...] = ()  # for ffmpeg: filter, codec, pixels, muxer
    even: bool = False  # colours are shared by 2×2 pixels, so sides are even
    palette: bool = False  # its colours are chosen from a few frames before encoding
    chapters: bool = False  # can store chapters
    shrinks: bool = False  # can be reduced to fit `max_size`
    rates: tuple[int, ...] = ()  # accepted frame rates, the fastest first; empty: any
    still: bool = False  # one picture
    folder: bool = False  # one picture for each frame
    count: Callable[[Path, FilmSettings], int] | None = None  # frames, if ffmpeg cannot count
    finish: Finish | None = None  # a last step on the part file

    @property
    def fastest(self) -> int | None:
        """The highest frame rate, in frames per second, or None."""
        return self.rates[0] if self.rates else None


def format_of(path: str) -> Format:
    """The format of a path by its suffix; a trailing '/' means a folder of frames.

    Raises SpecError if the suffix is unknown.
    """
    suffix = "/" if path.endswith("/") else PurePath(path).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    known = f"known: {', '.join(FORMATS)}; '/' at the end makes a folder of frames"
    known += ", '.h5' a recording"
    hint = "; ".join(filter(None, (did_you_mean(suffix, FORMATS), known)))
    what = f"unknown film format '{suffix}'" if suffix else "the name of a film needs a suffix"
    raise SpecError([Problem(f"{what}: '{printable(path)}'", hint=hint)])


def check_film(path: str, *, size: tuple[int, int], fps: Fraction, frames: int) -> None:
    """Check that the format can store such a film and that the path can be written.

    Raises SpecError with all problems at once.
    """
    made = format_of(path)
    name = printable(path if len(path) <= LONGEST else path[: LONGEST - 1] + "…")
    width, height = size
    problems = []
    if min(width, height, frames) < 1 or fps <= 0:
        problems.append(Problem(f"{name}: size, number of frames and frame rate must be positive"))
    if made.still and frames != 1:
        problems.append(Problem(f"{name} holds a single frame, not {frames}"))
    if made.even and (width % 2 or height % 2):
        text = f"{name}: {width}x{height} has an odd side, which this format does not support"
        lower, upper = (f"{width + s * (width % 2)}x{height + s * (height % 2)}" for s in (-1, 1))
        problems.append(Problem(text, hint=f"use {lower} or {upper}"))
    if made.fastest is not None and fps > made.fastest:
        text = f"{name}: {float(fps):g} frames per second is more than this format supports"
        rates = ", ".join(map(str, made.rates))
        problems.append(Problem(text, hint=f"use {rates}, or write an .mp4"))
    if obstacle := _obstacle(path, made):
        problems.append(Problem(f"{name} {obstacle}", hint="choose another name"))
    if problems:
        raise SpecError(problems)


def _obstacle(path: str, made: Format) -> str:
    """Why what exists at the path must not be replaced, or ''."""
    if "\0" in path:
        return "is not a file name"
    target = Path(path)
    try:
        target.exists()
    except OSError as error:
        return f"cannot be written: {error.strerror}"
    if not made.folder:
        return (
            "exists and is not a regular file" if target.exists() and not target.is_file() else ""
        )
    if target.is_dir():
        names = [item.name for item in target.iterdir()]
        frames = [name for name in names if re.fullmatch(r"frame_\d{4,}\.png", name)]
        ours = all(name in frames or name.endswith(".json") for name in names)
        return "" if ours and bool(frames) == bool(names) else "contains files other than frames"
    return "exists and is not a folder" if target.exists() else ""


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
        help="H.264 video, for all players",
        encoder="libx264",
        arguments=(*_H264, "-f", "mp4"),
        even=True,
        chapters=True,
    ),
    ".gif": Format(
        help="GIF animation of 256 colours that loops; at most 50 frames per second",
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
        help="WebP animation that loops; lossless colours",
        encoder="libwebp_anim",
        arguments=(*_WEBP, "-pix_fmt", "bgra", "-loop", "0", "-f", "webp"),
        count=count_frames,
        shrinks=True,
    ),
    ".apng": Format(
        help="PNG animation that loops; lossless colours, large files",
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
    ".png": Format(help="a single frame", still=True),
    ".html": Format(
        help="web page with a player, in a single self-contained file",
        encoder="libx264",
        arguments=(*_H264, "-f", "mp4"),
        even=True,
        finish=write_page,
    ),
    "/": Format(help="folder with one PNG file per frame", folder=True),
}

_SHRINKING = [suffix for suffix, made in FORMATS.items() if made.shrinks]
SHRINKING_NAMES = f"{', '.join(_SHRINKING[:-1])} and {_SHRINKING[-1]}"  # as shown in messages
