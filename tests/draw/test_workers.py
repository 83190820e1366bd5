"""Drawing processes: frames in order, and what dies is replaced."""

import ctypes
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.picture import Picture
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.draw.workers import WATCH_INTERVAL, DrawingWorkers
from nnviz_cli.errors import DrawingError
from nnviz_cli.job import run as job
from nnviz_cli.job import showing
from nnviz_cli.job.experiment import Morph, check
from nnviz_cli.recording.recording import Recording
from tests.conftest import RINGS
from tests.deadly import Deadly

pytestmark = pytest.mark.process

ROWS = ((("input", {}), ("hidden", {})), (("loss", {}), ("loss", {})))
SIZE = (64, 48)
DIED = "a drawing process died (signal 9; out of memory?) and was replaced"


@pytest.fixture(scope="module")
def drawers():
    with DrawingWorkers(2, (320, 180)) as pool:
        yield pool


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_drawing_processes_give_the_frames_in_order_and_the_same_pixels(
    drawers, made_up, theme, tmp_path
):
    picture = Picture(tmp_path / "made_up.h5", ROWS, THEMES[theme], (320, 180))
    draw = compose(made_up, ROWS, THEMES[theme], (320, 180))
    order = [0, 3, 5, 1, 1, 4, 2]
    drawn = [pixels.copy() for pixels in drawers.frames(picture, order)]
    for frame, pixels in zip(order, drawn, strict=True):
        np.testing.assert_array_equal(pixels, draw(frame))


def test_drawing_can_be_left_in_the_middle(drawers, made_up, tmp_path):
    picture = Picture(tmp_path / "made_up.h5", ROWS, THEMES["light"], (320, 180))
    frames = drawers.frames(picture, range(6))
    next(frames)
    frames.close()
    (last,) = drawers.frames(picture, [5])
    np.testing.assert_array_equal(last, compose(made_up, ROWS, THEMES["light"], (320, 180))(5))


def test_what_a_drawing_process_cannot_draw_is_an_error(made_up, tmp_path):
    with DrawingWorkers(1, (320, 180)) as pool:
        picture = Picture(
            tmp_path / "made_up.h5", ((("nonsense", {}),),), THEMES["light"], (320, 180)
        )
        with pytest.raises(DrawingError, match="nonsense"):
            list(pool.frames(picture, [0]))


@dataclass(frozen=True)
class Threads:
    """A picture of the number of threads that BLAS uses in the process that draws it."""

    size: tuple[int, int] = SIZE
    cut: ClassVar[tuple[str, ...]] = ()

    def compose(self):
        return self

    def __call__(self, frame):
        return np.full((*self.size[::-1], 4), blas_threads(), np.uint8)


def blas_threads():
    (library,) = (Path(np.__file__).parents[1] / "numpy.libs").glob("libscipy_openblas*.so")
    return ctypes.CDLL(str(library)).scipy_openblas_get_num_threads64_()


@pytest.mark.skipif(
    not list((Path(np.__file__).parents[1] / "numpy.libs").glob("libscipy_openblas64*.so")),
    reason="NumPy was not built with this OpenBLAS",
)
def test_a_worker_computes_with_one_thread_and_the_environment_stays_as_it_was(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = os.environ.copy()
    threads = blas_threads()
    with DrawingWorkers(2, SIZE) as pool:
        pool._workers[0]._process.kill()  # its replacement, too
        drawn = {int(pixels[0, 0, 0]) for pixels in pool.frames(Threads(), range(4))}
    assert drawn == {1}
    assert os.environ == before
    assert blas_threads() == threads


def test_workers_that_threads_start_at_once_leave_the_environment_as_it_was():
    before = os.environ.copy()

    def start(_):
        with DrawingWorkers(3, SIZE):
            pass

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(start, range(4)))
    assert os.environ == before


def ids(pool):
    """The processes by their ids."""
    return [lane._process.pid for lane in pool._workers]


def replacement(pool, lane, within):
    """Wait until another process lives in a lane; whether it came within so many seconds."""
    old = ids(pool)[lane]
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if ids(pool)[lane] != old and pool._workers[lane]._process.is_alive():
            return True
        time.sleep(0.02)
    return False


def test_a_process_that_is_killed_while_it_draws_is_replaced_and_the_pixels_are_the_same(
    made_up, tmp_path
):
    picture = Picture(tmp_path / "made_up.h5", ROWS, THEMES["light"], (320, 180))
    order = [0, 1, 2, 3, 4, 5] * 10
    draw = compose(made_up, ROWS, THEMES["light"], (320, 180))
    wanted = [draw(frame).copy() for frame in range(6)]
    with DrawingWorkers(2, (320, 180)) as pool:
        processes = []
        for position, pixels in enumerate(pool.frames(picture, order)):
            np.testing.assert_array_equal(pixels, wanted[order[position]])
            if position in (3, 20, 21):
                processes.append(pool._workers[position % 2]._process)
                processes[-1].kill()
        assert position == len(order) - 1
        processes += [lane._process for lane in pool._workers]
        assert pool.deaths() == (DIED,)
        assert pool.deaths() == ()
    assert len({process.pid for process in processes}) == 5
    assert not any(process.is_alive() for process in processes)


