"""The notebook's way, on today's Keras and matplotlib: what nnviz is measured against.

`model.fit` for each frame, one backend function called for the points and once for each of
the 42 grid lines, FuncAnimation for the film. Same points, frames and size as the config.
With `--train` only the training and the probes; frames that are drawn with `--draw` come
from a recording, so that drawing is timed alone.
"""

import argparse
import json
import time

import numpy as np


def rings():
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = np.concatenate([circle, 0.5 * circle]) + rng.normal(0, 0.005, (40_000, 2))
    return x.astype(np.float32), np.repeat([[1.0], [0.0]], 20_000, axis=0).astype(np.float32)


def grid():
    even, fine = np.linspace(-1.1, 1.1, 21), np.linspace(-1.1, 1.1, 100)
    upright = [np.stack([np.full(100, value), fine], axis=1) for value in even]
    return np.array(upright + [line[:, ::-1] for line in upright], np.float32)


def model():
    import keras

    net = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(3, activation="tanh"),
            keras.layers.Dense(2, activation="tanh"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    net.compile(keras.optimizers.SGD(1e-3), loss="mse", metrics=["accuracy"])
    return net, keras.Function(net.inputs, [net.layers[1].output])


def film(frames, size, path):
    import matplotlib

    matplotlib.use("agg")
    import imageio_ffmpeg
    import matplotlib.pyplot as plt
    from matplotlib.animation import FFMpegWriter, FuncAnimation

    matplotlib.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()
    x, y = rings()
    lines = grid()
    net, probe = model()
    outer = y[:, 0] == 1
    figure, axes = plt.subplots(figsize=(size[0] / 100, size[1] / 100), dpi=100)
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05))
    bent = [axes.plot([], [], color="grey", lw=0.5)[0] for _ in lines]
    (one,) = axes.plot([], [], "b.")
    (zero,) = axes.plot([], [], "r.")
    (line,) = axes.plot([], [], "k")
    spent = {"train": 0.0, "probe": 0.0}

    def show(frame):
        started = time.perf_counter()
        if frame:
            net.fit(x, y, batch_size=32, epochs=1, verbose=0)
        trained = time.perf_counter()
        places = np.asarray(probe([x])[0])
        for artist, points in zip(bent, lines, strict=True):
            artist.set_data(*np.asarray(probe([points])[0]).T)
        spent["train"] += trained - started
        spent["probe"] += time.perf_counter() - trained
        one.set_data(*places[outer].T)
        zero.set_data(*places[~outer].T)
        (a, b), c = net.layers[-1].kernel.numpy()[:, 0], net.layers[-1].bias.numpy()[0]
        ends = np.array([-1.05, 1.05])
        line.set_data(ends, -(a * ends + c) / b)
        return [*bent, one, zero, line]

    animation = FuncAnimation(figure, show, frames=frames, init_func=list, blit=True)
    animation.save(path, writer=FFMpegWriter(fps=20))
    return spent


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
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--out", default="notebook.mp4")
    options = parser.parse_args()
    if options.epochs:
        print(json.dumps(epochs(options.epochs)))
    else:
        width, height = map(int, options.size.split("x"))
        print(json.dumps(film(options.frames, (width, height), options.out)))
