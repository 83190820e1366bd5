"""The picture of a morph: a header that says what happens, the scene, the film's time below."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli import number
from nnviz_cli.draw.canvas import CAPTION_SIZE, SCALE_SIZE, Canvas
from nnviz_cli.draw.layout import CAPTION, EDGE, HEADER, Box
from nnviz_cli.draw.learning_film import FACTS_LINE, FACTS_SIZE, TITLE_LINE, TITLE_SIZE
from nnviz_cli.draw.legend import heading, signs_width
from nnviz_cli.draw.morph.camera import camera
from nnviz_cli.draw.morph.plan import Plan
from nnviz_cli.draw.morph.scene import scene
from nnviz_cli.draw.page import Draw, Page, Show, prepare, with_fonts

if TYPE_CHECKING:
    from matplotlib.text import Text

    from nnviz_cli.draw.theme import Theme

TIME = 62  # below the scene: the film's time and what its parts are
BAR = 7  # high


def compose(plan: Plan, theme: "Theme", size: tuple[int, int]) -> Draw:
    """Prepare the picture; the result draws one frame into a buffer that it uses again."""
    theme = with_fonts(theme)

    def make(page: Page) -> list[Show]:
        top = HEADER + CAPTION
        box = Box(EDGE, top, page.width - 2 * EDGE, max(20.0, page.height - top - TIME))
        axes = page.axes(box)
        axes.set_facecolor(theme.panel)
        canvas = Canvas(axes, plan.recording, theme)
        moves = scene(canvas, plan, camera(plan))
        heading(canvas, "")
        room = box.width - signs_width(axes)
        clock = _clock(page, plan, theme)
        words = _words(page, plan, theme, top - 12, room)
        time = _time(page, plan, theme, box)
        return [clock, words, moves, _note(page, plan, theme, box), time]

    return prepare(make, theme, plan.recording.facts.title, size)


def _one_of(texts: dict[str, "Text"], plan: Plan, which: Any) -> Show:
    """Show one text of some, by what it says of a stage."""
    for text in texts.values():
        text.set_animated(True)

    def show(frame: int) -> None:
        wanted = which(plan.at(frame)[0])
        for words, text in texts.items():
            text.set_visible(words == wanted)

    return show


def _clock(page: Page, plan: Plan, theme: "Theme") -> Show:
    """The title and, at right, what is happening; below them the layers and the training."""
    facts, right = plan.recording.facts, page.width - EDGE
    style: dict[str, Any] = {"fontsize": TITLE_SIZE, "fontweight": "bold", "color": theme.ink}
    told = {_doing(plan, stage): None for stage in plan.stages}
    texts = {words: page.text(right, TITLE_LINE, words, ha="right", **style) for words in told}
    for text in texts.values():
        page.shorten(text, 0.6 * page.width, 0.6 * TITLE_SIZE)
    widest = max(page.width_of(text) for text in texts.values())
    title = page.text(EDGE, TITLE_LINE, facts.title, **style)
    page.shorten(title, page.width - 3 * EDGE - widest, 0.6 * TITLE_SIZE)
    layers, x = _layers(page, plan, theme)
    shows = [_one_of(texts, plan, lambda stage: _doing(plan, stage)), layers]
    _training(page, plan, theme, page.width - EDGE - x - FACTS_SIZE)

    def show(frame: int) -> None:
        for each in shows:
            each(frame)

    return show


def _doing(plan: Plan, stage: Any) -> str:
    """'layer 1 of 3 · rotate'."""
    if stage.name in ("inputs", "boundary", "answer"):
        return f"the {stage.name}"
    return f"layer {stage.layer} of {len(plan.recording.facts.units) - 1} · {stage.name}"


def _layers(page: Page, plan: Plan, theme: "Theme") -> tuple[Show, float]:
    """The widths of the layers, that of the layer at work in ink; and where they end."""
    words = " → ".join(map(str, plan.recording.facts.units))
    fits = (page.width - 2 * EDGE) / page.width_of_words(words, FACTS_SIZE)
    x, style = float(EDGE), {"fontsize": FACTS_SIZE * min(1, 0.95 * fits)}  # some are bold
    plain, bold = [], []
    for i, units in enumerate(plan.recording.facts.units):
        if i:
            arrow = page.text(x, FACTS_LINE, " → ", color=theme.faint, **style)
            x += page.width_of(arrow)
        bold.append(
            page.text(x, FACTS_LINE, str(units), color=theme.ink, fontweight="bold", **style)
        )
        width = page.width_of(bold[-1])
        plain.append(
            page.text(x + width / 2, FACTS_LINE, str(units), ha="center", color=theme.soft, **style)
        )
        x += width
    for text in (*plain, *bold):
        text.set_animated(True)

    def show(frame: int) -> None:
        at = plan.at(frame)[0].layer
        for i, (faint, strong) in enumerate(zip(plain, bold, strict=True)):
            faint.set_visible(i != at)
            strong.set_visible(i == at)

    return show, x


def _training(page: Page, plan: Plan, theme: "Theme", room: float) -> None:
    """How far the network has learnt, at right, as far as there is room."""
    recording, right = plan.recording, page.width - EDGE
    told = [f"epoch {number.epoch(recording.epoch(plan.frame))}"]
    for name, values in recording.history.items():
        value = float(values[plan.frame])
        if not name.startswith("val_"):
            shown = number.percent(value, fixed=True) if "accuracy" in name else number.value(value)
            told.append(f"{name.replace('_', ' ')} {shown}")
    while told:
        text = page.text(right, FACTS_LINE, "     ".join(told), ha="right", fontsize=FACTS_SIZE)
        text.set_color(theme.soft)
        if page.width_of(text) <= room:
            return
        text.remove()
        told.pop()


def _words(page: Page, plan: Plan, theme: "Theme", line: float, room: float) -> Show:
    """What is seen, over the scene."""
    texts = {}
    for words in dict.fromkeys(stage.words for stage in plan.stages):
        texts[words] = page.text(EDGE, line, words, fontsize=CAPTION_SIZE, color=theme.soft)
        page.shorten(texts[words], room, 0.8 * CAPTION_SIZE)
    return _one_of(texts, plan, lambda stage: stage.words)


def _note(page: Page, plan: Plan, theme: "Theme", box: Box) -> Show:
    """What must be known to read the picture, in its lower corner."""
    texts, line = {}, box.top + box.height - 12
    for words in dict.fromkeys(stage.note for stage in plan.stages if stage.note):
        texts[words] = page.text(EDGE + 12, line, words, fontsize=SCALE_SIZE, color=theme.soft)
        page.shorten(texts[words], box.width - 24, 0.7 * SCALE_SIZE)
        texts[words].set_bbox(
            {"facecolor": theme.panel, "edgecolor": "none", "alpha": 0.8, "pad": 2}
        )
    return _one_of(texts, plan, lambda stage: stage.note)


def _time(page: Page, plan: Plan, theme: "Theme", box: Box) -> Show:
    """The motions as a bar each, those that were in ink, and the layers' names below them."""
    from matplotlib.collections import PolyCollection

    axes = page.axes(Box(box.left, box.top + box.height + 14, box.width, BAR))
    axes.set(xlim=(0, plan.frames), ylim=(0, 1), xticks=[], yticks=[])
    axes.patch.set_visible(False)
    gap = 3 * plan.frames / box.width
    spans = [(stage.start, stage.start + stage.frames - gap) for stage in plan.stages]
    whole = PolyCollection([_bar(*span) for span in spans], facecolors=theme.faint, linewidths=0)
    axes.add_collection(whole, autolim=False)
    done = PolyCollection([], facecolors=theme.ink, linewidths=0, animated=True)
    axes.add_collection(done, autolim=False)
    facts, edge = plan.recording.facts, 0.0
    for layer in range(1, len(facts.units)):
        own = [stage for stage in plan.stages if stage.layer == layer and stage.name != "boundary"]
        left = box.left + own[0].start / plan.frames * box.width
        right = box.left + (own[-1].start + own[-1].frames) / plan.frames * box.width
        words = f"{facts.units[layer - 1]} → {facts.units[layer]}  {facts.activations[layer - 1]}"
        text = page.text(left, page.height - 12, words, fontsize=SCALE_SIZE - 2, color=theme.soft)
        if left < edge or page.width_of(text) > right - left - 6:
            text.remove()

    def show(frame: int) -> None:
        done.set_verts([_bar(a, min(b, frame + 1)) for a, b in spans if a <= frame])

    return show


def _bar(start: float, end: float) -> Any:
    return np.array([(start, 0), (end, 0), (end, 1), (start, 1)])
