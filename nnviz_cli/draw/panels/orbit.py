"""A layer of three units: its space, with an orbiting camera."""

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz_cli.draw.canvas import Array, Canvas, Show
from nnviz_cli.draw.geometry import faces, seen, turned
from nnviz_cli.draw.points import Group, groups, keys, markers, mixed, one_per_pixel
from nnviz_cli.draw.ranges import floats, limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nnviz_cli.recording.recording import Look

SLABS = 4  # of points by how far they are; farther ones sink in fog
FOG = 0.5  # of the farthest slab
START = 35.0  # degrees, where the camera is at first
REACH = 1.72  # of the cube's half side, that must be seen: its corner that is low and near
GRID_STEP = 2  # every so many points of a grid line are drawn
CUBE = np.array(list(product((-1.0, 1.0), repeat=3)))


def layer_space(
    canvas: Canvas,
    look: "Look",
    size: float,
    *,
    grid: bool,
    boundary: bool,
    orbit: float,
) -> Show:
    """Points, the transformed input plane and the decision plane, with hidden surfaces.

    With two classes what lies beyond the plane is drawn before it, and what lies on this side
    after it. With more the planes come first.
    """
    recording = canvas.recording
    low, high = limits(*look.ends())
    middle, half = (low + high) / 2, float((high - low).max() / 2)
    _view(canvas.axes)
    frame_lines = _cube(canvas)
    sheets = [_sheet(canvas, zorder) for zorder in (1, 4)] if grid else []
    planes = _planes(canvas) if boundary else None
    found = groups(canvas)
    keys(canvas, found)
    sides = [[fogged(canvas, group, size, zorder) for group in found] for zorder in (2, 5)]
    kind = floats(look)
    shift, unit = np.asarray(middle, kind), kind(half)

    def show(frame: int) -> None:
        camera = turned(START + orbit * frame / max(1, recording.frames - 1))
        frame_lines(camera)
        kernel, bias = recording.scores(frame) if boundary else (np.zeros((3, 1)), np.zeros(1))
        bias = bias + middle @ kernel  # of places counted from the middle, in parts of a half
        polygons = faces(half * kernel, bias, 1.0)
        if planes:
            planes([seen(polygon, camera)[0] for polygon in polygons])
        hither = _hither(half * kernel, bias, camera)
        places = (look.activation[frame] - shift) / unit
        near_side = hither(places)
        flat, near = seen(places, camera)
        for group in range(len(found)):
            member = found[group].members
            for this_side, clouds in zip((False, True), sides, strict=True):
                chosen = near_side[member] == this_side
                clouds[group](flat[member][chosen], near[member][chosen])
        if sheets:
            lines = look.grid_activation[frame][:, ::GRID_STEP]
            bent, inside = cut_at_walls((lines - shift) / unit)
            near_side = hither(bent)
            for this_side, sheet in zip((False, True), sheets, strict=True):
                sheet(bent, camera, inside & (near_side[:, 1:] == this_side))

    return show


def _view(axes: "Axes") -> None:
    """Limits that hold the cube from everywhere, with one scale for both directions."""
    box = np.array([axes.bbox.width, axes.bbox.height])
    wide, high = REACH * box / box.min()
    axes.set(xlim=(-wide, wide), ylim=(-high, high), xticks=[], yticks=[])


def _hither(kernel: Array, bias: Array, camera: Array) -> Any:
    """Says of places (…, 3) whether they lie on the camera's side of the only plane."""
    if len(bias) != 2:
        return lambda places: np.ones(places.shape[:-1], bool)
    normal, shift = kernel[:, 1] - kernel[:, 0], bias[1] - bias[0]
    largest = max(np.abs(normal).max(), abs(shift), 1e-30)  # or float32 could not hold them
    normal, shift = normal / largest, shift / largest
    eye = camera[:, 2] * 6  # the camera stands there; see NEARNESS
    sign = 1 if eye @ normal + shift >= 0 else -1
    normal = (sign * normal).astype(np.float32)
    return lambda places: places @ normal + np.float32(sign * shift) >= 0


