"""From the numbers of a run to files: films, one frame, or a sheet of many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, replace
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

from nnviz_cli.draw.contact_sheet import Sheet
from nnviz_cli.draw.picture import Drawable, Picture
from nnviz_cli.draw.workers import DrawingWorkers
from nnviz_cli.errors import DrawingError, VideoError, printable
from nnviz_cli.film.atomic import Content, copy, write_text
from nnviz_cli.film.captions import MARK, Caption, chapters, webvtt
from nnviz_cli.film.film import Film
from nnviz_cli.film.settings import FilmSettings
from nnviz_cli.film.shrink import Reduction, reductions, shrink
from nnviz_cli.job import sidecar
from nnviz_cli.job.experiment import Experiment, Target
from nnviz_cli.recording.shape import RECORDING

MOST_CUT = 3  # texts without room that are named
Report = Callable[[str, int, int, dict[str, Any]], None]  # stage, done, total, facts


@dataclass(frozen=True)
class Run:
    """What is left to say of a training whose numbers are in a file."""

    recording: Path
    frames: int
    loss: float
    warnings: tuple[str, ...]
    numbers: tuple[str, ...]  # a short digest of each frame's
    captions: tuple[Caption, ...]
    telling: int  # the frame that says most
    alt: str  # what goes on after 'A film'


@dataclass(frozen=True)
class Made:
    """What a file was made of."""

    frames: int
    fps: Fraction
    contents: Mapping[str, Content]  # of each file
    shrunk: str = ""  # what was given up so that it fits


def looks(targets: Sequence[Target]) -> Iterator[list[Target]]:
    """Files that are drawn together, because they look the same; one that must fit is alone."""

    def look(target: Target) -> str:
        alone = target.path if target.max_size else ""
        shown = (target.format.still, target.frame, target.sheet)
        return repr((astuple(target.theme), target.size, shown, alone))

    for _, group in groupby(sorted(targets, key=look), key=look):
        yield list(group)


def alt(experiment: Experiment, target: Target, run: Run) -> str:
    """What a file shows, in words: the user's own, or what was computed from the run."""
    what = "A film"
    if target.sheet:
        frames = len(Sheet(target.sheet, target.size, run.frames).frames)
        what = f"{frames} frames of a film"
    elif target.format.still:
        what = f"Frame {_frame(target, run)} of a film"
    return experiment.spec.description or f"{what} {run.alt}"


@dataclass(frozen=True)
class Drawing:
    """Files of an experiment that look the same, and who draws them."""

    experiment: Experiment
    run: Run
    targets: Sequence[Target]
    drawers: DrawingWorkers
    report: Report

    def make(self) -> Made:
        """Write the files; raises VideoError, also for a film that cannot be made to fit."""
        first, fps = self.targets[0], self.experiment.spec.fps
        order = self.experiment.spec.order(self.run.frames)
        whole = Reduction(first.size, fps)
        if first.format.still:
            return Made(1, fps, self._still())
        if first.max_size is None:
            return Made(len(order), fps, self._films(whole))
        possible = reductions(whole, palette=first.format.palette)
        reduction, contents = shrink(first.path, possible, first.max_size, self._films)
        return Made(
            len(reduction.thinned(order)), reduction.fps, contents, reduction.compared_to(whole)
        )

    def _picture(self) -> Picture:
        spec, first = self.experiment.spec, self.targets[0]
        ratios = (spec.view.width_ratios, spec.view.height_ratios)
        captions = self.run.captions
        return Picture(self.run.recording, spec.rows, first.theme, first.size, ratios, captions)

    def _tags(self, target: Target) -> dict[str, str]:
        return sidecar.tags_of(self.experiment.spec, alt(self.experiment, target, self.run))

    def _still(self) -> dict[str, Content]:
        """Draw one frame, or a sheet of them."""
        first, fps = self.targets[0], self.experiment.spec.fps
        if first.sheet:
            sheet = Sheet(first.sheet, first.size, self.run.frames)
            drawn = self.drawers.frames(self._picture(), sheet.frames)
            pixels = sheet.gathered(drawn, first.theme.paper)
        else:
            drawn = self.drawers.frames(self._picture(), [_frame(first, self.run)])
            pixels = next(drawn)
        height, width, _ = pixels.shape
        contents = {}
        for target in self.targets:
            tags = self._tags(target)
            settings = FilmSettings(size=(width, height), fps=fps, frames=1, metadata=tags)
            with Film(target.path, settings) as film:
                film.write(pixels)
            contents[target.path] = film.content
        self.report("drawing", 1, 1, {"name": self.experiment.name})
        return contents

    def _films(self, reduction: Reduction, most: int | None = None) -> dict[str, Content]:
        """Draw each frame once, for all the films; none is kept that exceeds `most` bytes."""
        run, name = self.run, self.experiment.name
        frames = reduction.thinned(self.experiment.spec.order(run.frames))
        told = chapters(run.captions, frames, reduction.fps)
        contents = draw(
            self.drawers,
            replace(self._picture(), size=reduction.size),
            frames,
            self.targets,
            lambda done: self.report("drawing", done, len(frames), {"name": name}),
            fps=reduction.fps,
            tags=self._tags(self.targets[0]),
            chapters=told,
            colours=reduction.colours,
            most=most,
            poster=run.telling,
        )
        for target in self.targets:
            if target.track and not is_foreign(target.track):
                if told:
                    write_text(target.track, webvtt(run.captions, frames, reduction.fps))
                else:
                    target.track.unlink(missing_ok=True)  # of an earlier film
        return contents


def draw(
    drawers: DrawingWorkers,
    picture: Drawable,
    frames: Sequence[int],
    targets: Sequence[Target],
    progress: Callable[[int], None],
    *,
    fps: Fraction,
    tags: Mapping[str, str],
    chapters: str = "",
    colours: int = 256,
    most: int | None = None,
    poster: int | None = None,
) -> dict[str, Content]:
    """Draw each frame once and write it to all the films that look the same, by their paths.

    `poster` is the frame that pages show before they play; for the rest see Film.
    """
    samples: list[Any] = []
    if any(target.format.palette for target in targets):
        few = sorted({frames[0], frames[len(frames) // 2], frames[-1]})
        samples = [pixels.copy() for pixels in drawers.frames(picture, few)]
    settings = FilmSettings(
        size=picture.size,
        fps=fps,
        frames=len(frames),
        samples=samples,
        metadata=tags,
        chapters=chapters,
        colours=colours,
        max_bytes=most,
        poster=frames.index(poster) if poster in frames else None,
    )
    with ExitStack() as stack:
        films = [stack.enter_context(Film(target.path, settings)) for target in targets]
        drawn = zip(frames, drawers.frames(picture, frames), strict=True)
        for done, (_, pixels) in enumerate(drawn, 1):
            for film in films:
                film.write(pixels)
            progress(done)
    return {target.path: film.content for target, film in zip(targets, films, strict=True)}


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


def _frame(target: Target, run: Run) -> int:
    """The frame that a still shows; a film that ended early is shown by its last."""
    if isinstance(target.frame, str):
        return run.telling
    at = target.frame if target.frame >= 0 else max(0, run.frames + target.frame)
    return min(at, run.frames - 1)
