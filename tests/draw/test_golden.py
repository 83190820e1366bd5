"""No picture changes by accident; `make golden` draws them anew when one is meant to."""

from dataclasses import replace

import numpy as np
import pytest

from nnviz_cli.draw.panels import loss
from tests.golden import FOLDER, FRAME, PICTURES, golden, picture

DIFFERENT = 48  # of 255: more than another rasteriser makes of an edge
FEW = 0.0005  # of the pixels


def changed(wanted, found):
    """The share of the pixels that are clearly not as they were."""
    return (np.abs(wanted.astype(int) - found).max(axis=2) > DIFFERENT).mean()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_without_its_text_is_as_it_was_and_the_one_before_is_not(name):
    share = changed(golden(name), picture(name))
    assert share < FEW, f"{share:.2%} differ; look at it, then `make golden`"
    assert changed(golden(name), picture(name, FRAME - 1)) > 2 * FEW, "a frame early is seen"


def test_a_golden_picture_for_each_and_no_other():
    assert {path.stem for path in FOLDER.glob("*.png")} == set(PICTURES)


def test_a_curve_that_is_dashed_and_one_that_is_missing_would_be_seen(monkeypatch):
    """The measure is not blind, not even for the smallest thing in a picture."""
    curve = loss._curve
    monkeypatch.setattr(
        loss, "_curve", lambda canvas, one: curve(canvas, replace(one, held_out=True))
    )
    assert changed(golden("plane"), picture("plane")) > 2 * FEW
    monkeypatch.setattr(loss, "_curve", lambda *_: lambda _: None)
    assert changed(golden("plane"), picture("plane")) > 4 * FEW
