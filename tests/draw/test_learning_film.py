"""Frames have the size that was asked for, the text that belongs there, and stay still."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnviz_cli.draw.artists import DigitText
from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.layout import EDGE
from nnviz_cli.draw.learning_film import TIMELINE, _captions, _clock, _ending, _further, compose
from nnviz_cli.draw.page import Page
from nnviz_cli.draw.theme import LIGHT, THEMES
from nnviz_cli.draw.time_axis import is_wanted, timeline
from nnviz_cli.film.captions import Caption
from nnviz_cli.job.showing import captions_of
from nnviz_cli.job.warnings import warnings
from nnviz_cli.number import THIN
from nnviz_cli.recording.alt_text import alt_text
from nnviz_cli.recording.events import events
from tests.conftest import RINGS, spec_of

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


def mark(pixels, line):
    """Columns of a line of pixels that are as dark as ink."""
    return np.flatnonzero((pixels[line, :, :3] < 60).all(axis=1))


def test_where_time_is_not_even_a_scale_tells_it_and_a_mark_moves_along(made_up):
    rows = ((("input", {}), ("hidden", {})),)
    assert not is_wanted(made_up, rows)
    made_up.step[:] = [0, 1, 2, 10, 100, 1000]
    assert not is_wanted(made_up, ROWS), "the loss has such a scale"
    assert is_wanted(made_up, rows)
    draw = compose(made_up, rows, THEMES["light"], (1280, 720))
    line = 720 - TIMELINE + 14
    for frame in (0, 2, 5):
        columns = mark(draw(frame), line)
        centre = EDGE + (1280 - 2 * EDGE) * frame / 5
        assert columns.mean() == pytest.approx(centre, abs=1)
        assert 8 <= np.ptp(columns) <= 12


def test_the_scale_names_round_epochs_that_do_not_touch(made_up):
    made_up.step[:] = [0, 5, 10, 50, 500, 5000]
    for width in (1200, 500):
        figure = Figure(figsize=(width / 72, 1), dpi=72)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.1, 0.5, 0.8, 0.1))
        show = timeline(Canvas(axes, made_up, THEMES["light"]))
        show(3)
        texts = [*axes.texts, *axes.get_xticklabels()]
        assert texts[0].get_text() == "epoch 0"
        assert {"10", "100", "1000"} <= {text.get_text() for text in texts}
        boxes = [text.get_window_extent() for text in texts]
        for box, following in itertools.pairwise(boxes):
            assert box.x1 + 4 < following.x0
        assert axes.lines[-1].get_xdata() == [3]


def shown_by(recording, size=(1280, 720)):
    """Texts of the clock's digits at the third frame, from the right to the left."""
    page = Page(Figure(figsize=(size[0] / 72, size[1] / 72), dpi=72), *size)
    FigureCanvasAgg(page.figure)
    _clock(page, recording, THEMES["light"])(3)
    return [each.get_text() for each in page.figure.findobj(DigitText)]


def test_the_clock_shows_epoch_and_step_and_does_not_jump(made_up):
    assert shown_by(made_up) == ["3", "15", "0.250", " 60.0 %"]
    made_up.step[:] = [0, 1, 2, 11_111, 20_000, 123_456]
    assert shown_by(made_up)[:2] == ["  2222.20", " 11\u202f111"]


def test_each_reading_stands_beside_its_name_and_is_that_of_the_frame(made_up):
    rng = np.random.default_rng(0)
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    history = {name: rng.uniform(0.1, 0.9, 6) for name in names}
    page = Page(Figure(figsize=(1920 / 72, 720 / 72), dpi=72), 1920, 720)
    FigureCanvasAgg(page.figure)
    show = _clock(page, replace(made_up, history=history), THEMES["light"])
    digits = page.figure.findobj(DigitText)[2:]  # after epoch and step
    labels = [text.get_text() for text in page.figure.texts if "loss" in text.get_text()]
    labels += [text.get_text() for text in page.figure.texts if "accuracy" in text.get_text()]
    assert labels == ["loss", "val loss", "accuracy", "val accuracy"]
    order = ("loss", "accuracy", "val_loss", "val_accuracy")
    for frame in (0, 4, 2):
        show(frame)
        for name, figure in zip(order, digits, strict=True):
            said = figure.get_text()
            found = float(said.removesuffix(" %")) / (100 if said.endswith("%") else 1)
            assert found == pytest.approx(history[name][frame], abs=1.1e-3), name


