"""Fonts for whatever a title is written in: of those installed, as few as have its letters."""

from collections.abc import Iterable
from functools import cache
from typing import Any

PLAIN_FONT = "DejaVu Sans"
BROUGHT = (PLAIN_FONT, "DejaVu Sans Mono")  # by matplotlib
PLAIN = 0x250  # below are the Latin letters, which our own font has
NO_LETTERS = ("Last Resort", "STIXNonUnicode", "STIXSize", "cm")  # boxes, and parts of formulas


def families(own: str, text: str) -> tuple[list[str], str]:
    """Families to draw a text with, our own first, and the letters that none of them has."""
    own = own if is_installed(own) else PLAIN_FONT
    needed = {letter for letter in text if ord(letter) >= PLAIN and not letter.isspace()}
    found = [own]
    for family, letters in _installed(own) if needed else ():
        if needed & letters:
            needed -= letters
            if family != own:
                found.append(family)
        if not needed:
            break
    return found, "".join(sorted(needed, key=text.index))


@cache
def is_installed(family: str) -> bool:
    """Whether matplotlib knows a font of that name; of its own it need not be asked.

    The process that trains does not import it otherwise, which would take 0.08 s.
    """
    if family in BROUGHT:
        return True
    from matplotlib.font_manager import fontManager

    return any(entry.name == family for entry in fontManager.ttflist)


@cache
def _installed(own: str) -> Iterable[tuple[str, frozenset[str]]]:
    """Upright families and their letters: our own, then those that have the most."""
    from matplotlib.font_manager import fontManager, get_font

    by_family: dict[str, frozenset[str]] = {}
    for entry in sorted(fontManager.ttflist, key=lambda entry: (entry.name, entry.fname)):
        upright: Any = (entry.style, entry.weight) == ("normal", 400)
        if upright and not entry.name.startswith(NO_LETTERS):
            try:
                charmap = get_font(entry.fname).get_charmap()
            except (OSError, RuntimeError):
                continue  # a damaged font, or one that FreeType cannot read
            by_family[entry.name] = frozenset(map(chr, charmap))
    return sorted(by_family.items(), key=lambda item: (item[0] != own, -len(item[1]), item[0]))
