"""Letters of any script: fonts that were installed late, and letters that none can draw."""

import json
import os
import subprocess
import sys

import pytest

from tests.lettering import make_font

pytestmark = pytest.mark.process

LATE, FOX = "\u74b0", "\U0001f98a"  # in no font that matplotlib brings
CODE = """if True:
    import sys
    from nnviz_cli.draw import fonts as font
    families, missing = font.families("DejaVu Sans", sys.argv[1])
    print(families, ascii(missing), ascii(font.in_colour(missing)))
    print(font.is_installed("Late Serif"))
    if "draw" in sys.argv:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        figure = Figure()
        canvas = FigureCanvasAgg(figure)
        figure.text(0.5, 0.5, sys.argv[1], family=families, fontweight="bold")
        canvas.draw()
"""


@pytest.fixture
def look(tmp_path):
    """Ask a process of its own, which knows the fonts of a folder and keeps its own list."""
    env = {
        **os.environ,
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "MPLCONFIGDIR": str(tmp_path / "kept"),
    }

    def ask(*words):
        said = subprocess.run(
            [sys.executable, "-c", CODE, *words], capture_output=True, text=True, env=env
        )
        assert (said.returncode, said.stderr) == (0, "")
        return said.stdout.splitlines()

    return ask


def listed(tmp_path):
    (path,) = (tmp_path / "kept").glob("fontlist-*.json")
    return {entry["name"] for entry in json.loads(path.read_text())["ttflist"]}


def test_a_font_that_is_installed_after_the_first_run_is_found_and_kept(look, tmp_path):
    text = f"{LATE} rings"
    assert look(text)[0] == f"['DejaVu Sans'] {LATE!a} ''"
    make_font(tmp_path / "data/fonts/late.ttf", "Late Sans", LATE)
    assert "Late Sans" not in listed(tmp_path)
    assert look(text, "draw") == ["['DejaVu Sans', 'Late Sans'] '' ''", "False"]
    assert "Late Sans" in listed(tmp_path)
    assert look(text)[0] == "['DejaVu Sans', 'Late Sans'] '' ''"


def test_a_font_that_a_theme_names_is_found_too(look, tmp_path):
    assert look("rings") == ["['DejaVu Sans'] '' ''", "False"]
    make_font(tmp_path / "data/fonts/late.ttf", "Late Serif", LATE)
    assert look("rings") == ["['DejaVu Sans'] '' ''", "True"]


@pytest.mark.parametrize("colour", ["layers", "pictures"])
def test_letters_that_fonts_have_in_colour_only_are_told_apart(colour, look, tmp_path):
    make_font(tmp_path / "data/fonts/emoji.ttf", "Emoji", FOX, colour=colour)
    (tmp_path / "data/fonts/damaged.ttf").write_bytes(b"no font")
    assert look(FOX + LATE)[0] == f"['DejaVu Sans'] {FOX + LATE!a} {FOX!a}"
    make_font(tmp_path / "data/fonts/plain.ttf", "Plain Fox", FOX)
    assert look(FOX)[0] == "['DejaVu Sans', 'Plain Fox'] '' ''"