def shades(pool, picture, frames):
    return [int(pixels[0, 0, 0]) // 10 for pixels in pool.frames(picture, frames)]


def test_a_frame_that_kills_its_process_once_is_drawn_by_another(tmp_path):
    with DrawingWorkers(2, SIZE) as pool:
        deadly = Deadly(SIZE, 4, 1, tmp_path / "count")
        assert shades(pool, deadly, range(9)) == list(range(9))
        assert pool.deaths() == (DIED,)


def test_a_frame_that_kills_its_process_twice_is_an_error_and_others_are_drawn_after_it(tmp_path):
    with DrawingWorkers(2, SIZE) as pool:
        deadly = Deadly(SIZE, 4, 9, tmp_path / "count")
        words = r"^frame 4 ended its drawing process twice \(signal 9; out of memory\?\)$"
        with pytest.raises(DrawingError, match=words):
            shades(pool, deadly, range(9))
        assert len((tmp_path / "count").read_text()) == 2
        assert shades(pool, deadly, [1, 2, 3]) == [1, 2, 3]


def test_a_process_that_dies_while_nothing_is_drawn_is_replaced_within_2_s(tmp_path):
    deadly = Deadly(SIZE, -1, 0, tmp_path / "count")
    with DrawingWorkers(2, SIZE) as pool:
        with pool.watched():
            pool.complete()  # the one that comes later is watched, too
            for lane in (0, 1):
                pool._workers[lane]._process.kill()
                assert replacement(pool, lane, 2)
        assert pool.deaths() == (DIED,)
        assert shades(pool, deadly, range(4)) == list(range(4))


def test_processes_that_always_die_are_not_replaced_for_ever(tmp_path):
    deadly = Deadly(SIZE, -1, 0, tmp_path / "count")
    with DrawingWorkers(2, SIZE) as pool, pool.watched():
        replaced = 0
        while pool._workers[0]._process.kill() or replacement(pool, 0, 4 * WATCH_INTERVAL):
            replaced += 1
        assert replaced == 2
    with DrawingWorkers(2, SIZE) as pool:
        assert shades(pool, deadly, range(4)) == list(range(4))


def test_processes_that_cannot_be_started_are_an_error(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(11, "Resource temporarily unavailable")

    with DrawingWorkers(2, SIZE) as pool:
        monkeypatch.setattr("multiprocessing.popen_spawn_posix.Popen._launch", full)
        pool._workers[0]._process.kill()
        with pytest.raises(DrawingError, match="cannot be started: Resource temporarily"):
            shades(pool, Deadly(SIZE, -1, 0, tmp_path / "count"), range(4))


# trainings ------------------------------------------------------------------------------


@pytest.fixture
def rings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rings.yaml").write_text(RINGS)
    return Path("rings.yaml")


def test_a_process_that_is_killed_in_a_training_is_replaced_before_it_ends(rings, monkeypatch):
    pools = []

    def started(*arguments):
        pools.append(DrawingWorkers(*arguments))
        return pools[0]

    def report(stage, done, *_):
        if (stage, done) == ("training", 1):  # and this frame takes long
            pools[0]._workers[0]._process.kill()
            assert replacement(pools[0], 0, 2)

    monkeypatch.setattr(job, "DrawingWorkers", started)
    experiments = [check(rings, ["view.size=160x120"], ["a.mp4"])]
    (result,) = job.run(experiments, report)
    assert (result.error, result.frames) == ("", 4)
    assert DIED in result.warnings
    assert DIED not in Path("a.mp4.json").read_text(), "the film does not depend on it"


@pytest.fixture
def undrawable(made_up, rings, monkeypatch):
    """A training that is made up, whose third frame kills what draws it."""

    def train(_, path):
        shutil.copyfile("made_up.h5", path)
        return Recording.open(path)

    deadly = Deadly((160, 120), 3, 9, Path("count").absolute())
    monkeypatch.setattr(job._Job, "_train", train)
    monkeypatch.setattr(showing, "Picture", lambda *_: deadly)
    settings = ["view.size=160x120", "model.layers=[2, 1]", f"frames={made_up.frames}"]
    return lambda *paths: job.run([check(rings, settings, paths)])


@pytest.mark.parametrize("path", ["a.mp4", "frames/"])
def test_the_numbers_of_a_training_that_cannot_be_drawn_are_kept(undrawable, path):
    (result,) = undrawable(path)
    kept = path.rstrip("/") + ".h5"
    assert result.error == (
        "frame 3 ended its drawing process twice (signal 9; out of memory?); "
        f"the numbers of the training are kept in {kept}"
    )
    left = sorted([kept, "count", "made_up.h5", "rings.yaml"])
    assert sorted(item.name for item in Path().iterdir()) == left
    assert Path(kept).read_bytes() == Path("made_up.h5").read_bytes(), "whole"


def test_numbers_that_an_output_keeps_already_are_not_kept_twice(undrawable):
    made, failed = undrawable("a.mp4", "run.h5")
    assert (made.path, made.error) == ("run.h5", "")
    assert failed.error.endswith("; the numbers of the training are kept in run.h5")
    assert not Path("a.mp4.h5").exists()


def test_the_numbers_of_a_morph_that_cannot_be_drawn_are_kept(rings, monkeypatch):
    deadly = Deadly((160, 120), 3, 9, Path("count").absolute())
    monkeypatch.setattr(showing, "MorphPicture", lambda *_: deadly)
    (result,) = job.run([check(rings, ["view.size=160x120"], ["m.mp4"], morph=Morph())])
    assert result.error.endswith("; the numbers of the training are kept in m.mp4.h5")
    assert Recording.open(Path("m.mp4.h5")).frames == 1
    Path("count").unlink()
    (result,) = job.run([check(Path("m.mp4.h5"), [], ["m.mp4"], morph=Morph(frame="last"))])
    assert "kept" not in result.error, "a morph of a recording loses nothing"
    assert "frame 3 ended its drawing process twice" in result.error
