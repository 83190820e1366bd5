"""Check, record, draw, write: the one place that knows the order of the stages."""

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from nnviz_cli import __version__
from nnviz_cli.drawers import Drawers, Picture, cores
from nnviz_cli.errors import NnvizError, Place, Problem, SpecError, VideoError
from nnviz_cli.reader import override, read_file
from nnviz_cli.spec import Output, Spec, load
from nnviz_cli.startup import silenced, start_tensorflow
from nnviz_cli.video import Film, Format, check_film, encoders, format_of

VERSIONS = ("tensorflow", "keras", "numpy", "matplotlib", "imageio-ffmpeg")
Report = Callable[[str, int, int, dict[str, Any]], None]  # stage, done, total, facts


@dataclass(frozen=True)
class Target:
    """One file of one experiment."""

    path: str  # a trailing '/' asks for a folder of frames
    size: tuple[int, int]
    theme: str
    frame: int  # which one a still shows

    @property
    def format(self) -> Format:
        """What the suffix asks for."""
        return format_of(self.path)


@dataclass(frozen=True)
class Experiment:
    """A checked spec, the name of its file without the suffix, and what to write."""

    name: str
    source: str
    spec: Spec
    targets: tuple[Target, ...]

    @property
    def largest(self) -> tuple[int, int]:
        """Room for the largest picture."""
        return max((target.size for target in self.targets), key=lambda size: size[0] * size[1])


def check(path: Path, assignments: Sequence[str] = (), outputs: Sequence[str] = ()) -> Experiment:
    """Read and check a spec; everything that is wrong with it is one SpecError."""
    document = read_file(path)
    document = override(document, assignments) if assignments else document
    spec = load(document)
    if outputs:
        given = tuple(Output(path=output) for output in outputs)
        spec = spec.model_copy(update={"outputs": given})
    targets = []
    problems = []
    for i, output in enumerate(spec.outputs):
        place = None if outputs else document.place(("outputs", i, "path"))
        try:
            targets.append(_target(spec, output, path.stem))
        except SpecError as error:
            problems += [_placed(problem, place) for problem in error.problems]
    if problems:
        raise SpecError(problems)
    return Experiment(path.stem, str(path), spec, tuple(targets))


def with_height(experiment: Experiment, height: int) -> Experiment:
    """The same films with so many lines; widths keep their proportion, and all are even."""
    targets = tuple(
        replace(target, size=(2 * round(height * target.size[0] / target.size[1] / 2), height))
        for target in experiment.targets
    )
    return replace(experiment, targets=targets)


def check_together(experiments: Sequence[Experiment]) -> None:
    """Refuse two films of one name, and an encoder that is not there."""
    owner: dict[str, str] = {}
    problems = []
    for experiment in experiments:
        for target in experiment.targets:
            real = os.path.realpath(target.path)
            if real in owner:
                text = f"{owner[real]} and {experiment.source} both write '{target.path}'"
                problems.append(Problem(text, hint="use '{name}' in the path: -o '{name}.gif'"))
            owner[real] = experiment.source
            if real == os.path.realpath(experiment.source):
                problems.append(Problem(f"{target.path} is the spec itself"))
            needed = target.format.encoder
            if needed and needed not in encoders():
                text = f"this ffmpeg has no encoder '{needed}' for {target.path}"
                problems.append(Problem(text, hint="run `nnviz doctor`"))
    if problems:
        raise SpecError(problems)


@dataclass(frozen=True)
class Result:
    """What became of one file."""

    experiment: str
    path: str
    frames: int
    bytes: int
    loss: float
    skipped: bool = False
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "loss": self.loss if np.isfinite(self.loss) else None}


def render(
    experiments: Sequence[Experiment],
    report: Report = lambda *_: None,
    *,
    skip_existing: bool = False,
    loud: bool = False,
) -> Iterator[Result]:
    """Make the films, one experiment after the other, and tell of each file as it is done.

    Drawing processes are started first, so that they are ready when TensorFlow is.
    """
    todo = []
    for experiment in experiments:
        if skip_existing and all(is_current(experiment, target) for target in experiment.targets):
            for target in experiment.targets:
                yield Result(experiment.name, target.path, 0, 0, float("nan"), skipped=True)
        else:
            todo.append(experiment)
    if not todo:
        return
    largest = max((each.largest for each in todo), key=lambda size: size[0] * size[1])
    most = max(each.spec.frames for each in todo)
    with Drawers(min(cores(), most), largest) as drawers:
        for experiment in todo:
            try:
                yield from _render_one(experiment, drawers, report, loud=loud)
            except SpecError:
                raise
            except NnvizError as error:
                yield Result(experiment.name, "", 0, 0, float("nan"), error=str(error))


def _render_one(
    experiment: Experiment, drawers: Drawers, report: Report, *, loud: bool
) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="nnviz-") as folder:
        path = Path(folder, "recording.h5")
        loss = _record(experiment, path, drawers, report, loud=loud)
        by_look = sorted(experiment.targets, key=_look)
        for _, group in groupby(by_look, key=_look):
            targets = list(group)
            _draw(experiment, path, targets, drawers, report)
            for target in targets:
                _write_sidecar(experiment, target, loss)
                frames = 1 if target.format.still else experiment.spec.frames
                yield Result(experiment.name, target.path, frames, _bytes(target.path), loss)


