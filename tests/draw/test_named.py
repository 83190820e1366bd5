"""Whatever is drawn has a name that is seen, and no words leave the page or meet others."""

from dataclasses import replace
from itertools import combinations

import pytest

from nnviz_cli.draw.panels import PANELS
from nnviz_cli.film.captions import Caption
from tests.invented import invented
from tests.reading import composed, meanings, texts_of

WIDE = [(480, 270), (1280, 720), (640, 480)]
HIGH = [(1080, 1920), (1080, 1080)]
MOST = {"points": True, "ghosts": 3, "residual": True}
LONG = ("both signs alike", "opposite signs", "neither of these", "a fourth class", "a fifth")
NETWORKS = {
    "two classes": {"units": (2, 4, 2, 1), "held_out": 9},
    "five classes": {"units": (2, 4, 3, 5), "classes": 5, "held_out": 9},
    "eight classes": {"units": (2, 9, 1, 8), "classes": 8, "points": 80},
    "a curve": {"units": (1, 5, 2, 1), "held_out": 9},
    "many layers": {"units": (2, *(17,) * 7, 2, 1)},
}


def layouts(facts):
    """Panels that fit: in pairs over a strip, in one column, by three, in two rows, five in one."""
    fits = [
        (name, MOST if name == "fit" else {})
        for name, panel in PANELS.items()
        if name != "." and not panel.misfit(facts, **({"layer": None} if name == "hidden" else {}))
    ]
    beside = [cell for cell in fits if cell[0] != "loss"]
    pairs = list(zip(beside[::2], [*beside[1::2], (".", {})], strict=False))
    for i, pair in enumerate(pairs):
        yield (pair, (("loss", {}),) * 2), (WIDE + HIGH)[i % 5]
    yield ((pairs[0][0],), (pairs[0][1],), (("loss", {}),)), HIGH[0]
    for i in range(len(fits) // 3):
        yield (tuple(fits[3 * i : 3 * i + 3]),), WIDE[i % 3]
    yield (tuple(fits[:3]), tuple([*fits[3:6], (".", {})][:3])), (640, 480)
    yield (tuple(fits[:5]),), (1280, 720)


CLASSES = {"class 1", "class 2"}
NAMES = {  # of the signs of a panel that stands alone
    "fit": ((1, 5, 1), {"answer", "target", "data", "held out", "residual", "earlier"}),
    "boundary-history": ((2, 4, 1), CLASSES | {"held out", "now", "earlier"}),
    "input": ((2, 4, 1), CLASSES | {"held out", "boundary"}),
    "hidden": ((2, 4, 2, 1), CLASSES | {"boundary"}),
    "hidden, a line": ((2, 4, 1, 1), {"boundary"}),
    "hidden, a space": ((2, 4, 3, 1), CLASSES | {"boundary"}),
    "hidden, wide": ((2, 5, 1), CLASSES),
    "network": ((2, 4, 1), {"positive", "negative"}),
    "units": ((2, 4, 1), {"positive", "negative"}),
    "weights": ((2, 4, 1), {"median", "half", "90 %", "all"}),
    "loss": ((2, 4, 1), {"loss", "accuracy (right)"}),
}


@pytest.mark.parametrize("panel", NAMES)
def test_a_panel_names_its_signs(panel, tmp_path):
    units, names = NAMES[panel]
    name = panel.partition(",")[0]
    made = invented(tmp_path / "made.h5", units, held_out=9)
    figure, _ = composed(made, (((name, MOST if name == "fit" else {}),),), (480, 270))
    assert set(meanings(figure.axes[0]).values()) == names
    if panel == "hidden, a line":
        assert {text.get_text() for text in figure.axes[0].texts} == CLASSES


@pytest.mark.parametrize("network", NETWORKS)
def test_all_that_is_drawn_is_named_and_no_words_leave_the_page_or_meet(network, tmp_path):
    made = invented(tmp_path / "made.h5", **NETWORKS[network])
    if network == "five classes":
        made = replace(made, facts=replace(made.facts, classes=LONG))
    captions = [Caption(0, 9, "a caption", "a caption")]
    for rows, size in layouts(made.facts):
        figure, show = composed(made, rows, size, captions)
        show(made.frames - 1)
        figure.draw_without_rendering()
        told = {}  # labels of all artists, and how they are written
        for axes in figure.axes:
            told |= meanings(axes)
        for axes in figure.axes:
            for label in axes.get_legend_handles_labels()[1]:
                name = told.get(label, "")
                counted = name.isdigit() and label.endswith(name)
                assert name == label or counted, (size, rows, label, name)
        seen = list(texts_of(figure))
        for text, box in seen:
            where = (size, rows, text.get_text(), box)
            assert 0 <= box.x0 < box.x1 <= size[0], where
            assert 0 <= box.y0 < box.y1 <= size[1], where
        for (one, box), (other, beside) in combinations(seen, 2):
            assert not meet(box, beside), (size, rows, one.get_text(), other.get_text())


def meet(one, other):
    """Whether two boxes overlap by more than the room that letters leave in theirs."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    along = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > 1 and along > 0.3 * min(one.height, other.height)
