"""Artists that are faster than matplotlib's show what matplotlib's show."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnviz_cli.draw.artists import DigitText


@pytest.fixture
def canvas():
    return FigureCanvasAgg(Figure(figsize=(3, 1), dpi=72))


def ink(canvas, artist):
    """How dark each pixel is, 0 to 1."""
    canvas.draw()
    artist.draw(canvas.get_renderer())
    return 1 - np.asarray(canvas.buffer_rgba())[..., :3].mean(axis=2) / 255


@pytest.mark.parametrize("size", [9, 22, 36])
def test_digits_look_like_a_text(canvas, size):
    look = {"ha": "right", "family": "DejaVu Sans Mono", "fontsize": size, "animated": True}
    for shown in ("8", " 93.1 %", "0.1174"):
        text = canvas.figure.text(0.9, 0.3, shown, **look)
        wanted = ink(canvas, text)
        widest = canvas.figure.text(0.9, 0.3, "00000000", **look)
        advance = widest.get_window_extent(canvas.get_renderer()).width / 8
        digits = DigitText(widest, advance)
        for other in ("12345678", shown):  # nothing of an earlier text stays
            digits.set_text(other)
            seen = ink(canvas, digits)
        assert seen.sum() == pytest.approx(wanted.sum(), rel=0.02)
        columns = [
            np.average(np.arange(seen.shape[1]), weights=i.sum(axis=0)) for i in (seen, wanted)
        ]
        rows = [np.average(np.arange(seen.shape[0]), weights=i.sum(axis=1)) for i in (seen, wanted)]
        assert columns[0] == pytest.approx(columns[1], abs=0.7), shown
        assert rows[0] == pytest.approx(rows[1], abs=0.3), shown
