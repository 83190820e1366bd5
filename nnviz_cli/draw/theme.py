"""Colours and type by name. Colours mean classes; the rest is ink, soft ink and paper."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any


@dataclass(frozen=True)
class Theme:
    """The colours and fonts of a picture; colours as '#rrggbb'.

    The texts are the descriptions of the options in a spec.
    """

    paper: Annotated[str, "background of the page"]
    panel: Annotated[str, "background of the panels"]
    ink: Annotated[str, "titles and the decision boundary"]
    soft: Annotated[str, "labels, scales and numbers"]
    faint: Annotated[str, "grid lines, and the part of a curve that is still to come"]
    classes: Annotated[
        tuple[str, ...], "class 0, class 1, …; distinguishable with a colour vision deficiency"
    ]
    target: Annotated[str, "target values of a regression"]
    answer: Annotated[str, "the network's output in a regression"]
    ramp: Annotated[tuple[str, ...], "colour map of values, low to high"]
    negative: Annotated[str, "weights below 0"]
    positive: Annotated[str, "weights above 0"]
    text: Annotated[str, "font of text"] = "DejaVu Sans"
    mono_font: Annotated[str, "font of numbers; a monospaced font keeps digits in place"] = (
        "DejaVu Sans Mono"
    )


LIGHT = Theme(
    paper="#ffffff",
    panel="#f6f7f9",
    ink="#14171f",
    soft="#565d6b",
    faint="#aab1bd",
    classes=(
        *("#d9690a", "#2563d9", "#0f9d6b", "#a3195b"),
        *("#7a5c00", "#0e8fb3", "#c2258f", "#4b3aa8"),
    ),
    target="#868fa0",
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
        *("#ffb14d", "#5aa2ff", "#35c98f", "#f27bd3"),
        *("#fff08a", "#46d9f2", "#ff6b6b", "#b79bff"),
    ),
    target="#7d8799",
    answer="#5aa2ff",
    ramp=("#7a6cff", "#b266ee", "#e56cc4", "#ff8292", "#ffa868", "#ffd75a"),
    negative="#ffb14d",
    positive="#5aa2ff",
)

# for print: white ground, and the first three classes apart in grey too
PAPER = Theme(
    paper="#ffffff",
    panel="#ffffff",
    ink="#000000",
    soft="#3d3d3d",
    faint="#b8b8b8",
    classes=(
        *("#a84300", "#0b2e7a", "#2f9e77", "#7b1fa2"),
        *("#441100", "#3d85c6", "#c2185b", "#6e6e6e"),
    ),
    target="#7a7a7a",
    answer="#0b2e7a",
    ramp=("#2b0b57", "#5c1a78", "#92307a", "#c04a63", "#de6f3f", "#d99a1c"),
    negative="#a84300",
    positive="#0b2e7a",
)

HIGH_CONTRAST = Theme(
    paper="#000000",
    panel="#000000",
    ink="#ffffff",
    soft="#e6e6e6",
    faint="#7d7d7d",
    classes=(
        *("#ffd400", "#3aa0ff", "#ff5fb0", "#5dff8f"),
        *("#ffffff", "#ff8c1a", "#b69cff", "#00e0e0"),
    ),
    target="#9a9a9a",
    answer="#ffd400",
    ramp=("#5f7bff", "#a07bff", "#e07be6", "#ff8fa3", "#ffb36b", "#fff06b"),
    negative="#ff8c1a",
    positive="#3aa0ff",
)

THEMES = {
    "light": LIGHT,
    "dark": DARK,
    "paper": PAPER,
    "high-contrast": HIGH_CONTRAST,
}


def theme(name: str, changes: Mapping[str, Any]) -> Theme:
    """A theme by name, with what its user changed; None stands for no change."""
    given = {key: value for key, value in changes.items() if value is not None}
    return replace(THEMES[name], **given)


def luminance(color: str) -> float:
    """Relative luminance of '#rrggbb', 0 to 1 (WCAG 2.2)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How well a colour is seen on another, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
