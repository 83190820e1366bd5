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
    ramp: tuple[str, ...]  # numbers, from low to high
    negative: str  # weights below 0
    positive: str  # weights above 0
    text: str = "DejaVu Sans"
    figures: str = "DejaVu Sans Mono"  # numbers that must not jump


LIGHT = Theme(
    paper="#ffffff",
    panel="#f6f7f9",
    ink="#14171f",
    soft="#565d6b",
    faint="#aab1bd",
    classes=(
        *("#d9690a", "#2563d9", "#11885f", "#b0279b"),
        *("#8a6d00", "#0891b2", "#c22f4f", "#5b4bb8"),
    ),
    target="#8a93a3",
    answer="#2563d9",
    ramp=("#3b1f8f", "#6a2fa0", "#a83c92", "#d4566f", "#e8834a", "#e3ab2d"),
    negative="#d9690a",
    positive="#2563d9",
)

DARK = Theme(
    paper="#0f1218",
    panel="#171b23",
    ink="#f2f4f8",
    soft="#a3abba",
    faint="#4a5262",
    classes=(
        *("#ffb14d", "#5aa2ff", "#3fd6a0", "#f07be0"),
        *("#d8d24a", "#4fd5ea", "#ff7a85", "#a995ff"),
    ),
    target="#7d8799",
    answer="#5aa2ff",
    ramp=("#7a6cff", "#b266ee", "#e56cc4", "#ff8292", "#ffa868", "#ffd75a"),
    negative="#ffb14d",
    positive="#5aa2ff",
)

THEMES = {"light": LIGHT, "dark": DARK}
