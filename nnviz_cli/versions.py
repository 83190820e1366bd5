"""The versions of what the numbers and the pictures of a run depend on."""

import platform
from importlib import metadata
from importlib.util import find_spec
from typing import NamedTuple

from nnviz_cli import __version__

NAMES = ("keras", "numpy", "matplotlib", "imageio-ffmpeg")
# distributions of the module `tensorflow`, the most frequent first
TENSORFLOW = (
    *("tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu", "tensorflow-macos"),
    *("tensorflow-intel", "tensorflow-cpu-aws", "tensorflow-rocm", "intel-tensorflow"),
)
MISSING = "?"


class Distribution(NamedTuple):
    """The name and the version of what pip installed; '?' if nothing is."""

    name: str
    version: str


def versions() -> dict[str, str]:
    """Version by name; '?' of what is not installed. Any distribution of TensorFlow will do."""
    ours = {"nnviz": __version__, "python": platform.python_version()}
    others = {name: _version(name) for name in NAMES}
    return {**ours, "tensorflow": tensorflow_distribution().version, **others}


def tensorflow_distribution() -> Distribution:
    """The distribution that the module `tensorflow` comes from."""
    for name in TENSORFLOW:
        if (version := _version(name)) != MISSING:
            return Distribution(name, version)
    if find_spec("tensorflow") is None:
        return Distribution(MISSING, MISSING)
    # reads the files of all distributions (0.1 s)
    names = metadata.packages_distributions().get("tensorflow", [])
    return Distribution(names[0], _version(names[0])) if names else Distribution(MISSING, MISSING)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return MISSING
