"""Frames of an animated WebP, which many builds of ffmpeg write and cannot read."""

import os
from pathlib import Path

from nnviz_cli.film.settings import FilmSettings


def count_frames(path: Path, settings: FilmSettings) -> int:
    """Frames of an animated WebP by its durations: equal frames are stored as one.

    A film in which nothing moves is stored as a picture, which has no duration to check. Pillow
    decodes the first frame.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=("WEBP",)) as picture:
            picture.load()
            if picture.size != settings.size:
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
        return settings.frames
    return round(milliseconds * settings.fps / 1000) if whole else 0
