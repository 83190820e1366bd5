"""A film: frames in, one complete file out, or no file.

ffmpeg takes "the pipe closed" for "the film is done", and its exit status 0 proves little.
So a part file beside the target is written and checked, and renamed to the target at the end.
No time and no host name is written, and the number of threads is fixed: the same frames give
the same bytes.
"""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from nnviz_cli.errors import SizeError, VideoError, printable
from nnviz_cli.film.atomic import Content, part_of, remove, rename, sweep, sync, trouble
from nnviz_cli.film.ffmpeg import Frame
from nnviz_cli.film.formats import check_film, format_of
from nnviz_cli.film.settings import FilmSettings
from nnviz_cli.film.writers import Encoder, Pictures
from nnviz_cli.signals import deferred


class Film:
    """Writes one film; a context manager.

    After an exception, or with fewer frames than expected, there is no new file, and an
    older one at that path is unchanged. Raises VideoError if the film cannot be written,
    SizeError if it is larger than the settings allow.
    """

    content: Content  # of the file that was written; set on success

    def __init__(self, path: str | Path, settings: FilmSettings) -> None:
        """Raises SpecError if the format cannot store such a film, VideoError without samples."""
        text = os.fspath(path)
        check_film(text, size=settings.size, fps=settings.fps, frames=settings.frames)
        self.format, self.settings = format_of(text), settings
        self.name = printable(text)
        self.target = Path(os.path.realpath(path))  # the target of a link, so the link stays
        self._sent = 0
        self._poster: Frame | None = None  # (height, width, 4)
        if self.format.palette:
            for sample in settings.samples:
                self._check(sample)
            if not len(settings.samples):
                raise VideoError(f"{self.name}: no sample frames for its palette")

    def __enter__(self) -> Self:
        with deferred():  # a part file and an ffmpeg have no owner before this returns
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
            self._writer = self._open()
        except BaseException as error:
            with suppress(OSError):
                remove(self._part)
            if isinstance(error, OSError):
                raise trouble(self.name, error) from error
            raise

    def _open(self) -> Encoder | Pictures:
        writer = Encoder if self.format.encoder else Pictures
        return writer(self.name, self.format, self.settings, self._part)

    def write(self, frame: Frame) -> None:  # (height, width, 4), uint8
        """Add one frame, which is copied. Raises VideoError for another shape or type."""
        self._check(frame)
        if self._sent == self.settings.frames:
            raise VideoError(f"{self.name}: more than the {self.settings.frames} expected frames")
        self._writer.write(frame)
        if self._sent == self.settings.poster and self.format.finish:
            self._poster = frame.copy()
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
        if self._sent != self.settings.frames:
            raise VideoError(f"{self.name}: got {self._sent} of {self.settings.frames} frames")
        self._writer.close()
        if self.format.finish:
            name = printable(self.target.stem)
            self.format.finish(self._part, name, self.settings, self._poster)
        size, most = self._part.stat().st_size, self.settings.max_bytes
        if most is not None and size > most:
            raise SizeError(f"{self.name}: {size} bytes exceed the maximum of {most}", size)
        sync(self._part)
        self.content = Content.of(self._part)  # another film may take the name at any time
        rename(self._part, self.target)
        sync(self.target.parent)

    def _check(self, frame: Frame) -> None:
        width, height = self.settings.size
        if frame.shape != (height, width, 4) or frame.dtype != np.uint8:
            got = f"{frame.dtype} {frame.shape}"
            raise VideoError(f"{self.name}: a frame is {got}, not uint8 {(height, width, 4)}")
        if not frame.flags.c_contiguous:
            raise VideoError(f"{self.name}: a frame must be C-contiguous")
