"""What moves in a morph: the points, the bent grid, the axes, where the answer changes."""

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.draw.canvas import SCALE_SIZE, Canvas
from nnviz_cli.draw.geometry import borders, faces
from nnviz_cli.draw.morph.camera import Camera
from nnviz_cli.draw.morph.motion import Where
from nnviz_cli.draw.morph.plan import Plan
from nnviz_cli.draw.panels.hidden import gap
from nnviz_cli.draw.panels.line import BINS, SMOOTH, cuts
from nnviz_cli.draw.panels.orbit import FOG, fogged
from nnviz_cli.draw.points import groups, keys, mixed
from nnviz_cli.draw.ranges import NARROWEST
from nnviz_cli.recording.grid import upright_lines

if TYPE_CHECKING:
    from nnviz_cli.draw.points import Group

Array = NDArray[Any]
Show = Callable[[int], None]
Shot = Callable[[Array], tuple[Array, Array]]  # places (…, 3) to the picture (…, 2), and how near

MARGIN = 0.12  # of the picture, around what must be seen
SIZE = 6.0  # of a marker
PIECE = 11  # points of a grid line that have one shade
SHADES = 8
RIDGE = 0.62  # of half the picture, that a ridge over a line may take
LOWER = 0.3  # of half the picture, that a line lies lower, to have room for ridges
NOTE = 0.08  # …that the picture is higher and smaller, where words stand below it
ROOM = 0.12  # between two numbers at least
CUBE = np.array(list(product((-1.0, 1.0), repeat=3)))
EDGES = [(i, j) for i in range(8) for j in range(i) if np.abs(CUBE[i] - CUBE[j]).sum() == 2]


def scene(canvas: Canvas, plan: Plan, film: Camera) -> Show:
    """Make the artists; the result moves them to a frame of the film."""
    axes = canvas.axes
    box = np.array([axes.bbox.width, axes.bbox.height])
    wide, high = box / box[1]
    axes.set(xlim=(-wide, wide), ylim=(-1, 1), xticks=[], yticks=[])
    zooms = (np.array([wide, high]) * (1 - MARGIN) / film.reach).min(axis=1)
    world = _world(canvas)
    lattice = _lattice(canvas, upright_lines(plan.recording.grid))
    divide = _divide(canvas, plan)
    found = groups(canvas)
    keys(canvas, found)
    clouds = [fogged(canvas, group, SIZE, 4) for group in found]
    ridges = [_ridge(canvas, group, wide) for group in found]
    names = _names(canvas, plan, found)

    def show(frame: int) -> None:
        stage, t = plan.at(frame)
        where, line, note = stage.where(t), film.line[frame], 1 - film.true[frame]
        zoom = zooms[frame] * (1 - NOTE * note)

        def shot(places: Array) -> tuple[Array, Array]:
            flat, near = film.shot(frame, places)
            flat = flat * flat.dtype.type(zoom)
            flat[..., 1] += flat.dtype.type(NOTE * note - LOWER * line)
            return flat, near

        after = where.layer if where.share else 0  # the inputs stand in for what is not needed
        seen = plan.places(where, plan.points(where.layer - 1), plan.points(after))
        flat, near = shot(seen)
        for group, cloud, ridge in zip(found, clouds, ridges, strict=True):
            cloud(flat[group.members], near[group.members])
            ridge(flat[group.members, 0], -LOWER * line, RIDGE * line)
        bent = plan.places(where, plan.lattice(where.layer - 1), plan.lattice(after))
        lattice(*shot(bent))
        world(shot, film.depth[frame], 1 - line, film.true[frame])
        divide(stage, t, where, shot, line)
        names(flat, stage.name == "answer")

    return show