def _cube(canvas: Canvas) -> Any:
    """The edges of the cube, those behind."""
    from matplotlib.collections import LineCollection

    pairs = [(i, j) for i in range(8) for j in range(i) if np.abs(CUBE[i] - CUBE[j]).sum() == 2]
    edges = LineCollection([], colors=canvas.theme.faint, linewidths=1.2, alpha=0.7, animated=True)
    edges.set_zorder(0)
    canvas.axes.add_collection(edges, autolim=False)

    def show(camera: Array) -> None:
        flat, near = seen(CUBE, camera)
        front = near.argmax()
        edges.set_segments([flat[[i, j]] for i, j in pairs if front not in (i, j)])

    return show


def _sheet(canvas: Canvas, zorder: int) -> Any:
    """The grid of the inputs, as far as it lies on one side of the plane."""
    from matplotlib.collections import LineCollection

    theme = canvas.theme
    lines = LineCollection([], linewidths=1.3, animated=True, zorder=zorder)
    canvas.axes.add_collection(lines, autolim=False)
    shades = [(*mixed(theme.faint, theme.panel, FOG * (1 - i / 7)), 0.85) for i in range(8)]

    def show(bent: Array, camera: Array, chosen: Array) -> None:
        """Steps of the lines (lines, points - 1) that are chosen, twelve in a piece at most."""
        flat, near = seen(bent, camera)
        pieces, depths = [], []
        for line, depth, here in zip(flat, near, chosen, strict=True):
            ends = np.flatnonzero(np.diff(here.astype(np.int8), prepend=0, append=0))
            for start, stop in ends.reshape(-1, 2):
                cut = range(start, stop, 12)
                pieces += [line[i : min(i + 12, stop) + 1] for i in cut]
                depths += [depth[i] for i in cut]
        level = np.clip((np.array(depths) + 1.2) / 2.4 * 8, 0, 7).astype(int)
        lines.set(segments=pieces, colors=[shades[i] for i in level])

    return show


def cut_at_walls(lines: Array) -> tuple[Array, Array]:
    """Lines (lines, points, 3) that end at the walls of the cube, and which steps are inside it.

    The points just outside move along their step to the wall; steps (lines, points - 1) with
    both ends outside are left out, though they may touch a corner.
    """
    inside: Array = np.all(np.abs(lines) <= 1, axis=2)
    if inside.all():
        return lines, inside[:, 1:]
    cut = lines.copy()
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:, 1:], np.s_[:, :-1])):
        leaves = inside[here] & ~inside[there]
        start, way = lines[here][leaves], (lines[there] - lines[here])[leaves]
        walls = np.full(way.shape, np.inf, way.dtype)
        share = np.divide(np.sign(way) - start, way, out=walls, where=way != 0).min(axis=1)
        cut[there][leaves] = start + share[:, None] * way
    return cut, inside[:, 1:] | inside[:, :-1]


def _planes(canvas: Canvas) -> Any:
    """The faces between classes, seen through."""
    from matplotlib.collections import PolyCollection

    axes, theme = canvas.axes, canvas.theme
    face = (*mixed(theme.ink, theme.panel, 0.35), 0.26)
    artist = PolyCollection([], facecolors=[face], edgecolors=theme.ink, linewidths=2.2)
    artist.set(animated=True, zorder=3)
    axes.add_collection(artist, autolim=False)
    axes.plot([], [], color=theme.ink, lw=3.5, label="boundary")
    return artist.set_verts


def fogged(canvas: Canvas, group: Group, size: float, zorder: int) -> Any:
    """The points of a group on one side of the plane, slab after slab towards the camera."""
    shares = [FOG * (1 - slab / (SLABS - 1)) for slab in range(SLABS)]
    drawn = [markers(canvas, group, size * (1 - 0.3 * fog), fog) for fog in shares]
    for slab, cloud in enumerate(drawn):
        for artist in cloud:
            artist.set_zorder(zorder + slab / SLABS)

    def show(flat: Array, near: Array) -> None:
        slabs = np.clip((near + 1.0) / 2.0 * SLABS, 0, SLABS - 1).astype(np.int8)
        for slab, cloud in enumerate(drawn):
            places = one_per_pixel(canvas.axes, flat[slabs == slab])
            for artist in cloud:
                artist.set_data(places[:, 0], places[:, 1])

    return show