def _record(
    experiment: Experiment, path: Path, drawers: Drawers, report: Report, *, loud: bool
) -> float:
    """Train, and give the last loss."""
    spec = experiment.spec
    report("starting", 0, spec.frames, {"name": experiment.name})
    last = float("nan")

    def progress(frame: int, loss: float) -> None:
        nonlocal last
        last = loss
        report("training", frame + 1, spec.frames, {"name": experiment.name, "loss": loss})

    with silenced(loud=loud):
        start_tensorflow()
        drawers.complete()
        from nnviz_cli.training import record

        record(spec, path, progress)
    return last


def _look(target: Target) -> tuple[Any, ...]:
    return (target.theme, target.size, target.format.still, target.frame)


def _draw(
    experiment: Experiment,
    recording: Path,
    targets: Sequence[Target],
    drawers: Drawers,
    report: Report,
) -> None:
    """Draw each frame once, for all the files that look the same."""
    spec, first = experiment.spec, targets[0]
    rows = tuple(tuple((panel.name, panel.options) for panel in row) for row in spec.view.panels)
    picture = Picture(recording, rows, first.theme, first.size)
    still = first.format.still
    frames = [first.frame % spec.frames] if still else list(range(spec.frames))
    samples: list[Any] = []
    if any(target.format.palette for target in targets):
        few = sorted({0, spec.frames // 2, spec.frames - 1})
        samples = [pixels.copy() for pixels in drawers.frames(picture, few)]
    with ExitStack() as stack:
        films = [
            stack.enter_context(
                Film(
                    target.path,
                    size=target.size,
                    fps=spec.fps,
                    frames=len(frames),
                    samples=samples,
                    metadata=_metadata(experiment),
                )
            )
            for target in targets
        ]
        for done, pixels in enumerate(drawers.frames(picture, frames), 1):
            for film in films:
                film.write(pixels)
            report("drawing", done, len(frames), {"name": experiment.name})


# what travels with a film ---------------------------------------------------------------


def provenance(experiment: Experiment, target: Target) -> dict[str, Any]:
    """The resolved spec, the seed and the versions; no time and no host."""
    spec = experiment.spec.dump()
    spec.pop("outputs")
    output = {"theme": target.theme, "size": list(target.size), "frame": target.frame}
    return {
        "spec": spec,
        "seed": experiment.spec.seed,
        "output": output,
        "versions": {"nnviz": __version__, **_versions()},
    }


def is_current(experiment: Experiment, target: Target) -> bool:
    """Whether a film is there, whole, and made from this very spec by this version."""
    try:
        kept = json.loads(_sidecar(target).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    wanted = digest(provenance(experiment, target))
    return bool(kept.get("digest") == wanted and kept.get("bytes") == _bytes(target.path))


def digest(values: Mapping[str, Any]) -> str:
    """A short name for plain values, the same whatever the order of their keys."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _write_sidecar(experiment: Experiment, target: Target, loss: float) -> None:
    made_from = provenance(experiment, target)
    facts = made_from | {
        "film": Path(target.path).name,
        "frames": 1 if target.format.still else experiment.spec.frames,
        "fps": str(experiment.spec.fps),
        "loss": loss if np.isfinite(loss) else str(loss),
        "bytes": _bytes(target.path),
        "digest": digest(made_from),
    }
    path = _sidecar(target)
    part = path.with_name(f".{path.name[-200:]}.part")
    try:
        part.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise VideoError(f"cannot write {path}: {error.strerror}") from error


def _sidecar(target: Target) -> Path:
    return Path(target.path.rstrip("/") + ".json")


def _metadata(experiment: Experiment) -> dict[str, str]:
    spec = experiment.spec
    facts = provenance(experiment, experiment.targets[0])
    facts.pop("output")
    tags = {"title": spec.title, "comment": json.dumps(facts, ensure_ascii=False)}
    return tags | ({"description": spec.description} if spec.description else {})


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "?"
    return found


def _bytes(path: str) -> int:
    place = Path(path)
    if place.is_dir():
        return sum(item.stat().st_size for item in place.iterdir())
    return place.stat().st_size if place.exists() else 0


def _target(spec: Spec, output: Output, name: str) -> Target:
    path = output.path.replace("{name}", name)
    target = Target(
        path, output.size or spec.view.size, output.theme or spec.view.theme, output.frame
    )
    frames = 1 if target.format.still else spec.frames
    check_film(path, size=target.size, fps=spec.fps, frames=frames)
    if not -spec.frames <= output.frame < spec.frames:
        text = f"there is no frame {output.frame} in a film of {spec.frames}"
        raise SpecError([Problem(text)])
    return target


def _placed(problem: Problem, place: Place | None) -> Problem:
    return Problem(problem.message, place, problem.hint)
