"""Colours and type by name. Colours mean classes; the rest is ink, soft ink and paper."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Everything a picture needs to know about its look; colours as '#rrggbb'."""

    paper: str  # around the panels
    panel: str  # behind the drawing
    ink: str  # titles, the decision boundary
    soft: str  # facts, labels, scales
    faint: str  # grid lines, what is to come
    classes: tuple[str, ...]  # class 0, class 1, …; a colour-blind-safe set
    target: str  # the right answer of a regression
    answer: str  # the network's answer
    text: str = "DejaVu Sans"
    figures: str = "DejaVu Sans Mono"  # numbers that must not jump


LIGHT = Theme(
    paper="#ffffff",
    panel="#f6f7f9",
    ink="#14171f",
    soft="#565d6b",
    faint="#aab1bd",
    classes=("#d9690a", "#2563d9"),
    target="#8a93a3",
    answer="#2563d9",
)

DARK = Theme(
    paper="#0f1218",
    panel="#171b23",
    ink="#f2f4f8",
    soft="#a3abba",
    faint="#4a5262",
    classes=("#ffb14d", "#5aa2ff"),
    target="#7d8799",
    answer="#5aa2ff",
)

THEMES = {"light": LIGHT, "dark": DARK}
