"""Writers of films: what turns frames into a file, by ffmpeg or by Pillow."""

import re
import tempfile
from pathlib import Path

from nnviz_cli.errors import VideoError
from nnviz_cli.film.atomic import trouble
from nnviz_cli.film.ffmpeg import Frame, Process, raw_frames, read_back
from nnviz_cli.film.formats import Format
from nnviz_cli.film.settings import FilmSettings

SAME = ("-threads", "2", "-fflags", "+bitexact", "-flags:v", "+bitexact")  # same bytes every time


class Encoder:
    """Writes frames to a file with ffmpeg, and checks the file."""

    def __init__(self, name: str, made: Format, settings: FilmSettings, part: Path) -> None:
        """Start ffmpeg; `name` is that of the film in messages. Raises VideoError."""
        self._name, self._made, self._settings, self._part = name, made, settings, part
        tags = [word for pair in settings.tags.items() for word in ("-metadata", "=".join(pair))]
        source = ["-progress", "pipe:1", *raw_frames(settings.size, settings.fps), "-i", "pipe:0"]
        result = ["-an", *tags, *made.arguments, *SAME, "-y", f"file:{part}"]
        if made.palette:
            more, kind = _palette(name, settings), [*raw_frames((16, 16), settings.fps, "rgba")]
        elif made.chapters and settings.chapters:
            more, kind = settings.chapters.encode(), ["-f", "ffmetadata"]
            result = ["-map", "0:v", "-map_chapters", "1", *result]
        else:
            self._process = Process(name, [*source, *result])
            return
        with tempfile.TemporaryFile() as file:  # a pipe holds 64 KiB, and nobody reads it yet
            file.write(more)
            file.seek(0)
            source += [*kind, "-i", f"pipe:{file.fileno()}"]
            self._process = Process(name, [*source, *result], file.fileno())

    def write(self, frame: Frame) -> None:
        """Send one frame to ffmpeg."""
        self._process.write(frame)

    def close(self) -> None:
        """Wait for ffmpeg and check what it wrote. Raises VideoError."""
        said = self._process.close()
        reported = re.findall(rb"^frame=\s*(\d+)", said, re.MULTILINE)
        if self._made.count:
            self._expect(self._made.count(self._part, self._settings))
            return
        self._expect(int(reported[-1]) if reported else 0)
        try:
            count, size = read_back(self._part)
        except ValueError as error:
            raise VideoError(
                f"{self._name}: ffmpeg wrote a file that cannot be read: {error}"
            ) from error
        self._expect(count)
        if size != f"{self._settings.size[0]}x{self._settings.size[1]}":
            raise VideoError(f"{self._name}: ffmpeg wrote frames of {size}")

    def _expect(self, count: int) -> None:
        expected = self._settings.frames
        if count != expected:
            raise VideoError(f"{self._name}: ffmpeg wrote {count} of {expected} frames")

    def kill(self) -> None:
        """Stop ffmpeg if it is running."""
        self._process.kill()


class Pictures:
    """Writes frames as PNG with Pillow: one to a file, or each to a file of a folder."""

    def __init__(self, name: str, made: Format, settings: FilmSettings, part: Path) -> None:
        self._name, self._made, self._settings, self._part = name, made, settings, part
        self._done = 0
        self._digits = max(4, len(str(settings.frames - 1)))

    def write(self, frame: Frame) -> None:
        """Save one frame as PNG."""
        from PIL import Image
        from PIL.PngImagePlugin import PngInfo

        info, path = PngInfo(), self._part
        if self._made.folder:
            path /= f"frame_{self._done:0{self._digits}}.png"
        else:
            for key, value in self._settings.tags.items():
                info.add_itxt(key.capitalize(), value)
        picture = Image.frombuffer("RGBA", self._settings.size, frame, "raw", "RGBA", 0, 1)
        try:
            picture.convert("RGB").save(path, "PNG", pnginfo=info)
        except OSError as error:
            raise trouble(self._name, error) from error
        self._done += 1

    def close(self) -> None:
        """Nothing is pending."""

    def kill(self) -> None:
        """Nothing is running."""


def _palette(name: str, settings: FilmSettings) -> bytes:
    """Up to 256 colours as RGBA, chosen once from a few frames: films of any length stream."""
    colours = f"palettegen=stats_mode=full:max_colors={settings.colours}"
    choose = ("-vf", colours, "-frames:v", "1")
    result = ("-f", "rawvideo", "-pix_fmt", "rgba", "pipe:1")
    process = Process(
        name, [*raw_frames(settings.size, settings.fps), "-i", "pipe:0", *choose, *result]
    )
    try:
        for sample in settings.samples:
            process.write(sample)
        return process.close()
    finally:
        process.kill()
