"""Frames have the size that was asked for, the text that belongs there, and stay still."""

import numpy as np
import pytest

from nnviz_cli.figure import _texts, compose
from nnviz_cli.theme import THEMES

ROWS = ((("input", {}), ("hidden", {})), (("loss", {}), ("loss", {})))


def rgb(color):
    return np.array(list(bytes.fromhex(color[1:])))


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (480, 270), (720, 1280), (818, 458)])
def test_a_frame_has_exactly_the_pixels_that_were_asked_for(made_up, size):
    pixels = compose(made_up, ROWS, THEMES["light"], size)(0)
    assert pixels.shape == (size[1], size[0], 4)
    assert pixels.dtype == np.uint8
    assert (pixels[..., 3] == 255).all()


@pytest.mark.parametrize("theme", THEMES)
def test_the_paper_has_the_colour_of_the_theme(made_up, theme):
    pixels = compose(made_up, ROWS, THEMES[theme], (640, 360))(0)
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert abs(pixels[corner][:3] - rgb(THEMES[theme].paper)).max() <= 1


def test_a_frame_does_not_depend_on_the_frames_before(made_up):
    draw = compose(made_up, ROWS, THEMES["dark"], (640, 360))
    alone = compose(made_up, ROWS, THEMES["dark"], (640, 360))(4).copy()
    for frame in (0, 5, 2):
        draw(frame)
    np.testing.assert_array_equal(draw(4), alone)


def test_what_does_not_move_is_the_same_in_all_frames(made_up):
    draw = compose(made_up, ROWS, THEMES["light"], (640, 360))
    first, last = draw(0).copy(), draw(5).copy()
    title = np.s_[10:40, 20:200]
    np.testing.assert_array_equal(first[title], last[title])
    assert not np.array_equal(first, last)


def test_the_users_matplotlib_settings_change_nothing(made_up):
    import matplotlib as mpl

    plain = compose(made_up, ROWS, THEMES["light"], (320, 180))(0).copy()
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "red"}):
        np.testing.assert_array_equal(compose(made_up, ROWS, THEMES["light"], (320, 180))(0), plain)
        assert mpl.rcParams["font.size"] == 30


def test_a_long_title_is_made_to_fit_and_dollars_are_no_mathematics(made_up):
    object.__setattr__(made_up.facts, "title", "Ba$$in $\\frac$ " * 20)
    pixels = compose(made_up, ROWS, THEMES["light"], (640, 360))(0)
    edge = pixels[:, -10:, :3]
    assert (edge == edge[0, 0]).all(), "nothing runs over the edge"


@pytest.mark.parametrize(
    ("values", "percent", "texts"),
    [
        ([0.0, 1.0, 12.0], False, [" 0", " 1", "12"]),
        ([0.25, 0.01], False, ["0.250", "0.010"]),
        ([0.5, 1.0], True, [" 50.0 %", "100.0 %"]),
        ([0.25, 1.5], False, ["0.25", "1.50"]),
        ([0.5, float("nan")], False, ["0.50", " nan"]),
        ([0.5, 1e9], False, ["    0.50", "1.00e+09"]),
    ],
)
def test_figures_have_one_width_so_that_they_do_not_jump(values, percent, texts):
    assert _texts(values, percent=percent) == texts