@pytest.mark.parametrize("probe", [1, 2, 3])
def test_the_probed_layer_is_in_ink_among_the_widths(probe, made_up):
    facts = replace(made_up.facts, units=(2, 7, 5, 3), probe=probe)
    page = Page(Figure(figsize=(1280 / 72, 10), dpi=72), 1280, 720)
    FigureCanvasAgg(page.figure)
    _clock(page, replace(made_up, facts=facts), LIGHT)
    bold = [text for text in page.figure.texts if text.get_fontweight() == "bold"]
    (width,) = (text for text in bold if text.get_fontsize() == 22)
    assert width.get_text() == str(facts.units[probe])
    assert width.get_color() == LIGHT.ink


def test_captions_are_shown_from_their_first_frame_until_the_next(made_up):
    page = Page(Figure(figsize=(1280 / 72, 10), dpi=72), 1280, 720)
    FigureCanvasAgg(page.figure)
    shown = [Caption(1, 3, "first", "first"), Caption(3, 5, "second", "second")]
    show = _captions(page, LIGHT, shown)
    texts = {text.get_text(): text for text in page.figure.texts}
    for frame, words in ((0, ""), (1, "first"), (2, "first"), (3, "second"), (5, "")):
        show(frame)
        visible = [word for word, text in texts.items() if text.get_visible()]
        assert visible == [word for word in (words,) if word], frame


@pytest.mark.parametrize("width", [1280, 720, 560])
@pytest.mark.parametrize("units", [(2, 8, 8, 1), (2, *(1024,) * 40, 3), (2, *(64,) * 9, 2, 1)])
def test_layers_that_have_no_room_are_left_out_and_the_loss_is_not(units, width, made_up):
    facts = replace(
        made_up.facts, units=units, probe=len(units) - 2, layers=made_up.facts.layers[:1] * 60
    )
    page = Page(Figure(figsize=(width / 72, 10), dpi=72), width, 720)
    FigureCanvasAgg(page.figure)
    _clock(page, replace(made_up, facts=facts), THEMES["light"])(3)
    texts = [text for text in page.figure.texts if text.get_visible()]
    line = sorted((t for t in texts if t.get_fontsize() == 22), key=lambda t: t.get_position()[0])
    words = "".join(text.get_text() for text in line)
    layers = [int(part) for part in re.match(r"[\d → …]+", words)[0].split(" → ") if part != "…"]
    assert layers[0] == 2
    assert layers[-2:] == list(units[-2:])
    assert ("…" in words) is (len(layers) < len(units))
    assert "loss" in words
    boxes = [text.get_window_extent() for text in line]
    assert all(EDGE <= box.x0 + 1 < box.x1 <= width - EDGE + 1 for box in boxes)
    assert all(one.x1 <= other.x0 + 3 for one, other in itertools.pairwise(boxes))
    probed = [text for text in line if text.get_fontweight() == "bold"]
    assert [text.get_text() for text in probed] == [str(units[-2])]


def test_where_there_is_no_room_whole_epochs_tell_enough(made_up):
    assert shown_by(made_up, (600, 720))[:2] == ["3", "0.250"]
    made_up.step[3] = 16
    assert shown_by(made_up, (600, 720))[:2] == ["3.20", "16"]


def diverging(recording, epoch=3.0):
    """A recording that holds its third state from the fourth frame on."""
    object.__setattr__(recording.facts, "diverged", epoch)
    recording.step[:] = [0, 5, 10, 10, 10, 10]
    for values in recording.history.values():
        values[3:] = values[2]
    assert recording.held == 3
    return recording


