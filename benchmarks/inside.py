"""One stage of nnviz alone, for `bench.py`: each prints a line of JSON.

The ring film throughout. Nothing here is a way to use nnviz: it opens the stages that
`nnviz render` runs one after the other.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CONFIGS = Path(__file__).parent.parent / "configs"
RING = CONFIGS / "ring_1-3-2-1.yaml"
LAYOUT = ((("input", {}), ("hidden", {})), (("loss", {}), ("loss", {})))  # the default one
FINER = 4  # times, for the picture with every point at its exact place
PANELS = {  # what is drawn alone, of which film of configs/gallery
    "hidden, 1 unit, 3 classes": ("hidden-line", "hidden"),
    "hidden, 2 units, 5 classes": ("hidden-plane", "hidden"),
    "hidden, 3 units": ("hidden-space", "hidden"),
    "hidden, 16 units, 3 classes": ("hidden-wide", "hidden"),
    "input, 2 classes": ("input", "input"),
    "input, 5 classes": ("hidden-plane", "input"),
    "fit with points, 6 ghosts, residual": ("fit", "fit"),
    "loss with metrics, held out": ("loss", "loss"),
    "units, 10 of them": ("units", "units"),
    "network, 2-4-3-1": ("network", "network"),
    "weights, 3 layers": ("weights", "weights"),
    "boundary-history": ("boundary-history", "boundary-history"),
}


def epochs(count: str) -> list[float]:
    """Seconds of each epoch and its probes, after a first one that compiles."""
    run = _tensorflow(lambda spec, record: record.prepare(spec))
    seconds = []
    for i in range(int(count) + 1):
        started = time.perf_counter()
        run.steps.run_to((i + 1) * run.steps.per_epoch)
        run.probe()
        seconds.append(time.perf_counter() - started)
    return seconds[1:]


def record(path: str) -> None:
    """The ring film's recording."""
    _tensorflow(lambda spec, record: record.record(spec, Path(path)))


