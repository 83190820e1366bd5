"""A film as one HTML page with a player."""

import base64
import html
import io
from importlib import resources
from pathlib import Path
from string import Template

from nnviz_cli.film.ffmpeg import Frame
from nnviz_cli.film.settings import FilmSettings


def write_page(part: Path, name: str, settings: FilmSettings, poster: Frame | None) -> None:
    """Replace the video in the part file by a page that contains it; `name` is the file's."""
    template = resources.files("nnviz_cli.film").joinpath("player.html").read_text("utf-8")
    tags = settings.tags
    title = tags.get("title") or name
    description = tags.get("description", "")
    page = Template(template).substitute(
        title=html.escape(title),
        description=html.escape(description),
        label=html.escape(description or title),
        file=html.escape(name) + ".mp4",
        width=settings.size[0],
        height=settings.size[1],
        frames=settings.frames,
        last=settings.frames - 1,
        fps=float(settings.fps),
        video=base64.b64encode(part.read_bytes()).decode(),
        poster=_poster(poster),
    )
    part.write_text(page, "utf-8", newline="\n")


def _poster(frame: Frame | None) -> str:
    """The poster attribute of a video: a JPEG, a third of the size of a PNG."""
    if frame is None:
        return ""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(frame[..., :3]).save(file, "JPEG", quality=90, subsampling=0)
    picture = base64.b64encode(file.getvalue()).decode()
    return f' poster="data:image/jpeg;base64,{picture}"'
