"""What can be read off a picture: names in legends, numbers along axes."""

import numpy as np
import pytest
from matplotlib.legend import Legend
from matplotlib.text import Text

from nnviz_cli.draw import page
from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.theme import LIGHT

MINUS = "\N{MINUS SIGN}"


def legends(axes):
    """The legends of axes, the highest first."""
    return axes.findobj(Legend)


def named(axes):
    """All names in the legends of axes."""
    return [text.get_text() for legend in legends(axes) for text in legend.get_texts()]


def meanings(axes):
    """The name of each artist's label in the legends of axes."""
    texts = [text for legend in legends(axes) for text in legend.get_texts()]
    return {text.get_gid(): text.get_text() for text in texts}


def signs(axes):
    """The sign of each name in the legends of axes."""
    return {
        text.get_text(): handle
        for legend in legends(axes)
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
    }


def number(text):
    """'−1e7', '12 345' or '50 %' as a number."""
    plain = text.replace(MINUS, "-").replace("\u202f", "").replace("\N{NO-BREAK SPACE}", "")
    share = plain.endswith("%")
    return float(plain.removesuffix("%").strip()) / (100 if share else 1)


def read_off(axes, y):
    """Values along the y axis that a reader finds at pixels, by two of the numbers beside it."""
    labels = [label for label in axes.get_yticklabels() if label.get_text()]
    assert len(labels) >= 2, "two numbers make a scale"
    values = np.array([number(label.get_text()) for label in labels])[[0, -1]]
    at = axes.transData.transform([(0, label.get_position()[1]) for label in labels])[[0, -1], 1]
    share = (np.asarray(y) - at[0]) / (at[1] - at[0])
    if axes.get_yscale() == "log":
        low, high = np.log(values)
        return np.exp(low + share * (high - low))
    return values[0] + share * (values[1] - values[0])


def composed(recording, rows, size=(1280, 720), captions=()):
    """The figure of a film, and what shows a frame of it, before a pixel is drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "Draw", lambda figure, shows, _, cut: (figure, shows))
        figure, shows = compose(recording, rows, LIGHT, size, captions=captions)

    def show(frame):
        for each in shows:
            each(frame)

    return figure, show


def texts_of(figure):
    """All texts that are seen, each with its box in pixels; figures of the clock too."""
    for text in [*figure.texts, *(each for axes in figure.axes for each in _texts_in(axes))]:
        if text.get_visible() and text.get_text().strip():
            yield text, text.get_window_extent()


def _texts_in(axes):
    yield from (each for each in axes.get_children() if isinstance(each, Text))
    yield from (text for legend in legends(axes) for text in legend.get_texts())
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_ticklabels()  # or they are not in their places yet
        low, high = sorted(axis.get_view_interval())
        yield from (
            tick.label2 if axis.get_ticks_position() == "right" else tick.label1
            for tick in axis.get_major_ticks()
            if axis.get_visible() and low <= tick.get_loc() <= high
        )
