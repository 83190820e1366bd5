"""ManimCE's best way with 40000 points: seconds a frame, on the frames of a recording.

Run by an interpreter that has manim and h5py: `manim_peer.py RECORDING WIDTHxHEIGHT`. Points
are a PMobject (squares of four pixels, without soft edges), the bent grid one VMobject.
"""

import json
import sys
import tempfile
import time

import h5py
import numpy as np
from manim import (
    BLUE,
    RED,
    WHITE,
    Group,
    Line,
    PMobject,
    Scene,
    UpdateFromAlphaFunc,
    VMobject,
    tempconfig,
)

FPS = 10


def in_space(points):
    """Places in Manim's space, whose height is 8."""
    return np.pad(3.8 * points.astype(float), ((0, 0), (0, 1)))


def scene_of(path):
    with h5py.File(path) as file:
        names = ("activation/2", "grid_activation/2", "kernel/3", "bias/3")
        places, lines, kernels, biases = (file[name][...] for name in names)
        outer = file["y"][:, 0] == 1

    class Film(Scene):
        def construct(self):
            one, zero = PMobject(stroke_width=4), PMobject(stroke_width=4)
            one.add_points(in_space(places[0][outer]), color=BLUE)
            zero.add_points(in_space(places[0][~outer]), color=RED)
            grid = VMobject(stroke_width=1, stroke_color=WHITE)
            boundary = Line(stroke_width=2)
            everything = Group(grid, one, zero, boundary)  # or Manim keeps what it drew at first
            self.add(everything)

            def show(_, alpha):
                frame = min(len(places) - 1, int(alpha * len(places)))
                one.points = in_space(places[frame][outer])
                zero.points = in_space(places[frame][~outer])
                grid.clear_points()
                for line in lines[frame]:
                    grid.start_new_path(in_space(line[:1])[0])
                    grid.add_points_as_corners(in_space(line[1:]))
                (a, b), c = kernels[frame][:, 0], biases[frame][0]
                ends = np.array([-1.05, 1.05])
                boundary.put_start_and_end_on(
                    *in_space(np.stack([ends, -(a * ends + c) / b], axis=1))
                )

            self.play(
                UpdateFromAlphaFunc(everything, show, rate_func=lambda t: t),
                run_time=len(places) / FPS,
            )

    return Film, len(places)


if __name__ == "__main__":
    width, height = map(int, sys.argv[2].split("x"))
    film, frames = scene_of(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "pixel_width": width,
            "pixel_height": height,
            "frame_rate": FPS,
            "frame_width": 8 * width / height,
            "media_dir": folder,
            "output_file": "film.mp4",
            "disable_caching": True,
            "verbosity": "ERROR",
            "progress_bar": "none",
        }
        with tempconfig(settings):
            scene = film()
            started = time.perf_counter()
            scene.render()
            print(json.dumps((time.perf_counter() - started) / frames))
