"""From the numbers of a run to files: films, one frame, or a sheet of many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

from nnviz_cli.draw.contact_sheet import Sheet
from nnviz_cli.draw.picture import Drawable
from nnviz_cli.draw.workers import DrawingWorkers
from nnviz_cli.errors import DrawingError, VideoError, printable
from nnviz_cli.film.atomic import Content, copy, write_text
from nnviz_cli.film.captions import MARK, chapters, webvtt
from nnviz_cli.film.film import Film
from nnviz_cli.film.settings import FilmSettings
from nnviz_cli.film.shrink import Reduction, reductions, shrink
from nnviz_cli.job.experiment import Experiment, Target
from nnviz_cli.job.provenance import tags_of
from nnviz_cli.job.showing import Showing
from nnviz_cli.recording.shape import RECORDING

MOST_CUT = 3  # texts without room that are named
Report = Callable[[str, int, int, dict[str, Any]], None]  # stage, done, total, facts


@dataclass(frozen=True)
class Made:
    """What a file was made of."""

    frames: int
    fps: Fraction
    contents: Mapping[str, Content]  # of each file
    shrunk: str = ""  # what was given up so that it fits


def alike(targets: Sequence[Target]) -> Iterator[list[Target]]:
    """Files that are drawn together, because they look the same; one that must fit is alone."""

    def style(target: Target) -> str:
        alone = target.path if target.max_size else ""
        shown = (target.format.still, target.frame, target.sheet)
        return repr((astuple(target.theme), target.size, shown, alone))

    for _, group in groupby(sorted(targets, key=style), key=style):
        yield list(group)


def alt_text(experiment: Experiment, film: Showing, target: Target) -> str:
    """What a file shows, in words: the user's own, or what was computed from the run."""
    what = "A film"
    if target.sheet:
        frames = len(Sheet(target.sheet, target.size, film.frames).frames)
        what = f"{frames} frames of a film"
    elif target.format.still:
        what = f"Frame {film.at(target.frame)} of a film"
    return experiment.spec.description or f"{what} {film.alt}"


@dataclass(frozen=True)
class Drawing:
    """Files of an experiment that look the same, and what draws them."""

    experiment: Experiment
    film: Showing
    targets: Sequence[Target]
    drawers: DrawingWorkers
    report: Report

    def make(self) -> Made:
        """Write the files; raises VideoError, also for a film that cannot be made to fit."""
        first, film = self.targets[0], self.film
        whole = Reduction(first.size, film.fps)
        if first.format.still:
            return Made(1, film.fps, self._still())
        if first.max_size is None:
            return Made(len(film.order), film.fps, self._films(whole))
        possible = reductions(whole, palette=first.format.palette)
        reduction, contents = shrink(first.path, possible, first.max_size, self._films)
        return Made(
            len(reduction.thinned(film.order)),
            reduction.fps,
            contents,
            reduction.compared_to(whole),
        )

    def _tags(self, target: Target) -> dict[str, str]:
        return tags_of(self.experiment, alt_text(self.experiment, self.film, target))

    def _still(self) -> dict[str, Content]:
        """Draw one frame, or a sheet of them."""
        first, film = self.targets[0], self.film
        picture = film.picture(first.theme, first.size)
        if first.sheet:
            sheet = Sheet(first.sheet, first.size, film.frames)
            pixels = sheet.gathered(self.drawers.frames(picture, sheet.frames), first.theme.paper)
        else:
            pixels = next(self.drawers.frames(picture, [film.at(first.frame)]))
        height, width, _ = pixels.shape
        contents = {}
        for target in self.targets:
            tags = self._tags(target)
            settings = FilmSettings(size=(width, height), fps=film.fps, frames=1, metadata=tags)
            with Film(target.path, settings) as file:
                file.write(pixels)
            contents[target.path] = file.content
        self.report("drawing", 1, 1, {"name": self.experiment.name})
        return contents

    def _films(self, reduction: Reduction, most: int | None = None) -> dict[str, Content]:
        """Draw each frame once, for all the films; none is kept that exceeds `most` bytes."""
        film, first = self.film, self.targets[0]
        picture = film.picture(first.theme, reduction.size)
        frames = reduction.thinned(film.order)
        marks = chapters(film.captions, frames, reduction.fps)
        settings = FilmSettings(
            size=reduction.size,
            fps=reduction.fps,
            frames=len(frames),
            samples=self._samples(picture, frames),
            metadata=self._tags(first),
            chapters=marks,
            colours=reduction.colours,
            max_bytes=most,
            poster=frames.index(film.key) if film.key in frames else None,
        )
        contents = self._written(picture, frames, settings)
        for target in self.targets:
            if target.track and not is_foreign(target.track):
                if marks:
                    write_text(target.track, webvtt(film.captions, frames, reduction.fps))
                else:
                    target.track.unlink(missing_ok=True)  # of an earlier film
        return contents

    def _samples(self, picture: Drawable, frames: Sequence[int]) -> list[Any]:
        """A few frames, for formats that choose a palette."""
        if not any(target.format.palette for target in self.targets):
            return []
        few = sorted({frames[0], frames[len(frames) // 2], frames[-1]})
        return [pixels.copy() for pixels in self.drawers.frames(picture, few)]

    def _written(
        self, picture: Drawable, frames: Sequence[int], settings: FilmSettings
    ) -> dict[str, Content]:
        """Draw each frame once and write it to all the files, by their paths."""
        facts = {"name": self.experiment.name}
        with ExitStack() as stack:
            files = [stack.enter_context(Film(each.path, settings)) for each in self.targets]
            for done, pixels in enumerate(self.drawers.frames(picture, frames), 1):
                for file in files:
                    file.write(pixels)
                self.report("drawing", done, len(frames), facts)
        pairs = zip(self.targets, files, strict=True)
        return {target.path: file.content for target, file in pairs}


def no_room(cut: Sequence[str]) -> tuple[str, ...]:
    """A warning of words that were cut, or nothing."""
    if not cut:
        return ()
    words = ", ".join(f"'{printable(each)}'" for each in cut[:MOST_CUT])
    more = f" and {len(cut) - MOST_CUT} more" if len(cut) > MOST_CUT else ""
    return (f"no room for all of {words}{more}; shorten the text, or use a larger size",)


@contextmanager
def keeping(recording: Path, path: str, kept: str = "") -> Iterator[None]:
    """Keep the numbers of a training beside a file that cannot be drawn, and say where.

    `kept` is an output that has them already.
    """
    try:
        yield
    except DrawingError as error:
        try:
            if not kept:
                kept = f"{path.rstrip('/')}{RECORDING}"
                copy(recording, kept)
            words = f"the numbers of the training are kept in {printable(kept)}"
        except VideoError as trouble:
            words = f"the numbers of the training are lost: {trouble}"
        first, *details = str(error).split("\n")
        raise DrawingError("\n".join([f"{first}; {words}", *details])) from error


def is_foreign(track: Path) -> bool:
    """Whether there is a track that nnviz did not write: it is somebody's work."""
    try:
        with track.open("rb") as file:
            return file.read(len(MARK)) != MARK.encode()
    except FileNotFoundError:
        return False
    except OSError:
        return True
