"""Checks whether this machine has what nnviz needs, and what to do if it has not."""

import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from nnviz_cli.command.process import silenced, training_process
from nnviz_cli.errors import NnvizError
from nnviz_cli.film.ffmpeg import encoders, ffmpeg
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.versions import tensorflow_distribution

SMALL = "{dataset: {name: rings, points: 50}, model: {layers: [3, 2, 1]}, frames: 3}"


@dataclass(frozen=True)
class Check:
    """The result of one check, and how to fix what failed."""

    what: str
    found: str
    ok: bool = True
    fix: str = ""


def checks() -> Iterator[Check]:
    """Run all checks, one after the other."""
    for what, run, fix in _CHECKS:
        try:
            yield Check(what, run())
        except (NnvizError, ImportError, OSError, RuntimeError) as error:
            yield Check(what, str(error) or type(error).__name__, ok=False, fix=fix)


def _python() -> str:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise RuntimeError(f"{platform.python_version()} is not 3.11, 3.12 or 3.13")
    return platform.python_version()


def _tensorflow() -> str:
    with training_process():
        import keras
        import tensorflow as tf

        tf.constant(0)
    distribution = tensorflow_distribution()
    return f"{tf.__version__} ({distribution.name}), Keras {keras.__version__}"


def _xla() -> str:
    with silenced():
        import tensorflow as tf

        tf.function(lambda x: x + 1, jit_compile=True)(tf.constant(1.0))
    return "compiles"


def _ffmpeg() -> str:
    return f"{ffmpeg()} (imageio-ffmpeg {metadata.version('imageio-ffmpeg')})"


def _encoders() -> str:
    needed = sorted({made.encoder for made in FORMATS.values() if made.encoder})
    missing = [name for name in needed if name not in encoders()]
    if missing:
        raise RuntimeError(f"missing: {', '.join(missing)}")
    return ", ".join(needed)


def _fonts() -> str:
    from matplotlib.font_manager import FontProperties, findfont

    from nnviz_cli.draw.theme import THEMES

    names = sorted({name for theme in THEMES.values() for name in (theme.text, theme.mono_font)})
    for name in names:
        findfont(FontProperties(family=name), fallback_to_default=False)
    return ", ".join(names)


def _other_nnviz() -> str:
    try:
        other = metadata.version("nnviz")
    except metadata.PackageNotFoundError:
        return "none"
    raise RuntimeError(
        f"the distribution 'nnviz' {other} is installed too, and its command has the same name"
    )


def _render() -> str:
    from nnviz_cli.job.experiment import check
    from nnviz_cli.job.run import run

    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "doctor.yaml")
        spec.write_text(SMALL, "utf-8")
        (result,) = run(
            [check(spec, ["view.size=320x180"], [f"{folder}/doctor.mp4"])], process=training_process
        )
    if result.error:
        raise RuntimeError(result.error)
    return f"{result.frames} frames, {result.bytes} bytes"


_CHECKS: list[tuple[str, Callable[[], str], str]] = [
    ("Python", _python, "make an environment with Python 3.11, 3.12 or 3.13"),
    ("TensorFlow", _tensorflow, "pip install --force-reinstall tensorflow, or tensorflow-cpu"),
    ("XLA", _xla, "films are made without it, only slower; reinstall TensorFlow"),
    (
        "ffmpeg",
        _ffmpeg,
        "unset IMAGEIO_FFMPEG_EXE, or pip install --force-reinstall imageio-ffmpeg",
    ),
    ("encoders", _encoders, "unset IMAGEIO_FFMPEG_EXE to use the ffmpeg of imageio-ffmpeg"),
    ("fonts", _fonts, "pip install --force-reinstall matplotlib"),
    ("other nnviz", _other_nnviz, "pip uninstall nnviz, or keep the two in two environments"),
    ("three frames", _render, "run `nnviz render -v` and report what it prints"),
]
