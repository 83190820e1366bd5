"""Numbers have one form wherever they come out."""

from dataclasses import replace

import numpy as np
import pytest

from nnviz_cli import number
from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.film.captions import chapters, webvtt
from nnviz_cli.job.showing import captions_of
from nnviz_cli.recording.alt_text import alt_text
from nnviz_cli.recording.events import Event
from tests.conftest import RINGS, spec_of

THIN = number.THIN


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (0.25, "0.25"),
        (1 / 3, "0.333"),
        (1234, "1234"),
        (10_000, f"10{THIN}000"),
        (12_345, f"12{THIN}345"),
        (12_345.5, f"12{THIN}345.5"),
        (1e6, f"1{THIN}000{THIN}000"),
        (np.float32(20_000), f"20{THIN}000"),
    ],
)
def test_an_epoch_never_has_a_power_of_ten(value, text):
    assert number.epoch(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.066666, "0.0667"),
        (12.345, "12.3"),
        (1470.4, "1470"),
        (14_703, f"14{THIN}700"),
        (14_703_344_484_352, "1.47e13"),
        (6.9e-7, "6.9e-7"),
        (1e-4, "0.0001"),
        (9.9999e-5, "1e-4"),
        (999_999, f"1{THIN}000{THIN}000"),
        (-3.14159, "-3.14"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_a_value_has_three_significant_digits(value, text):
    assert number.value(value) == text


@pytest.mark.parametrize(
    ("share", "text", "fixed"),
    [
        (0.0, "0 %", "0.0 %"),
        (0.5, "50 %", "50.0 %"),
        (0.29, "29 %", "29.0 %"),
        (np.float32(0.955), "95.5 %", "95.5 %"),
        (np.float32(39_999 / 40_000), "99.9 %", "99.9 %"),
        (0.9996, "99.9 %", "99.9 %"),
        (1.0, "100 %", "100.0 %"),
        (float("nan"), "nan %", "nan %"),
    ],
)
def test_a_share_is_never_rounded_up_to_all(share, text, fixed):
    assert number.percent(share) == text
    assert number.percent(share, fixed=True) == fixed


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.0, 1.0, 12.0], [" 0", " 1", "12"]),
        ([0.25, 0.01], ["0.2500", "0.0100"]),
        ([0.25, 1.5], ["0.250", "1.500"]),
        ([0.25, 0.00027], ["0.250000", "0.000270"]),
        ([0.5, float("nan")], ["0.500", "  nan"]),
        ([0.5, 1e9], [" 0.500", "1.00e9"]),
        ([0.5, 6.9e-7], ["  0.500", "6.90e-7"]),
        ([14_703_344_484_352.0, 1e13], ["1.47e13", "1.00e13"]),
        ([1234.5, 999_999.0], ["  1234.50", "999999.00"]),
        ([0.0, 0.0], ["0", "0"]),
        ([float("nan")], ["nan"]),
    ],
)
def test_readings_have_one_width_so_that_they_do_not_jump(values, texts):
    assert number.readings(values) == texts


@pytest.mark.parametrize(
    ("epochs_per_frame", "last"), [(2500, f"12{THIN}500"), (4000, f"20{THIN}000"), (0.25, "1.25")]
)
def test_epochs_are_the_same_in_picture_captions_chapters_and_alt_text(
    made_up, monkeypatch, epochs_per_frame, last
):
    per_epoch = made_up.facts.steps_per_epoch
    step = np.round(np.arange(6) * epochs_per_frame * per_epoch).astype(int)
    recording = replace(made_up, step=step, facts=replace(made_up.facts, steps_per_epoch=per_epoch))
    if epochs_per_frame < 1:
        step = np.arange(6)
        recording = replace(made_up, step=step, facts=replace(made_up.facts, steps_per_epoch=4))
    happened = [Event(5, "the end")]
    spec = spec_of(RINGS)
    captions = captions_of(spec, recording, happened)
    assert captions[-1].news == f"epoch {last}: the end"
    order = range(6)
    assert f"epoch {last}: the end" in webvtt(captions, order, spec.fps)
    assert f"title=epoch {last}: the end" in chapters(captions, order, spec.fps)
    alt = alt_text(recording, [], "rings", happened)
    assert f"over {last} epochs" in alt
    assert f"Epoch {last}: the end" in alt
    shown = []
    monkeypatch.setattr(
        "nnviz_cli.draw.artists.DigitText.set_text", lambda self, text: shown.append(text.strip())
    )
    compose(recording, ((("hidden", {}),),), THEMES["light"], (320, 180))(5)
    assert last in shown or f"{float(epochs_per_frame) * 5:.2f}" in shown
    assert not any("e+" in text for text in [*shown, alt, captions[-1].words])


def test_a_small_and_a_large_loss_are_read_on_screen(made_up, monkeypatch):
    """0.00000 and 14703344484352 came out."""
    for loss, text in ((6.9e-7, "6.90e-7"), (14_703_344_484_352.0, "1.47e13")):
        shown = []
        monkeypatch.setattr(
            "nnviz_cli.draw.artists.DigitText.set_text",
            lambda self, text, to=shown: to.append(text),
        )
        recording = replace(made_up, history={"loss": np.full(6, loss)})
        compose(recording, ((("hidden", {}),),), THEMES["light"], (640, 360))(5)
        assert text in shown


@pytest.mark.parametrize(
    ("places", "texts"),
    [
        ([0, 0.5, 1], ["0.0", "0.5", "1.0"]),
        ([-0.01, 0, 0.01, 0.02], ["-0.01", "0.00", "0.01", "0.02"]),
        ([-1e7, -5e6, 0], ["-1e7", "-5e6", "0"]),
        ([0, 10_000, 20_000], ["0", f"10{THIN}000", f"20{THIN}000"]),
        ([0, 2.5e6, 5e6], ["0", "2.5e6", "5e6"]),
        ([0, 0.25, 0.5], ["0.00", "0.25", "0.50"]),
        ([2e6, 2e6 + 0.2, 2e6 + 0.4], ["2e6", "2.0000002e6", "2.0000004e6"]),
        ([0, 2e-5, 4e-5], ["0", "2e-5", "4e-5"]),
        ([0.3], ["0.3"]),
        ([0], ["0"]),
    ],
)
def test_numbers_along_an_axis_have_the_digits_that_distinguish_them(places, texts):
    assert number.ticks(places) == texts
    read = [float(text.replace(THIN, "")) for text in texts]
    assert read == pytest.approx(places, abs=1e-9)
