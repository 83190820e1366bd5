"""The settings of a film: what is the same for every format."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from nnviz_cli.film.ffmpeg import Frame

TAG_LENGTH = 30_000  # characters of one tag; the kernel accepts 128 KiB per argument


@dataclass(frozen=True, kw_only=True)
class FilmSettings:
    """What a film consists of, apart from its frames and its path."""

    size: tuple[int, int]  # width and height in pixels
    fps: Fraction
    frames: int
    samples: Sequence[Frame] = ()  # a few frames, for formats that choose a palette
    metadata: Mapping[str, str] = field(default_factory=dict)
    chapters: str = ""  # in ffmpeg's metadata format, for formats that store chapters
    colours: int = 256  # of a palette
    max_bytes: int | None = None  # a larger film is deleted, and SizeError raised
    poster: int | None = None  # the index of the frame that a page shows before it plays

    @property
    def tags(self) -> dict[str, str]:
        """The metadata as text that every container accepts."""
        return {key: _tag(value) for key, value in self.metadata.items()}


def _tag(value: str) -> str:
    """Text that is valid in any container and on any command line."""
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", value).strip()
    return plain[:TAG_LENGTH].encode(errors="replace").decode()
