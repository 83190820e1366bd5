"""From where a morph is seen: a camera that holds everything, moves smoothly and never jumps.

It knows all frames of the film beforehand: how far things reach is taken over a while around
each frame and smoothed over the same while, so nothing leaves the picture in between.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnviz_cli.draw.geometry import seen, turned
from nnviz_cli.draw.morph.plan import Plan

Array = NDArray[Any]
WHILE, TILT = 0.3, 0.5  # seconds on either side of a frame: of the reach, of the camera's tilt
SOME = 600  # points by which the reach is found; those that reach farthest are among them
ELEVATION = 27.0  # degrees over the horizon, in three dimensions
AZIMUTH, SWAY, PERIOD = 32.0, 16.0, 14.0  # degrees around, to and fro, in seconds
NARROWEST = 0.05


@dataclass(frozen=True)
class Camera:
    """All arrays begin with the frames of the film."""

    depth: Array  # (frames,), 0: seen as on paper, 1: seen in space
    line: Array  # (frames,), 1: what is seen is a line
    true: Array  # (frames,), 1: the axes are units
    middle: Array  # (frames, 3), of the space that is seen
    half: Array  # (frames,)
    axes: Array  # (frames, 3, 3); see `turned`
    center: Array  # (frames, 2), on the picture
    reach: Array  # (frames, 2), half of what must be seen

    def normal(self, frame: int, places: Array) -> Array:
        """Places (…, 3) in a cube of half a side of 1."""
        middle = self.middle[frame].astype(places.dtype)
        normal: Array = (places - middle) / places.dtype.type(self.half[frame])
        return normal

    def shot(self, frame: int, places: Array) -> tuple[Array, Array]:
        """Places (…, 3) on the picture (…, 2), around 0; how near they are (…), at most 1."""
        flat, near = seen(self.normal(frame, places), self.axes[frame])
        depth = near.dtype.type(self.depth[frame])
        shifted: Array = flat - self.center[frame].astype(flat.dtype)
        return shifted, 1 - depth * (1 - near)


def camera(plan: Plan) -> Camera:
    """What holds all frames of a plan."""
    frames, span, tilt = plan.frames, round(WHILE * plan.fps), round(TILT * plan.fps)
    stages = [plan.at(frame)[0] for frame in range(frames)]
    depth, line, true = (
        _smooth(np.array([getattr(stage, name) for stage in stages], float), tilt).clip(0, 1)
        for name in ("deep", "line", "true")
    )
    some = [_some(plan, layer) for layer in range(len(plan.recording.facts.units))]
    places = [_places(plan, frame, some) for frame in range(frames)]
    middle, half = _hold(places, span)
    half = half.max(axis=1)
    seconds = np.arange(frames) / float(plan.fps)
    sway = AZIMUTH + SWAY * np.sin(2 * np.pi * seconds / PERIOD)
    axes = np.array(
        [
            turned(-90 - d * around, 90 - d * (90 - ELEVATION))
            for d, around in zip(depth, sway, strict=True)
        ]
    )
    flat = [seen((each - middle[i]) / half[i], axes[i])[0] for i, each in enumerate(places)]
    line *= (1 - depth) ** 2
    return Camera(depth, line, true, middle, half, axes, *_hold(flat, span))


def _some(plan: Plan, layer: int) -> Array:
    """A few of the points and of the grid, those that reach farthest among them (some, units)."""
    points, lattice = plan.points(layer), plan.lattice(layer)
    start = plan.points(0)
    chosen = {0, *range(0, len(points), max(1, len(points) // SOME))}
    for way in (start, start[:, ::-1] * [1, -1][: start.shape[1]]):
        along = way.sum(axis=1)
        chosen |= {int(along.argmin()), int(along.argmax())}
    some = lattice[:, ::11].reshape(-1, points.shape[1])
    return np.concatenate([points[sorted(chosen)], some]).astype(float)


def _places(plan: Plan, frame: int, some: list[Array]) -> Array:
    """Where those are seen, and the origin."""
    stage, t = plan.at(frame)
    where = stage.where(t)
    found = plan.places(where, some[where.layer - 1], some[where.layer])
    return np.concatenate([found, np.zeros((1, 3))])


def _hold(places: list[Array], span: int) -> tuple[Array, Array]:
    """A middle (frames, axes) and a half (frames, axes) that hold the places of each frame.

    Halves are smoothed as logarithms: a stretch by 20 is one even motion of the camera.
    """
    from scipy.ndimage import maximum_filter1d

    low, high = (np.array([end(each, axis=0) for each in places]) for end in (np.min, np.max))
    middle = np.stack([_smooth(each, span) for each in ((low + high) / 2).T], axis=1)
    half = np.maximum(np.maximum(high - middle, middle - low), NARROWEST)
    widest = maximum_filter1d(half, 2 * span + 1, axis=0, mode="nearest")
    smooth = np.stack([_smooth(each, span) for each in np.log(widest).T], axis=1)
    return middle, np.exp(smooth)


def _smooth(values: Array, span: int) -> Array:
    """The mean (frames,) over a while, by Hann's window."""
    window = np.hanning(2 * span + 3)[1:-1]
    padded = np.pad(values, span, mode="edge")
    smooth: Array = np.convolve(padded, window / window.sum(), "valid")
    return smooth
