"""The table of datasets, and what is asked of one by its name."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from nnviz_cli.data import toy
from nnviz_cli.data.dataset import Dataset, Entry, Kind

DATASETS: dict[str, Entry] = {
    "polynomial": toy.POLYNOMIAL,
    "sine": toy.SINE,
    "rings": toy.RINGS,
    "moons": toy.MOONS,
    "xor": toy.XOR,
    "spiral": toy.SPIRAL,
    "gaussians": toy.GAUSSIANS,
}


def kind(name: str, options: Mapping[str, Any]) -> Kind:
    """Task, inputs, outputs and classes of a dataset; no point is made."""
    return DATASETS[name].kind(options)


def sample(name: str, options: Mapping[str, Any]) -> Dataset:
    """As many points as there will be and distributed like them, of another seed.

    The last one is kept, so that a spec which is checked and then rendered makes it once.
    """
    return _sample(name, tuple(options.items()))


@lru_cache(maxsize=1)
def _sample(name: str, options: tuple[tuple[str, Any], ...]) -> Dataset:
    return DATASETS[name].make(np.random.default_rng(0), **dict(options))