@pytest.mark.parametrize("size", [(1280, 720), (480, 270), (560, 420), (1080, 1920)])
def test_that_it_diverged_is_written_over_everything_from_then_on(size, made_up):
    diverging(made_up)
    rows = ((("input", {}), ("hidden", {})),)
    draw, alone = (compose(made_up, each, LIGHT, size) for each in (rows, (((".", {}),),)))
    ink, paper = rgb(LIGHT.ink), rgb(LIGHT.paper)
    middle = np.s_[size[1] // 3 : -size[1] // 4]
    before, after = (alone(frame)[middle][..., :3].astype(int) for frame in (2, 3))
    lines, columns = np.nonzero(np.abs(after - before).max(axis=2) > 100)
    round_ = np.ptp(lines) // 4  # corners
    plate = np.s_[
        lines.min() + round_ : lines.max() - round_, columns.min() + round_ : columns.max() - round_
    ]
    assert (np.abs(after[plate] - ink).max(axis=2) < 8).mean() > 0.5
    assert (np.abs(after[plate] - paper).max(axis=2) < 60).mean() > 0.05, "words on it"
    np.testing.assert_array_equal(draw(3)[middle][..., :3][plate], after[plate])
    assert 0 < columns.min() < columns.max() < size[0] - 1


def test_banner_caption_alt_text_and_warning_name_one_epoch_of_divergence(made_up):
    recording = diverging(made_up, 3.0)
    happened = events(recording)
    assert [recording.moment(frame) for frame in range(6)] == [0, 1, 2, 3, 3, 3]
    figure = Figure(figsize=(12.8, 7.2), dpi=72)
    FigureCanvasAgg(figure)
    page = Page(figure, 1280, 720)
    _ending(page, recording, THEMES["light"])
    assert figure.texts[0].get_text() == "diverged at epoch 3: the loss is NaN or infinite"
    spec = spec_of(RINGS)
    (*_, caption) = captions_of(spec, recording, happened)
    assert caption.start == 3
    assert caption.news.endswith("epoch 3: diverged: the loss is NaN or infinite")
    told = alt_text(recording, [], "rings", happened)
    assert "poch 3: diverged: the loss is NaN or infinite" in told
    assert next(warnings(recording)).startswith("the training diverged at epoch 3")


def test_the_users_matplotlib_settings_change_nothing(made_up):
    import matplotlib as mpl

    plain = compose(made_up, ROWS, THEMES["light"], (320, 180))(0).copy()
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "red"}):
        np.testing.assert_array_equal(compose(made_up, ROWS, THEMES["light"], (320, 180))(0), plain)
        assert mpl.rcParams["font.size"] == 30


@pytest.mark.parametrize(
    ("title", "size", "cut"),
    [
        ("A title", (480, 270), ()),
        ("A title that ends with…", (480, 270), ()),
        ("A long title " * 3, (1280, 720), ()),  # smaller type is enough
        ("A long title " * 12, (1280, 720), ("A long title A long title A long",)),
    ],
)
def test_a_picture_knows_what_it_cut(title, size, cut, made_up):
    recording = replace(made_up, facts=replace(made_up.facts, title=title))
    found = compose(recording, ROWS, LIGHT, size).cut
    assert len(found) == len(cut)
    for words, start in zip(found, cut, strict=True):
        assert words.startswith(start)
        assert words.endswith("…")


def test_a_caption_that_is_cut_is_known_too(made_up):
    captions = [Caption(0, 9, "word " * 60, "word " * 60)]
    (words,) = compose(made_up, ROWS, LIGHT, (640, 360), captions=captions).cut
    assert words.startswith("word word")


def test_a_long_title_is_made_to_fit_and_dollars_are_no_mathematics(made_up):
    object.__setattr__(made_up.facts, "title", "Ba$$in $\\frac$ " * 20)
    pixels = compose(made_up, ROWS, THEMES["light"], (640, 360))(0)
    edge = pixels[:, -10:, :3]
    assert (edge == edge[0, 0]).all(), "nothing runs over the edge"


@pytest.mark.parametrize(
    ("per_class", "samples", "words"),
    [
        ((1000, 1000), 2000, "2 × 1000 points"),
        ((20_000, 20_000), 40_000, f"2 × 20{THIN}000 points"),
        ((500, 50), 550, "500 + 50 points"),
        ((30, 30, 30), 90, "3 × 30 points"),
        ((), 4000, "4000 points"),
        ((), 1, "1 point"),
    ],
)
def test_points_are_counted_per_class(made_up, per_class, samples, words):
    facts = replace(made_up.facts, per_class=per_class, samples=samples)
    assert facts.points == words
    assert words in "".join(_further(facts))
