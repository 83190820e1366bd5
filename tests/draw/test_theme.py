"""Themes: text that is read, colours that are told apart, by whomever."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.theme import LIGHT, THEMES, contrast, theme
from nnviz_cli.errors import SpecError
from nnviz_cli.film.captions import Caption
from tests.conftest import RINGS, spec_of

# Machado, Oliveira, Fernandes 2009, severity 1; on linear RGB
SIGHTS = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(color):
    channel = np.array(list(bytes.fromhex(color[1:]))) / 255
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear sRGB, D65."""
    matrix = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    xyz = matrix @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colors, sight="normal"):
    """The least distance (CIE76) between two of the colours, as one sees them."""
    seen = [lab(np.array(SIGHTS[sight]) @ linear(color)) for color in colors]
    return min(np.linalg.norm(one - other) for one, other in combinations(seen, 2))


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the known near miss
    assert contrast("#0000ff", "#ffff00") == contrast("#ffff00", "#0000ff")


@pytest.mark.parametrize("name", THEMES)
def test_text_stands_out_from_the_paper(name):
    look = THEMES[name]
    least = 7 if name == "high-contrast" else 4.5
    for text in (look.ink, look.soft):
        for ground in (look.paper, look.panel):
            assert contrast(text, ground) >= least, (text, ground)
    lines = (*look.classes, look.answer, look.target, look.negative, look.positive)
    for color in lines:  # WCAG asks 3 of what is no text
        assert contrast(color, look.panel) >= 2.9, color


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", THEMES)
def test_classes_and_signs_are_told_apart_by_any_sight(name, sight):
    look = THEMES[name]
    assert nearest(look.classes[:2], sight) >= 25
    assert nearest(look.classes[:3], sight) >= 18
    assert nearest(look.classes[:5], sight) >= 15
    assert nearest((look.negative, look.positive), sight) >= 25
    if sight == "normal":
        assert nearest(look.classes) >= 20


def test_three_classes_of_paper_are_apart_in_grey():
    greys = [Image.new("RGB", (1, 1), color).convert("L") for color in THEMES["paper"].classes[:3]]
    levels = sorted(grey.getpixel((0, 0)) for grey in greys)
    assert min(np.diff(levels)) >= 30  # of 255


@pytest.mark.parametrize("name", THEMES)
def test_the_ramp_goes_one_way_in_lightness(name):
    steps = np.diff([lab(linear(color))[0] for color in THEMES[name].ramp])
    assert (steps > 0).all(), steps


def test_a_users_theme_changes_what_it_names_and_keeps_the_rest():
    spec = spec_of(RINGS + "view: {theme: {name: light, ink: '#102030'}}\n")
    made = theme(spec.view.theme.name, spec.view.theme.options)
    assert made.ink == "#102030"
    assert made.classes == LIGHT.classes
    assert spec.dump()["view"]["theme"] == {"name": "light", "ink": "#102030"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{name: light, ink: blue}", "expected a colour like '#2563d9', got 'blue'"),
        ("{name: light, inc: '#000000'}", "unknown key 'inc'"),
        ("{name: light, classes: ['#000000']}", "at least 2"),
        ("{ink: '#000000'}", "expected the name of a theme"),
    ],
)
def test_a_wrong_theme_is_told(written, told):
    with pytest.raises(SpecError, match=r"3:\d+.*view.theme") as caught:
        spec_of(f"dataset: rings\nmodel: {{layers: [2, 1]}}\nview: {{theme: {written}}}\n")
    assert told in str(caught.value)


@pytest.mark.parametrize("name", [name for name in PANELS if name not in (".", "fit")])
def test_no_text_is_smaller_than_18_pixels_at_720p(name, made_up):
    drawn = []
    draw = Text.draw

    def watched(text, *arguments):
        if text.get_text() and text.get_visible():
            drawn.append((text.get_fontsize() * text.figure.dpi / 72, text.get_text()))
        draw(text, *arguments)

    words = Caption(0, 9, "a caption " * 12, "news")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", watched)
        rows = (((name, {}), ("loss", {})),)
        compose(made_up, rows, LIGHT, (1280, 720), captions=[words])(0)
    assert len(drawn) > 4
    assert min(drawn)[0] >= 18 - 1e-6, min(drawn)