def points(recording: str, size: str) -> dict[str, float]:
    """Milliseconds to put 40000 points on a blitted canvas, and how good the pictures are.

    `plain` hands all of them to `ax.plot(marker='.')`; `ours` one a pixel to discs of the
    same size without an edge, as our panels do; `frame` is all of our frame. The pictures
    are compared (PSNR in dB) with one drawn four times finer and averaged, because neither
    way puts points at exact places.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from nnviz_cli.draw.learning_film import compose
    from nnviz_cli.draw.points import one_per_pixel
    from nnviz_cli.draw.theme import THEMES
    from nnviz_cli.recording.recording import Recording

    kept = Recording.open(Path(recording))
    outer = kept.y[:, 0] == 1
    width, height = _size(size)

    def clouds(choose, look, finer=1):
        figure = Figure(figsize=(width / 100, height / 100), dpi=100 * finer)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05))
        blue, red = (axes.plot([], [], c=c, ls="", animated=True, **look)[0] for c in "br")
        canvas.draw()
        still = canvas.copy_from_bbox(figure.bbox)

        def draw(frame):
            canvas.restore_region(still)
            places = kept.probed.activation[frame]
            for artist, member in ((blue, outer), (red, ~outer)):
                artist.set_data(*choose(axes, places[member]).T)
                axes.draw_artist(artist)
            return np.asarray(canvas.buffer_rgba())

        return draw

    dots = {"marker": "."}  # 3 points wide, and an edge of 1
    ways = {
        "plain": clouds(lambda _, places: places, dots),
        "ours": clouds(one_per_pixel, {"marker": "o", "ms": 4, "mew": 0}),
        "frame": compose(kept, LAYOUT, THEMES["light"], (width, height)),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for frame in range(kept.frames):
        for name, draw in ways.items():
            started = time.perf_counter()
            draw(frame)
            spent[name].append(1e3 * (time.perf_counter() - started))
    told = {name: statistics.median(values) for name, values in spent.items()}
    exact = clouds(lambda _, places: places, dots, FINER)
    seen = range(0, kept.frames, kept.frames // 10 or 1)
    wrong: dict[str, list[float]] = {"plain to exact": [], "ours to exact": [], "ours to plain": []}
    for frame in seen:
        fine = exact(frame)[..., :3].reshape(height, FINER, width, FINER, 3).mean(axis=(1, 3))
        plain, ours = (ways[name](frame)[..., :3].astype(float) for name in ("plain", "ours"))
        for name, a, b in zip(wrong, (plain, ours, ours), (fine, fine, plain), strict=True):
            wrong[name].append(float(np.mean((a - b) ** 2)))
    return told | {name: _psnr(values) for name, values in wrong.items()}


def film(recording: str, size: str, out: str, processes: str = "0") -> dict[str, float]:
    """Seconds a frame to draw a recording into a film, and to draw it only.

    The drawing processes have been started, as they have when training ends.
    """
    from nnviz_cli.draw.picture import Picture
    from nnviz_cli.draw.theme import THEMES
    from nnviz_cli.draw.workers import DrawingWorkers, cores
    from nnviz_cli.film.film import Film
    from nnviz_cli.film.settings import FilmSettings
    from nnviz_cli.recording.recording import Recording

    frames = Recording.open(Path(recording)).frames
    picture = Picture(Path(recording), LAYOUT, THEMES["light"], _size(size))
    with DrawingWorkers(int(processes) or cores(), picture.size) as drawers:
        for _ in drawers.frames(picture, range(4)):
            """Until every process is there."""
        started = time.perf_counter()
        with Film(out, FilmSettings(size=picture.size, fps=20, frames=frames)) as writer:
            for pixels in drawers.frames(picture, range(frames)):
                writer.write(pixels)
        filmed = time.perf_counter()
        for _ in drawers.frames(picture, range(frames)):
            """Draw only."""
        drawn = time.perf_counter()
    return {"film": (filmed - started) / frames, "draw": (drawn - filmed) / frames}


def raw(recording: str, size: str, out: str) -> None:
    """The frames of our film as raw RGBA, for an encoder on its own."""
    from nnviz_cli.draw.learning_film import compose
    from nnviz_cli.draw.theme import THEMES
    from nnviz_cli.recording.recording import Recording

    kept = Recording.open(Path(recording))
    draw = compose(kept, LAYOUT, THEMES["light"], _size(size))
    with Path(out).open("wb") as file:
        for frame in range(kept.frames):
            file.write(draw(frame).data)


def panels(*sizes: str) -> dict[str, list[float]]:
    """Milliseconds of a frame that shows one panel alone, in each size."""
    from nnviz_cli.draw.learning_film import compose
    from nnviz_cli.draw.theme import THEMES
    from nnviz_cli.recording.recording import Recording

    told: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for label, (film, name) in PANELS.items():
            path = Path(folder, f"{label}.h5")
            spec = _tensorflow(
                lambda spec, record, path=path: record.record(spec, path) and spec,
                CONFIGS / "gallery" / f"{film}.yaml",
            )
            kept = Recording.open(path)
            cell = next(cell for row in spec.rows for cell in row if cell[0] == name)
            told[label] = []
            for size in sizes:
                draw = compose(kept, ((cell,),), THEMES["light"], _size(size))
                draw(0)
                spent = []
                for frame in range(kept.frames):
                    started = time.perf_counter()
                    draw(frame)
                    spent.append(1e3 * (time.perf_counter() - started))
                told[label].append(statistics.median(spent))
    return told


def _tensorflow(use, path=RING):
    """Call with a spec and the training module, TensorFlow kept silent."""
    from nnviz_cli.command.process import training_process
    from nnviz_cli.spec.load import load
    from nnviz_cli.spec.yaml_reader import read_file

    spec = load(read_file(path))
    with training_process():
        from nnviz_cli.train import record

        return use(spec, record)


def _size(text: str) -> tuple[int, int]:
    width, height = map(int, text.split("x"))
    return width, height


def _psnr(squares: list[float]) -> float:
    return float(10 * np.log10(255**2 / max(statistics.mean(squares), 1e-9)))


STAGES = {stage.__name__: stage for stage in (epochs, record, points, film, raw, panels)}

if __name__ == "__main__":  # drawing processes import this file again
    print(json.dumps(STAGES[sys.argv[1]](*sys.argv[2:])))
