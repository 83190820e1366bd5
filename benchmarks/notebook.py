"""The notebook's way, on today's Keras and matplotlib: what nnviz is measured against.

`model.fit` for each frame, a backend function called for the points and once for each of
the 42 grid lines, FuncAnimation for the film. Same points, frames and size as the configs.
With `--epochs` only training and probes; with `--recording` only drawing and encoding.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np


def rings():
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = np.concatenate([circle, 0.5 * circle]) + rng.normal(0, 0.005, (40_000, 2))
    return x.astype(np.float32), np.repeat([[1.0], [0.0]], 20_000, axis=0).astype(np.float32)


def grid():
    even, fine = np.linspace(-1, 1, 21), np.linspace(-1, 1, 100)
    upright = [np.stack([np.full(100, value), fine], axis=1) for value in even]
    return np.array(upright + [line[:, ::-1] for line in upright], np.float32)


def curve():
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (4000, 1))
    y = np.polyval([1, 0, -3, 1, 1], x)
    return x.astype(np.float32), y.astype(np.float32)


def model(widths=(3, 2, 1), inputs=2):
    import keras

    task = {"sgd": keras.optimizers.SGD(1e-3), "last": "sigmoid", "metrics": ["accuracy"]}
    if inputs == 1:
        task = {"sgd": keras.optimizers.SGD(1e-2), "last": "linear", "metrics": None}
    last = len(widths) - 1
    net = keras.Sequential([keras.Input((inputs,))])
    for i, units in enumerate(widths):
        net.add(keras.layers.Dense(units, activation=task["last"] if i == last else "tanh"))
    net.compile(task["sgd"], loss="mse", metrics=task["metrics"])
    return net, keras.Function(net.inputs, [net.layers[-2].output])


def blank(size, **limits):
    """Axes, and the module that is needed to save an animation of them."""
    import matplotlib

    matplotlib.use("agg")
    import imageio_ffmpeg
    import matplotlib.pyplot as plt

    matplotlib.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()
    figure, axes = plt.subplots(figsize=(size[0] / 100, size[1] / 100), dpi=100)
    axes.set(**limits)
    return figure, axes


def save(figure, show, frames, path):
    """Seconds a frame."""
    from matplotlib.animation import FFMpegWriter, FuncAnimation

    started = time.perf_counter()
    animation = FuncAnimation(figure, show, frames=frames, init_func=list, blit=True)
    animation.save(path, writer=FFMpegWriter(fps=20))
    return (time.perf_counter() - started) / frames


def ring_film(frames, size, path, widths):
    x, y = rings()
    lines = grid()
    net, probe = model(widths)

    def seen(frame):
        if frame:
            net.fit(x, y, batch_size=32, epochs=1, verbose=0)
        bent = [np.asarray(probe([points])[0]) for points in lines]
        kernel, bias = net.layers[-1].kernel.numpy(), net.layers[-1].bias.numpy()
        return np.asarray(probe([x])[0]), bent, kernel, bias

    return plane(frames, size, path, y[:, 0] == 1, seen)


def recorded(size, path, recording):
    """A film from a recording's file: drawing and encoding alone."""
    from nnviz_cli.recording.recording import Recording

    run = Recording.open(Path(recording))
    look = run.looks[2]
    bent = np.array(list(look.grid_activation))
    arrays = [np.asarray(look.activation), bent, run.kernels[3], run.biases[3]]
    outer = run.y[:, 0] == 1
    return plane(len(arrays[0]), size, path, outer, lambda frame: [each[frame] for each in arrays])


def plane(frames, size, path, outer, seen):
    """Two clouds, the bent grid and the boundary in the plane of two units."""
    figure, axes = blank(size, xlim=(-1.05, 1.05), ylim=(-1.05, 1.05))
    bent = [axes.plot([], [], color="grey", lw=0.5)[0] for _ in range(42)]
    (one,) = axes.plot([], [], "b.")
    (zero,) = axes.plot([], [], "r.")
    (line,) = axes.plot([], [], "k")

    def show(frame):
        places, lines, kernel, bias = seen(frame)
        for artist, points in zip(bent, lines, strict=True):
            artist.set_data(*points.T)
        one.set_data(*places[outer].T)
        zero.set_data(*places[~outer].T)
        (a, b), c = kernel[:, 0], bias[0]
        ends = np.array([-1.05, 1.05])
        line.set_data(ends, -(a * ends + c) / b)
        return [*bent, one, zero, line]

    return save(figure, show, frames, path)


def curve_film(frames, size, path, widths):
    x, y = curve()
    even = np.linspace(-2, 2, 400, dtype=np.float32)[:, None]
    net, _ = model(widths, inputs=1)
    figure, axes = blank(size, xlim=(-2, 2), ylim=(y.min() - 0.5, y.max() + 0.5))
    axes.plot(x, y, "b.")
    (answer,) = axes.plot([], [], "r")

    def show(frame):
        if frame:
            net.fit(x, y, batch_size=32, epochs=1, verbose=0)
        answer.set_data(even[:, 0], np.asarray(net(even))[:, 0])
        return [answer]

    return save(figure, show, frames, path)


def epochs(count):
    """Seconds of each epoch by `fit`, and of its 43 probe calls; the first is warm-up."""
    x, y = rings()
    lines = grid()
    net, probe = model()
    seconds = []
    for _ in range(count + 1):
        started = time.perf_counter()
        net.fit(x, y, batch_size=32, epochs=1, verbose=0)
        for points in (x, *lines):
            probe([points])
        seconds.append(time.perf_counter() - started)
    return seconds[1:]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", default="ring_1-3-2-1", help="of a config")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--recording")
    parser.add_argument("--out", default="notebook.mp4")
    options = parser.parse_args()
    size = tuple(map(int, options.size.split("x")))
    kind, _, layers = options.name.partition("_")
    widths = [int(units) for units in layers.split("-")[1:]]
    if options.epochs:
        told = epochs(options.epochs)
    elif options.recording:
        told = recorded(size, options.out, options.recording)
    else:
        film = {"ring": ring_film, "poly": curve_film}[kind]
        told = film(options.frames, size, options.out, widths)
    print(json.dumps(told))
