"""Made-up frames, films of them, and what is in a film."""

import base64
import re
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from nnviz_cli.film.ffmpeg import ffmpeg
from nnviz_cli.film.film import Film
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.film.settings import FilmSettings

WIDTH, HEIGHT = SIZE = (64, 48)
FPS = Fraction(20)
COUNT = 9
EVERY = list(FORMATS)
ENCODED = [suffix for suffix, made in FORMATS.items() if made.encoder]
MOVING = [suffix for suffix, made in FORMATS.items() if not made.still]
BOXED = [".mp4", ".mov"]  # formats of boxes, moov and mdat among them
PATCHES = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (217, 105, 10), (255, 255, 255)]


def moving(count=COUNT, size=SIZE):
    """A disc that moves over a ramp; few colours, for the formats that have few."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    frames = np.zeros((count, height, width, 4), np.uint8)
    frames[..., :3] = (16 * (x // 8) + 40)[..., None]
    frames[..., 3] = 255
    for i, frame in enumerate(frames):
        frame[(x - 12 - 4 * i) ** 2 + (y - 24) ** 2 < 80, :3] = (30, 90, 200)
    return frames


def write(path, frames, *, fps=FPS, promised=None, metadata=None):
    height, width = frames.shape[1:3]
    promised = len(frames) if promised is None else promised
    tags = metadata or {}
    film = Film(
        path,
        FilmSettings(
            size=(width, height), fps=fps, frames=promised, samples=frames[::4], metadata=tags
        ),
    )
    with film:
        for frame in frames:
            film.write(frame)


def some(suffix, count=COUNT, size=SIZE):
    """Frames for any format: one if it is a still."""
    return moving(1 if FORMATS[suffix].still else count, size)


def target(folder, suffix, name="film"):
    return f"{folder}/{name}{suffix}"


def content(path):
    """Names and bytes of a film, be it a file or a folder."""
    path = Path(path)
    if path.is_dir():
        return {item.name: item.read_bytes() for item in sorted(path.iterdir())}
    return {path.name: path.read_bytes()}


def playable(path):
    """The file ffmpeg can read: of a page, the film inside."""
    if not str(path).endswith(".html"):
        return path
    page = Path(path).read_text("utf-8")
    inside = Path(path).with_suffix(".inside.mp4")
    inside.write_bytes(base64.b64decode(re.search(r'base64,([^"]+)"', page)[1]))
    return str(inside)


def run(*arguments):
    command = [ffmpeg(), "-nostdin", "-hide_banner", *arguments]
    return subprocess.run(command, capture_output=True, check=True)


def decode(path, size=SIZE):
    """Frames as RGB, by ffmpeg; one for each tick, so that a long frame counts as several."""
    if Path(path).is_dir():
        pictures = [Image.open(item) for item in sorted(Path(path).iterdir())]
        return np.array([np.asarray(picture) for picture in pictures])
    rate = [] if str(path).endswith(".png") else ["-r", str(FPS), "-fps_mode", "cfr"]
    exact = ["-vf", "scale=flags=accurate_rnd+full_chroma_int+full_chroma_inp"]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    pixels = run("-i", f"file:{playable(path)}", *exact, *rate, *raw).stdout
    return np.frombuffer(pixels, np.uint8).reshape(-1, size[1], size[0], 3)


def psnr(one, other):
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def parts(folder):
    return [name for name in names(folder) if name.startswith(".")]


def fake(folder, monkeypatch, script):
    """Put a script in ffmpeg's place; it says its version like ffmpeg."""
    path = folder / "fake-ffmpeg"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = -version ] && echo "ffmpeg version fake" && exit\n{script}\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))
