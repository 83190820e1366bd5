"""What the documents show works as it stands there."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnviz_cli.draw import panels, theme
from nnviz_cli.draw.canvas import Canvas
from nnviz_cli.film import formats
from nnviz_cli.film.ffmpeg import read_back
from nnviz_cli.film.film import Film
from nnviz_cli.film.settings import FilmSettings
from tests.conftest import spec_of

ROOT = Path(__file__).parent.parent


def blocks(document, language):
    """Fenced code of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / document).read_text(), re.M | re.S)


def snippet(start, module):
    """Names that a snippet of CONTRIBUTING adds to a module."""
    (code,) = (block for block in blocks("CONTRIBUTING.md", "python") if start in block)
    names = dict(vars(module))
    exec(code, names)  # noqa: S102 (our own document)
    return names


def test_the_spec_on_the_readme_is_valid():
    (text,) = blocks("README.md", "yaml")
    spec_of(text)


def test_a_panel_is_added_as_shown(made_up):
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    names = snippet("def bars(", panels)
    show = names["PANEL"].draw(Canvas(axes, made_up, theme.THEMES["dark"]))
    show(3)
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, made_up.kernels[2][3, :, 0])
    assert all(bar.get_animated() for bar in axes.patches)


def test_a_theme_is_added_as_shown():
    (code,) = (block for block in blocks("CONTRIBUTING.md", "python") if "sepia" in block)
    sepia = eval("{" + code + "}", dict(vars(theme)))["sepia"]  # noqa: S307
    assert sepia.paper != theme.LIGHT.paper
    assert sepia.classes == theme.LIGHT.classes


@pytest.mark.process
def test_a_format_is_added_as_shown(tmp_path, monkeypatch):
    (code,) = (block for block in blocks("CONTRIBUTING.md", "python") if ".mkv" in block)
    added = eval("{" + code + "}", dict(vars(formats)))  # noqa: S307
    monkeypatch.setitem(formats.FORMATS, ".mkv", added[".mkv"])
    settings = FilmSettings(size=(64, 48), fps=Fraction(20), frames=3)
    with Film(tmp_path / "film.mkv", settings) as film:
        for _ in range(3):
            film.write(np.zeros((48, 64, 4), np.uint8))
    assert read_back(tmp_path / "film.mkv") == (3, "64x48")


def test_what_documents_link_to_is_there():
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_gallery_has_a_film_for_each_panel_and_shows_each_of_its_specs():
    shown = (ROOT / "docs/gallery.md").read_text()
    used = set()
    for path in (ROOT / "configs/gallery").glob("*.yaml"):
        spec = spec_of(path.read_text())
        used |= {panel.name for row in spec.view.panels for panel in row}
        assert f"(gallery/{path.stem}.gif)" in shown, path.stem
        assert f"(../configs/gallery/{path.stem}.yaml)" in shown, path.stem
        assert spec.description, "for those who cannot see it"
    assert used == set(panels.PANELS) - {"."}
