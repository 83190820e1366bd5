"""A folder for matplotlib's list of fonts, where its own cannot be written."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnviz_cli.film.atomic import scratch

FOLDER = "MPLCONFIGDIR"


@contextmanager
def font_folder() -> Iterator[str]:
    """Give matplotlib a folder for its list of fonts if it has none; yields what is wrong, or ''.

    Otherwise each process would print that, make a list of its own and leave a folder behind.
    """
    unusable = [folder for folder in _folders_of_matplotlib() if not _is_usable(folder)]
    if not unusable:
        yield ""
        return
    kept = os.environ.get(FOLDER)
    with scratch() as folder:
        os.environ[FOLDER] = str(folder)
        try:
            yield (
                f"cannot write {unusable[0]}, so the list of fonts is made anew each time; "
                f"set {FOLDER} to a folder that can be written"
            )
        finally:
            del os.environ[FOLDER]
            if kept is not None:
                os.environ[FOLDER] = kept


def _folders_of_matplotlib() -> list[Path]:
    """Where matplotlib keeps its settings and its list of fonts."""
    if own := os.environ.get(FOLDER):
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
