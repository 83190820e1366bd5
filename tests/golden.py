"""Pictures of every kind of panel without their text; `python -m tests.golden` draws them anew.

Text is left out because fonts and their rasteriser differ from machine to machine.
"""

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.text import Text
from PIL import Image

from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.theme import THEMES
from tests.invented import invented

FOLDER = Path(__file__).parent / "golden"
SIZE = (480, 270)
FRAME = 3

# name: the network, the panels, the theme
PICTURES = {
    "plane": ({"units": (2, 4, 2, 1)}, [["input", "hidden"], ["loss", "loss"]], "light"),
    "five-classes": (
        {"units": (2, 4, 2, 5), "classes": 5, "points": 80},
        [["input", "hidden"]],
        "paper",
    ),
    "line": ({"units": (2, 5, 1, 3), "classes": 3}, [["input", "hidden"]], "high-contrast"),
    "space": ({"units": (2, 3, 1)}, [["input", "hidden"]], "dark"),
    "wide": ({"units": (2, 7, 3), "classes": 3}, [["hidden", "units"]], "light"),
    "network": ({"units": (2, 4, 3, 1)}, [["network", "weights"]], "dark"),
    "history": ({"units": (2, 4, 1), "held_out": 9}, [["boundary-history", "input"]], "paper"),
    "fit": (
        {"units": (1, 5, 1), "frames": 9},
        [[{"name": "fit", "points": True, "ghosts": 2, "residual": True}, "units"]],
        "light",
    ),
}


def picture(name, frame=FRAME):
    """One frame (rows, columns, 3), without text."""
    network, panels, theme = PICTURES[name]
    rows = tuple(tuple(map(_cell, row)) for row in panels)
    with tempfile.TemporaryDirectory() as folder, wordless():
        recording = invented(Path(folder, "invented.h5"), **network)
        return compose(recording, rows, THEMES[theme], SIZE)(frame)[..., :3].copy()


def _cell(panel):
    options = dict(panel) if isinstance(panel, dict) else {"name": panel}
    return options.pop("name"), options


@contextmanager
def wordless():
    """Texts take their room and are not drawn."""
    draw = Text.draw
    Text.draw = lambda *_: None
    try:
        yield
    finally:
        Text.draw = draw


def golden(name):
    """The picture that was kept."""
    return np.asarray(Image.open(FOLDER / f"{name}.png").convert("RGB"))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in PICTURES:
        Image.fromarray(picture(each)).save(FOLDER / f"{each}.png", optimize=True)
        sys.stdout.write(f"{FOLDER / each}.png\n")
