"""Starts TensorFlow: fast, and without its noise."""

import gc
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import IO, NoReturn

from nnviz_cli.errors import NnvizError
from nnviz_cli.film.atomic import scratch
from nnviz_cli.signals import Stopped

THREADS = 2  # of TensorFlow; sums are split among them, so their number is part of the result
PROGRAMS = 100  # kept at most; two a shape of network, 0.15 MB each
ROOM = 2**26  # bytes that must be free before anything is kept


def start_tensorflow() -> None:
    """Import TensorFlow and Keras in 1.3 s where a plain import takes 3 s.

    Its 3000 modules make objects that stay, and the garbage collector would walk through
    all of them again and again (0.7 s, and as much while tracing). Keras would import
    pyplot for a gallery of images (0.3 s), and TensorFlow SciPy for its old Keras (0.07 s);
    both take what is missing kindly. XLA keeps its programs in a folder, so that the next
    film of a network of the same shape has nothing to compile (0.45 s).
    """
    if "tensorflow" in sys.modules:
        return
    _keep_programs(program_folder())
    collecting = gc.isenabled()
    gc.disable()
    hidden = {"matplotlib", "scipy"} - sys.modules.keys()
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python says: not there
    try:
        import keras  # noqa: F401
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    finally:
        for name in hidden:
            del sys.modules[name]
        gc.freeze()
        if collecting:
            gc.enable()


def program_folder() -> Path:
    """Where XLA's programs are kept: a folder for each TensorFlow and kind of processor.

    XLA names a program by its code alone.
    """
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "nnviz", f"xla-{metadata.version('tensorflow')}-{_processor()}")


def _processor() -> str:
    kind = platform.machine() + platform.processor()
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as lines:  # Linux
        kind += next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return hashlib.sha256(kind.encode()).hexdigest()[:12]


def _keep_programs(folder: Path) -> None:
    """Ask XLA to keep its programs; nothing is kept where that could fail a render."""
    if "TF_XLA_FLAGS" in os.environ:
        return  # the user's own
    try:
        folder.mkdir(parents=True, exist_ok=True)
        newest_first = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in newest_first[PROGRAMS:]:
            path.unlink()
        with tempfile.TemporaryFile(dir=folder):
            room = shutil.disk_usage(folder).free
    except OSError:
        return
    if room > ROOM and not any(map(str.isspace, str(folder))):
        os.environ["TF_XLA_FLAGS"] = (
            f"--tf_xla_persistent_cache_directory={folder} --tf_xla_persistent_cache_prefix=nnviz"
        )


@contextmanager
def font_folder() -> Iterator[str]:
    """Give matplotlib a folder for its list of fonts if it has none; yields what is wrong, or ''.

    Otherwise each process would print that, make a list of its own and leave a folder behind.
    """
    unusable = [folder for folder in _folders_of_matplotlib() if not _is_usable(folder)]
    if not unusable:
        yield ""
        return
    kept = os.environ.get("MPLCONFIGDIR")
    with scratch() as folder:
        os.environ["MPLCONFIGDIR"] = str(folder)
        try:
            yield (
                f"cannot write {unusable[0]}, so the list of fonts is made anew each time; "
                "set MPLCONFIGDIR to a folder that can be written"
            )
        finally:
            del os.environ["MPLCONFIGDIR"]
            if kept is not None:
                os.environ["MPLCONFIGDIR"] = kept


def _folders_of_matplotlib() -> list[Path]:
    """Where matplotlib keeps its settings and its list of fonts."""
    if own := os.environ.get("MPLCONFIGDIR"):
        return [Path(own)]
    if not sys.platform.startswith(("linux", "freebsd")):
        return [Path.home() / ".matplotlib"]
    bases = {"XDG_CONFIG_HOME": ".config", "XDG_CACHE_HOME": ".cache"}
    return [
        Path(os.environ.get(name) or Path.home() / base, "matplotlib")
        for name, base in bases.items()
    ]


def _is_usable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def forget_programs() -> None:
    """Throw away what XLA has kept; one of them may be damaged."""
    shutil.rmtree(program_folder(), ignore_errors=True)
    with suppress(OSError):
        program_folder().mkdir(parents=True)


def leave(status: str | int | None) -> NoReturn:
    """End this process without taking TensorFlow apart object by object (0.5 s).

    After a signal, too: a second one, while Python ends, would change the status.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if ("tensorflow" in sys.modules or Stopped.asked) and isinstance(status, int):
        os._exit(status)
    sys.exit(status)


@contextmanager
def silenced(*, loud: bool = False) -> Iterator[None]:
    """Put what is written to descriptor 2 aside; show it if something unforeseen is raised.

    TensorFlow's own log level no longer keeps it quiet while it starts.
    """
    if loud:
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except Exception as error:
            if not isinstance(error, NnvizError | OSError) and not Stopped.asked:
                os.dup2(kept, 2)
                _replay(aside)
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _replay(aside: IO[bytes]) -> None:
    aside.seek(0)
    sys.stderr.write(aside.read().decode("utf-8", "replace"))
