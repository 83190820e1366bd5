"""Which samples are held out: the same share of each class."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.data.dataset import Dataset

Array = NDArray[Any]


def held_out(dataset: Dataset, share: float, rng: np.random.Generator) -> Array:
    """Which samples (samples,), bool, are held out, chosen at random within each class.

    Raises ValueError if the share cannot be held out; see `held_out_counts`.
    """
    chosen = np.zeros(len(dataset.x), bool)
    counts = held_out_counts(dataset, share)
    for group, count in zip(_classes(dataset), counts, strict=True):
        chosen[rng.permutation(group)[:count]] = True
    return chosen


def held_out_counts(dataset: Dataset, share: float) -> tuple[int, ...]:
    """How many samples of each class are held out; a regression counts as one class.

    Each class gives its share, rounded down or up by largest remainder so that the total is as
    near as it can be to the share of all. At least one sample of each class is held out and one
    is kept; a class of one sample is kept. Raises ValueError if there are too few samples.
    """
    sizes = np.array([len(group) for group in _classes(dataset)])
    if not share:
        return (0,) * len(sizes)
    _check(sizes[sizes > 1], share, " of each class" if dataset.classes else "")
    wanted = share * sizes
    one = (sizes > 1).astype(int)
    least, most = (np.clip(ends, one, sizes - 1) for ends in (np.floor(wanted), np.ceil(wanted)))
    counts: Array = least.astype(int)
    missing = round(share * sizes.sum()) - counts.sum()
    by_remainder = np.argsort(counts - wanted, kind="stable")
    gives = by_remainder[(most > least)[by_remainder]][: max(missing, 0)]
    counts[gives] += 1
    return tuple(counts.tolist())


def _check(sizes: Array, share: float, each: str) -> None:
    """Of every class that has two samples one can be held out and one kept."""
    samples, classes = int(sizes.sum()), len(sizes)
    out = round(share * samples)
    if not classes:
        raise ValueError(f"at least two samples{each} are needed: one to hold out, one to train on")
    if out < classes:
        raise ValueError(f"{share:g} of {samples} samples is {out}: less than one{each}")
    if samples - out < classes:
        left = samples - out
        raise ValueError(f"{share:g} of {samples} samples leaves {left}: less than one{each}")


def _classes(dataset: Dataset) -> list[Array]:
    """The indices of the samples of each class; of a regression all."""
    if not dataset.classes:
        return [np.arange(len(dataset.x))]
    labels = dataset.y[:, 0]
    return [np.flatnonzero(labels == label) for label in range(len(dataset.classes))]
