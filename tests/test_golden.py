"""No picture changes by accident; `make golden` draws them anew when one is meant to."""

import numpy as np
import pytest

from tests.golden import FOLDER, PICTURES, golden, picture

DIFFERENT = 48  # of 255: more than a palette and another rasteriser make of an edge
FEW = 0.004  # of the pixels


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_without_its_text_is_as_it_was(name):
    wanted, found = golden(name).astype(int), picture(name).astype(int)
    different = np.abs(wanted - found).max(axis=2) > DIFFERENT
    assert different.mean() < FEW, f"{different.mean():.2%} differ; look at it, then `make golden`"
    assert np.sqrt(((wanted - found) ** 2).mean()) < 4


def test_a_golden_picture_for_each_and_no_other():
    assert {path.stem for path in FOLDER.glob("*.png")} == set(PICTURES)


def test_a_line_that_is_missing_would_be_seen():
    """The measure is not blind: without the loss's strip a picture differs by more."""
    found = golden("plane").copy()
    found[150:] = found[-1, -1]
    different = np.abs(found.astype(int) - golden("plane")).max(axis=2) > DIFFERENT
    assert different.mean() > FEW
