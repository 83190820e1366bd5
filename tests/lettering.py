"""Fonts that no machine has: boxes for letters, as outlines or as pictures in colour."""

from fontTools.colorLib.builder import buildCOLR, buildCPAL
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen


def make_font(path, family, letters, *, colour=""):
    """Write a font; `colour` is 'layers' (COLR) or 'pictures' (no outlines at all)."""
    glyphs = {f"u{ord(letter):x}": letter for letter in letters}
    names = [".notdef", *glyphs, "box"]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): name for name, letter in glyphs.items()})
    shapes = {name: _box() for name in names}
    if colour == "layers":
        shapes |= {name: TTGlyphPen(None).glyph() for name in glyphs}
    builder.setupGlyf(shapes)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(usWeightClass=400)
    builder.setupPost()
    if colour == "layers":
        builder.font["COLR"] = buildCOLR({name: [("box", 0)] for name in glyphs})
        builder.font["CPAL"] = buildCPAL([[(1, 0, 0, 1)]])
    elif colour == "pictures":
        del builder.font["glyf"], builder.font["loca"]
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.save(path)


def _box():
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 700), (800, 700), (800, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()
