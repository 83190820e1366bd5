"""Pictures of a whole film: the frame that tells most, and a sheet of many."""

import numpy as np
import pytest

from nnviz_cli.draw.contact_sheet import Sheet
from nnviz_cli.recording.events import Event
from nnviz_cli.recording.key_frame import key_frame
from tests.draw.test_pathology import replaced

FALL = np.array([1.0, 0.5, 0.2, 0.008, 0.004, 0.0])


def with_loss(recording, values):
    return replaced(recording, history={"loss": np.asarray(values, np.float32)})


@pytest.mark.parametrize(
    ("loss", "events", "frame"),
    [
        (FALL, [], 3),  # 0.992 of the fall
        (FALL, [Event(4, "accuracy over 90 %", reached=True)], 4),
        (FALL, [Event(4, "a plateau")], 3),
        ([1.0, 0, 0, 0, 0, 0], [], 1),
        ([1.0, 2, 3, 4, 5, 6], [], 5),  # nothing is learnt
        ([1.0] * 6, [Event(0, "separable from the start", reached=True)], 5),
    ],
)
def test_the_key_frame_shows_the_result_of_the_training(made_up, loss, events, frame):
    assert key_frame(with_loss(made_up, loss), events) == frame


def test_a_film_of_one_frame_has_one_to_tell(made_up):
    alone = with_loss(replaced(made_up, step=made_up.step[:1]), [1.0])
    assert key_frame(alone, []) == 0


@pytest.mark.parametrize(
    ("grid", "frames", "shown", "size"),
    [
        ((4, 3), 100, [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99], (410, 158)),
        ((4, 3), 3, [0, 1, 2], (308, 54)),
        ((4, 3), 6, [0, 1, 2, 3, 4, 5], (410, 106)),
        ((1, 1), 9, [0], (104, 54)),
    ],
)
def test_a_sheet_goes_from_the_first_frame_to_the_last_and_has_no_empty_row(
    grid, frames, shown, size
):
    sheet = Sheet(grid, (100, 50), frames)
    assert sheet.frames == shown
    assert sheet.size == size


def test_frames_stand_left_to_right_then_down_on_paper():
    sheet = Sheet((2, 2), (100, 50), 3)
    tiles = (np.full((50, 100, 4), shade, np.uint8) for shade in (10, 20, 30))
    picture = sheet.gathered(tiles, "#0f1218")
    assert picture.shape == (106, 206, 4)
    assert (picture[2, 2, 0], picture[2, 104, 0]) == (10, 20)
    assert picture[54, 2, 0] == 30
    for gap in ((0, 0), (1, 50), (53, 50), (60, 103), (80, 150)):
        np.testing.assert_array_equal(picture[gap], (15, 18, 24, 255))