def _world(canvas: Canvas) -> Any:
    """The axes and the cube from -1 to 1, by which a stretch and a shift are seen."""
    from matplotlib.collections import LineCollection

    axes, theme = canvas.axes, canvas.theme
    edges = LineCollection([], colors=theme.faint, linewidths=1.2, animated=True, zorder=1)
    through = LineCollection([], colors=theme.soft, linewidths=1.4, animated=True, zorder=1)
    for artist in (edges, through):
        axes.add_collection(artist, autolim=False)
    (ground,) = axes.plot([], [], color=theme.faint, lw=1.4, animated=True, zorder=1)
    style: dict[str, Any] = {"color": theme.soft, "fontsize": SCALE_SIZE - 3, "animated": True}
    style |= {"ha": "center", "va": "top", "clip_on": True}
    names = {end: axes.text(0, 0, word, **style) for end, word in ((-1, "−1"), (0, "0"), (1, "1"))}

    def show(shot: Shot, depth: float, plane: float, true: float) -> None:
        ground.set_data(axes.get_xlim(), [-LOWER * (1 - plane)] * 2)
        ground.set_alpha(1 - plane)
        sizes = np.array([1.0, plane, depth])
        corners = shot(CUBE * sizes)[0]
        edges.set(segments=[corners[[i, j]] for i, j in EDGES], alpha=0.55 * true)
        cross = np.array([(-1.25 * axis, 1.25 * axis) for axis in np.eye(3)]) * sizes
        through.set(segments=list(shot(cross)[0]), alpha=0.7 * true)
        ends = shot(np.array([[end, -plane, -depth] for end in names]))[0]
        clear = float(np.clip(np.hypot(*(ends[2] - ends[0])) / ROOM - 1, 0, 1))
        for name, (x, y) in zip(names.values(), ends, strict=True):
            name.set(position=(x, y - 0.02), alpha=true * clear)
        names[0].set_alpha(true * clear * (1 - plane))

    return show


def _lattice(canvas: Canvas, upright: int) -> Any:
    """The grid, fainter where it is crushed and where it is far."""
    from matplotlib.collections import LineCollection

    axes, theme = canvas.axes, canvas.theme
    lines = LineCollection([], linewidths=1.2, animated=True, zorder=2)
    axes.add_collection(lines, autolim=False)
    colors = np.array([mixed(theme.faint, theme.panel, FOG * i / SHADES) for i in range(SHADES)])
    pixels = axes.bbox.height / 2 * 72 / axes.figure.dpi  # at 720p, of the picture's unit

    def show(flat: Array, near: Array) -> None:
        if not len(flat):
            return
        starts = range(0, flat.shape[1] - 1, PIECE)
        pieces = [flat[:, start : start + PIECE + 1] for start in starts]
        far = np.concatenate([near[:, start : start + PIECE + 1].mean(axis=1) for start in starts])
        shade = np.clip((1 - far) / 2 * SHADES, 0, SHADES - 1).astype(int)
        rgba = np.ones((len(shade), 4))
        rgba[:, :3] = colors[shade]
        if len(flat) > 1:
            apart = pixels * gap(flat, upright)
            crushed = [apart[:, start : start + PIECE + 1].mean(axis=1) for start in starts]
            rgba[:, 3] = np.clip(np.concatenate(crushed) / 9, 0.15, 1)
        lines.set(segments=[line for piece in pieces for line in piece], colors=rgba)

    return show


def _divide(canvas: Canvas, plan: Plan) -> Any:
    """Where the answer changes: in the last hidden space, and from there to the answer."""
    from matplotlib.collections import LineCollection, PolyCollection

    theme = canvas.theme
    ends = _divisions(plan)
    last = len(plan.recording.facts.units) - 1
    style: dict[str, Any] = {"animated": True, "zorder": 6}
    halo = LineCollection([], colors=theme.panel, linewidths=9, **style)
    lines = LineCollection([], colors=theme.ink, linewidths=3.5, **style)
    planes = PolyCollection([], facecolors=theme.ink, edgecolors=theme.ink, linewidths=2, **style)
    planes.set_zorder(4 + 0.5)  # between the slabs of points
    for artist in (halo, lines, planes):
        canvas.axes.add_collection(artist, autolim=False)
    threshold = _threshold(plan) if plan.recording.facts.task == "binary" else None

    def show(stage: Any, t: float, where: Where, shot: Shot, line: float) -> None:
        shown = 0.0
        if stage.name == "boundary":
            shown = t
        elif stage.layer == last and where.layer == last:
            shown = 1 - where.share if threshold is None else 1.0
        strong = shown > 0
        moved = [_moved(each, where, threshold) for each in ends] if strong else []
        flat = [shot(each)[0] for each in moved]
        uprights = [
            np.array([(each[:, 0].mean(), -LOWER * line + s * 0.5 * line) for s in (-0.25, 1.0)])
            for each in flat
            if line > 0 and np.ptp(each[:, 0]) < 0.02
        ]
        segments = [each for each in flat if len(each) == 2] + uprights
        halo.set(segments=segments, alpha=0.7 * shown)
        lines.set(segments=segments, alpha=shown)
        planes.set(verts=[each for each in flat if len(each) > 2], alpha=0.22 * shown)

    return show


