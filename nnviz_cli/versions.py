"""The versions of what the numbers and the pictures of a run depend on."""

import platform
from importlib import metadata

from nnviz_cli import __version__

NAMES = ("tensorflow", "keras", "numpy", "matplotlib", "imageio-ffmpeg")


def versions() -> dict[str, str]:
    """Version by name; '?' of what is not installed."""
    found = {"nnviz": __version__, "python": platform.python_version()}
    for name in NAMES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "?"
    return found
