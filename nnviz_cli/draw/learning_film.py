"""Lays panels out under a title and a clock: the picture of a film of learning."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nnviz_cli.draw.artists import DigitText
from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.draw.layout import (
    EDGE,
    FOOTER,
    HEADER,
    Box,
    Room,
    Rows,
    areas,
    boxes,
    reach,
    usual_room,
)
from nnviz_cli.draw.page import Draw, Page, Show, prepare, with_fonts
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.draw.theme import Theme
from nnviz_cli.draw.time_axis import is_wanted, timeline
from nnviz_cli.film.captions import Caption
from nnviz_cli.number import epoch as epoch_text
from nnviz_cli.number import grouped, padded, percent, readings
from nnviz_cli.recording.events import DIVERGED
from nnviz_cli.recording.recording import Recording
from nnviz_cli.recording.run_info import Facts

Ratios = tuple[Sequence[float], Sequence[float]]  # of columns, of rows

# in points of 1/72 inch, which are pixels at 1280×720
TITLE_SIZE, FACTS_SIZE, ENDING_SIZE = 36, 22, 28
TITLE_LINE, FACTS_LINE = 66, 104  # baselines, from the top
GAP = 22  # between two readings
TIMELINE = 58  # for a scale of the time, if it is wanted


def compose(
    recording: Recording,
    rows: Rows,
    theme: Theme,
    size: tuple[int, int],
    ratios: Ratios = ((), ()),
    captions: Sequence[Caption] = (),
) -> Draw:
    """Prepare the picture; the result draws one frame into a buffer that it uses again."""
    theme = with_fonts(theme)
    wide = [name for name, panel in PANELS.items() if panel.surface]
    surface = reach(rows, ratios, size, wide)
    words = [recording.facts.title, *(each.words for each in captions)]

    def make(page: Page) -> list[Show]:
        shows = [_clock(page, recording, theme)]
        footer = FOOTER if captions else 0
        scaled = is_wanted(recording, rows)
        margins = (HEADER, footer + TIMELINE * scaled)

        def panels(rooms: Sequence[Room] = ()) -> tuple[list[Show], list[Room]]:
            """Draw all panels in the rooms that they need, or those that most need."""
            drawn, needed = [], []
            placed = boxes(rows, (page.width, page.height), margins, ratios, rooms)
            for box, (name, options) in placed:
                axes = page.axes(box)
                axes.set_facecolor(theme.panel)
                drawn.append(PANELS[name].draw(Canvas(axes, recording, theme, surface), **options))
                needed.append(page.room_around(axes, usual_room(name)))
            return drawn, needed

        drawn, needed = panels()
        if needed != [usual_room(area.cell[0]) for area in areas(rows)]:
            page.clear_axes()
            drawn, _ = panels(needed)
        shows += drawn
        if scaled:
            box = Box(EDGE, page.height - footer - TIMELINE + 8, page.width - 2 * EDGE, 12)
            shows.append(timeline(Canvas(page.axes(box), recording, theme)))
        return [*shows, _captions(page, theme, captions), _ending(page, recording, theme)]

    return prepare(make, theme, "".join(words), size)


def _clock(page: Page, recording: Recording, theme: Theme) -> Callable[[int], None]:
    """Title and facts on the left; epoch, loss and metrics on the right, each in its place."""
    facts = recording.facts
    epochs = [recording.epoch(frame) for frame in range(recording.frames)]
    right = page.width - EDGE
    style = {"fontsize": TITLE_SIZE, "fontweight": "bold", "color": theme.ink}
    whole = all(epoch.is_integer() for epoch in epochs)
    texts = padded([grouped(f"{epoch:.2f}") for epoch in epochs])
    if whole:
        texts = padded([epoch_text(epoch) for epoch in epochs])
    left_of_clock, show_epoch = _reading(page, theme, right, TITLE_LINE, "epoch", texts, **style)
    title = page.text(EDGE, TITLE_LINE, facts.title, **style)
    page.shorten(title, left_of_clock - 2 * EDGE, 0.6 * TITLE_SIZE)
    shows = [show_epoch]
    style = {"fontsize": FACTS_SIZE, "color": theme.soft}
    steps = padded([epoch_text(step) for step in recording.step])
    readings = [("step", steps), *_history(recording)]
    widths = [_reading_width(page, theme, *reading) for reading in readings]
    loss = widths[1]  # which is shown in any case
    layers = _layers(page, facts, right - EDGE - 2 * GAP - loss)
    least = _architecture_width(page, facts, layers) + GAP
    said = page.width_of_words(_said(facts), FACTS_SIZE) + sum(widths) + GAP * len(widths)
    if whole and said > right - EDGE:
        del readings[0], widths[0]  # the epoch says as much
    for (label, texts), width in zip(readings, widths, strict=True):
        if right - width < EDGE + least:
            break
        right, show = _reading(page, theme, right, FACTS_LINE, label, texts, **style)
        shows.append(show)
        right -= GAP
    _facts(page, recording, theme, right - EDGE, layers)

    def show_all(frame: int) -> None:
        for show in shows:
            show(frame)

    return show_all


def _history(recording: Recording) -> list[tuple[str, list[str]]]:
    """The loss and the metrics, by their names."""
    return [
        (name.replace("_", " "), _texts(name, recording.history[name]))
        for name in sorted(recording.history, key=_weight)
    ]


def _weight(name: str) -> tuple[bool, bool, str]:
    """The order of values: the loss, metrics, then both on held-out samples."""
    return name.startswith("val_"), "loss" not in name, name


def _further(facts: Facts) -> list[str]:
    """The facts after the architecture."""
    return [f"   ·   {fact}" for fact in (facts.activations[0], facts.optimizer, facts.points)]


def _layers(page: Page, facts: Facts, room: float) -> list[int]:
    """The layers whose widths are shown: all, or those at both ends and around the probed one."""
    shown = list(range(len(facts.units)))
    while _architecture_width(page, facts, shown) > room:
        kept = {0, facts.probe, len(facts.units) - 1}
        spare = [layer for layer in shown if layer not in kept]
        if not spare:
            break
        shown.remove(max(spare, key=lambda layer: min(abs(layer - each) for each in kept)))
    return shown


def _architecture(facts: Facts, shown: Sequence[int]) -> Iterator[tuple[int | None, str]]:
    """Layers and their widths as text; '…' where some are left out."""
    for before, layer in zip([-1, *shown], shown, strict=False):
        if layer > before + 1:
            yield None, "…"
        yield layer, str(facts.units[layer])


def _architecture_width(page: Page, facts: Facts, shown: Sequence[int]) -> float:
    words = " → ".join(text for _, text in _architecture(facts, shown))
    return page.width_of_words(words, FACTS_SIZE)


def _said(facts: Facts) -> str:
    """All facts on the left."""
    return " → ".join(map(str, facts.units)) + "".join(_further(facts))


def _ending(page: Page, recording: Recording, theme: Theme) -> Callable[[int], None]:
    """Why the film ends early, over the middle of the picture, on two lines where it is narrow."""
    epoch = recording.facts.diverged
    if epoch is None:
        return lambda _: None
    words = f"diverged at epoch {epoch_text(epoch)}: {DIVERGED}"
    style = {"ha": "center", "va": "center", "fontsize": ENDING_SIZE, "fontweight": "bold"}
    text = page.text(page.width / 2, page.height / 2, words, color=theme.paper, **style)
    text.set_bbox({"facecolor": theme.ink, "edgecolor": "none", "boxstyle": "round,pad=0.7"})
    room = page.width - 4 * EDGE
    if page.width_of(text) > room:
        text.set_text(words.replace(": ", ":\n"))
    page.shorten(text, room, 0.6 * ENDING_SIZE)
    text.set_animated(True)
    return lambda frame: text.set_visible(frame >= recording.held)


def _captions(page: Page, theme: Theme, captions: Sequence[Caption]) -> Callable[[int], None]:
    """What just happened, along the bottom."""
    style: dict[str, Any] = {"fontsize": FACTS_SIZE, "color": theme.ink, "va": "center"}
    texts = []
    for caption in captions:
        text = page.text(EDGE, page.height - FOOTER / 2 - 4, caption.words, **style)
        if page.width_of(text) > page.width - 2 * EDGE:
            text.set_text(caption.news)  # without captions whose time is over
        page.shorten(text, page.width - 2 * EDGE, 0.85 * FACTS_SIZE)
        text.set_animated(True)
        texts.append(text)

    def show(frame: int) -> None:
        for caption, text in zip(captions, texts, strict=True):
            text.set_visible(caption.start <= frame < caption.end)

    return show


def _reading_width(page: Page, theme: Theme, label: str, texts: Sequence[str]) -> float:
    """How wide `_reading` will be."""
    digits = page.width_of_words(max(texts, key=len), FACTS_SIZE, family=theme.mono_font)
    return page.width_of_words(label, FACTS_SIZE) + 0.35 * FACTS_SIZE + digits


def _reading(
    page: Page,
    theme: Theme,
    right: float,
    line: float,
    label: str,
    texts: Sequence[str],
    **style: Any,
) -> tuple[float, Callable[[int], None]]:
    """A label and its digits, ending at `right`; gives its left edge and what moves it."""
    widest = max(texts, key=len)
    text = page.text(right, line, widest, ha="right", family=theme.mono_font, **style)
    width = page.width_of(text)
    digits = DigitText(text, width / len(widest) * page.figure.dpi / 72)
    digits.set_animated(True)
    page.figure.add_artist(digits)
    left = right - width
    word = page.text(left - 0.35 * style["fontsize"], line, label, ha="right", **style)
    left -= page.width_of(word) + 0.35 * style["fontsize"]
    return left, lambda frame: digits.set_text(texts[frame])


def _texts(name: str, values: Any) -> list[str]:
    """A loss or a metric over the film, in texts of one width."""
    if "accuracy" in name:
        return padded([percent(value, fixed=True) for value in values])
    return readings(values)


def _facts(
    page: Page, recording: Recording, theme: Theme, room: float, layers: Sequence[int]
) -> None:
    """The architecture, with the probed layer in ink, and as many facts as there is room for."""
    facts = recording.facts
    x: float = EDGE
    for layer, words in _architecture(facts, layers):
        probed = layer == facts.probe
        if x > EDGE:
            arrow = page.text(x, FACTS_LINE, " → ", fontsize=FACTS_SIZE, color=theme.faint)
            x += page.width_of(arrow)
        style = {"color": theme.ink, "fontweight": "bold"} if probed else {"color": theme.soft}
        x += page.width_of(page.text(x, FACTS_LINE, words, fontsize=FACTS_SIZE, **style))
    for fact in _further(facts):
        text = page.text(x, FACTS_LINE, fact, fontsize=FACTS_SIZE, color=theme.soft)
        x += page.width_of(text)
        if x > room + EDGE:
            text.remove()
            return