def _divisions(plan: Plan) -> list[Array]:
    """Points, segments or polygons (corners, units) where the two greatest scores are equal."""
    facts = plan.recording.facts
    before = len(facts.units) - 2
    units = facts.units[before]
    if not facts.divides(before) or units > 3:
        return []
    kernel, bias = (np.asarray(each, float) for each in plan.recording.scores(plan.frame))
    every = [plan.points(before), plan.lattice(before).reshape(-1, units)]
    reach = np.concatenate(every).astype(float)
    low, high = reach.min(axis=0), reach.max(axis=0)
    middle, half = (low + high) / 2, 1.06 * max(float((high - low).max()) / 2, NARROWEST)
    if units == 1:
        found = cuts(kernel[0], bias, middle[0] - half, middle[0] + half)
        return [np.array([[cut], [cut]]) for cut in found]
    if units == 2:
        ranges = [(float(m - half), float(m + half)) for m in middle]
        return borders(kernel, bias, ranges[0], ranges[1])
    return [middle + half * each for each in faces(half * kernel, bias + middle @ kernel, 1.0)]


def _threshold(plan: Plan) -> tuple[float, float]:
    """The weighted input of the output at which the answer changes, and the answer there."""
    facts = plan.recording.facts
    last = len(facts.units) - 1
    kernel, bias = plan.recording.kernels[last], plan.recording.biases[last]
    z = (plan.points(last - 1) @ kernel[plan.frame] + bias[plan.frame])[:, 0]
    order = np.argsort(z)
    cut = facts.threshold or 0.0
    return cut, float(np.interp(cut, z[order], plan.points(last)[order, 0]))


def _moved(ends: Array, where: Where, threshold: tuple[float, float] | None) -> Array:
    """Corners (corners, units) where the motion has brought them (corners, 3)."""
    moved: Array = ends @ where.matrix + where.offset
    if where.share and threshold is not None and where.view is not None:
        moved = (1 - where.share) * moved + where.share * threshold[1] * where.view[0]
    return moved


def _names(canvas: Canvas, plan: Plan, found: list["Group"]) -> Any:
    """A sign and a name where most of each class ends, if there is an output for each."""
    axes, theme = canvas.axes, canvas.theme
    if plan.recording.facts.task != "multiclass":
        return lambda *_: None
    shared: dict[str, Any] = {"animated": True, "zorder": 8}
    signs, names = [], []
    for group in found:
        face = mixed(group.color, theme.panel, 0.78) if group.hollow else group.color
        style = {"ms": 15, "mew": 3, "mec": group.color, "mfc": face, **shared}
        signs += axes.plot([], [], group.shape, **style)
        name = axes.text(
            0, 0, group.name, fontsize=SCALE_SIZE, color=theme.ink, va="center", **shared
        )
        name.set_bbox({"facecolor": theme.panel, "edgecolor": "none", "alpha": 0.8, "pad": 2})
        names.append(name)

    def show(flat: Array, end: bool) -> None:
        for group, sign, name in zip(found, signs, names, strict=True):
            for artist in (sign, name):
                artist.set_visible(end)
            if end:
                x, y = np.median(flat[group.members], axis=0)
                sign.set_data([x], [y])
                left = x > 0
                name.set(
                    position=(x + (-0.07 if left else 0.07), y), ha="right" if left else "left"
                )

    return show


def _ridge(canvas: Canvas, group: "Group", wide: float) -> Any:
    """How dense the points of a group are along a line, in parts of the group's own peak."""
    from matplotlib.collections import PolyCollection

    axes = canvas.axes
    shape = PolyCollection([], facecolors=group.color, alpha=0.3, animated=True, zorder=3)
    axes.add_collection(shape, autolim=False)
    (edge,) = axes.plot([], [], color=group.color, lw=2.2, animated=True, zorder=3)

    def show(x: Array, base: float, height: float) -> None:
        for artist in (shape, edge):
            artist.set_visible(height > 0.005)
        if height <= 0.005:
            return
        counts, edges = np.histogram(x, BINS, (-wide, wide))
        dense = np.convolve(counts, SMOOTH, "same")
        middle = (edges[1:] + edges[:-1]) / 2
        y = base + height * dense / max(dense.max(), NARROWEST)
        shape.set_verts([np.column_stack([[-wide, *middle, wide], [base, *y, base]])])
        edge.set_data(middle, np.where(dense > 0, y, np.nan))

    return show
