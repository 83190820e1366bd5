"""Fonts for whatever a title is written in: of those installed, as few as have its letters."""

import logging
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PLAIN_FONT = "DejaVu Sans"
BROUGHT = (PLAIN_FONT, "DejaVu Sans Mono")  # by matplotlib
PLAIN = 0x250  # below are the Latin letters, which our own font has
NO_LETTERS = ("Last Resort", "STIXNonUnicode", "STIXSize", "cm")  # boxes, and parts of formulas
SHAPELESS = ("Cf", "Mn")  # categories of joiners and variation selectors


@dataclass(frozen=True)
class Family:
    """The upright font of a family, and the letters that it lists."""

    name: str
    path: str
    letters: frozenset[str]

    def drawable(self, letters: Iterable[str]) -> set[str]:
        """Those of some letters that have an outline; the others are pictures in colour."""
        font: Any = _matplotlib().get_font(self.path)
        found = set()
        for letter in self.letters.intersection(letters):
            font.load_char(ord(letter))
            if len(font.get_path()[0]) or unicodedata.category(letter) in SHAPELESS:
                found.add(letter)
        return found


def families(own: str, text: str) -> tuple[list[str], str]:
    """Families to draw a text with, our own first, and the letters that none of them has.

    Before a letter is missing, fonts are looked for that matplotlib does not know yet.
    """
    own = own if is_installed(own) else PLAIN_FONT
    needed = {letter for letter in text if ord(letter) >= PLAIN and not letter.isspace()}
    found, missing = _chosen(own, needed)
    if missing and _renew():
        found, missing = _chosen(own, needed)
    return found, "".join(sorted(missing, key=text.index))


def in_colour(letters: str) -> str:
    """Those of some missing letters that installed fonts have as pictures in colour."""
    known = {letter for family in _installed() for letter in family.letters.intersection(letters)}
    if not known.issuperset(letters):
        for path in _unlisted():
            known |= _letters_of(path).intersection(letters)
    return "".join(letter for letter in letters if letter in known)


@cache
def is_installed(family: str) -> bool:
    """Whether there is a font of that name; for its own, matplotlib need not be asked.

    The process that trains does not import it otherwise, which would take 0.08 s.
    """
    if family in BROUGHT:
        return True
    return _is_listed(family) or (_renew() and _is_listed(family))


def _is_listed(family: str) -> bool:
    return any(entry.name == family for entry in _matplotlib().fontManager.ttflist)


def _chosen(own: str, needed: set[str]) -> tuple[list[str], set[str]]:
    """Families for some letters, and the letters that are left."""
    found = [own]
    for family in sorted(_installed() if needed else (), key=lambda each: each.name != own):
        drawn = family.drawable(needed)
        needed = needed - drawn
        if drawn and family.name != own:
            found.append(family.name)
        if not needed:
            break
    return found, needed


@cache
def _installed() -> list[Family]:
    """Upright families, those with the most letters first."""
    by_name: dict[str, Family] = {}
    matplotlib = _matplotlib()
    entries = matplotlib.fontManager.ttflist
    for entry in sorted(entries, key=lambda entry: (entry.name, entry.fname)):
        upright: Any = (entry.style, entry.weight) == ("normal", 400)
        if upright and not entry.name.startswith(NO_LETTERS):
            try:
                charmap = matplotlib.get_font(entry.fname).get_charmap()
            except (OSError, RuntimeError):
                continue  # a damaged font, or one that FreeType cannot read
            by_name[entry.name] = Family(entry.name, entry.fname, frozenset(map(chr, charmap)))
    return sorted(by_name.values(), key=lambda each: (-len(each.letters), each.name))


@cache
def _renew() -> bool:
    """Add the fonts that were installed after matplotlib made its list; whether there are any.

    The list is kept for the next film. Done once, and only when a letter or a font is missing:
    looking takes 0.1 s.
    """
    import matplotlib

    manager = _matplotlib()
    before = len(manager.fontManager.ttflist)
    for path in _unlisted():
        with suppress(OSError, RuntimeError):
            manager.fontManager.addfont(path)
    if len(manager.fontManager.ttflist) == before:
        return False
    _installed.cache_clear()
    name = f"fontlist-v{manager.FontManager.__version__}.json"
    with suppress(OSError):
        manager.json_dump(manager.fontManager, Path(matplotlib.get_cachedir(), name))
    return True


def _unlisted() -> list[str]:
    """Files of fonts that are not in matplotlib's list: new ones, and those it cannot draw."""
    manager = _matplotlib()
    known = {entry.fname for entry in manager.fontManager.ttflist}
    return sorted(path for path in manager.findSystemFonts() if path not in known)


def _letters_of(path: str) -> frozenset[str]:
    """The letters of a font that matplotlib cannot draw."""
    from fontTools.ttLib import TTFont

    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap() or ()))
    except Exception:  # whatever a damaged file may raise
        return frozenset()


def _matplotlib() -> Any:
    """Matplotlib's module for fonts, without its log: what is missing is reported by us."""
    from matplotlib import font_manager

    logging.getLogger(font_manager.__name__).setLevel(logging.ERROR)
    return font_manager
