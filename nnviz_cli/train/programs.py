"""XLA's compiled programs, kept in a folder for the next film of a network of the same shape."""

import hashlib
import os
import platform
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from nnviz_cli.versions import tensorflow_distribution

PROGRAMS = 100  # kept at most; two per shape of network, 0.15 MB each
ROOM = 2**26  # bytes that must be free before anything is kept
FLAGS = "TF_XLA_FLAGS"


def program_folder() -> Path:
    """The folder for this distribution of TensorFlow and this kind of processor.

    XLA names a program by its code alone.
    """
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "nnviz", "-".join(["xla", *tensorflow_distribution(), _processor()]))


def _processor() -> str:
    kind = platform.machine() + platform.processor()
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as lines:  # Linux
        kind += next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return hashlib.sha256(kind.encode()).hexdigest()[:12]


def keep_programs(folder: Path) -> None:
    """Have XLA keep its programs: sets TF_XLA_FLAGS, before TensorFlow is imported.

    Nothing is kept where that could fail a render.
    """
    if FLAGS in os.environ:
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
        os.environ[FLAGS] = (
            f"--tf_xla_persistent_cache_directory={folder} --tf_xla_persistent_cache_prefix=nnviz"
        )


def forget_programs() -> None:
    """Delete the programs that this process has used, if it does; one may be damaged."""
    folder = program_folder()
    if f"={folder} " not in os.environ.get(FLAGS, ""):
        return
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.mkdir(parents=True)
