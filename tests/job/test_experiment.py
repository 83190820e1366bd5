"""From a spec to whole films, with everything that travels along."""

import html
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnviz_cli.errors import SpecError
from nnviz_cli.film.ffmpeg import ffmpeg
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.job.experiment import check, check_together, with_max_size
from nnviz_cli.job.provenance import is_current, style
from nnviz_cli.job.run import run
from nnviz_cli.job.verify import verify
from tests.conftest import CURVE, RINGS

ROWS = ((("input", {}), ("hidden", {})), (("loss", {}), ("loss", {})))
SMALL = ["view.size=160x90"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of its own to write into, with two small specs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rings.yaml").write_text(RINGS)
    (tmp_path / "curve.yaml").write_text(CURVE)
    return tmp_path


def count_frames(path):
    command = [ffmpeg(), "-v", "error", "-i", path, "-f", "framecrc", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sum(not line.startswith("#") for line in said.splitlines())


# films ----------------------------------------------------------------------------------


@pytest.mark.process
def test_one_training_writes_every_format(here):
    paths = [f"out/film{suffix}" for suffix in FORMATS if suffix != "/"] + ["out/frames/"]
    experiment = check(Path("rings.yaml"), SMALL, paths)
    stages = []
    results = list(run([experiment], lambda stage, *_: stages.append(stage)))
    assert {result.path for result in results} == set(paths)
    assert stages.count("training") == 4, "trained once"
    for result in results:
        assert not result.error
        assert result.bytes > 0
        assert result.frames == (1 if result.path.endswith(".png") else 4)
        assert Path(result.path.rstrip("/") + ".json").is_file()
    assert count_frames("out/film.mp4") == 4
    assert len(list(Path("out/frames").iterdir())) == 4
    with Image.open("out/film.png") as still, Image.open("out/frames/frame_0003.png") as last:
        np.testing.assert_array_equal(np.asarray(still), np.asarray(last))


@pytest.mark.process
def test_the_sidecar_holds_spec_seed_and_versions_and_makes_the_film_again(here):
    experiment = check(Path("curve.yaml"), [*SMALL, "seed=3"], ["a.mp4"])
    list(run([experiment]))
    kept = json.loads(Path("a.mp4.json").read_text())
    assert kept["seed"] == 3
    assert kept["frames"] == 4
    assert set(kept["versions"]) >= {"nnviz", "tensorflow", "keras", "numpy", "python"}
    Path("again.yaml").write_text(json.dumps(kept["spec"]))
    list(run([check(Path("again.yaml"), [], ["b.mp4"])]))
    assert Path("a.mp4").read_bytes() == Path("b.mp4").read_bytes()


@pytest.mark.process
def test_a_name_of_255_bytes_has_a_sidecar_of_its_own(here):
    names = [f"{'é' * 125}{end}.gif" for end in "ab"]  # 255 bytes, alike but for the last letter
    results = list(run([check(Path("rings.yaml"), SMALL, names)]))
    assert [result.error for result in results] == ["", ""]
    told = {json.loads(path.read_text())["film"] for path in here.glob("*.json")}
    assert told == set(names)
    experiment = check(Path("rings.yaml"), SMALL, names)
    assert all(is_current(experiment, target) for target in experiment.targets)


@pytest.mark.process
def test_outputs_may_look_different(here):
    item = "outputs=[{path: a.png, theme: dark, size: 64x36, frame: 0}, {path: b.mp4}]"
    experiment = check(Path("curve.yaml"), [*SMALL, item])
    list(run([experiment]))
    with Image.open("a.png") as picture:
        assert picture.size == (64, 36)
        assert picture.getpixel((0, 0)) == (15, 18, 24)
    assert count_frames("b.mp4") == 4


@pytest.mark.process
def test_pictures_of_a_film_and_its_words_come_from_the_run(here):
    outputs = (
        "outputs=[{path: a.png, frame: key}, {path: s.png, sheet: 2x2, size: 64x36}, "
        "{path: a.html}, {path: a.mp4}]"
    )
    experiment = check(Path("rings.yaml"), [*SMALL, "view.theme=dark", "frames=3", outputs])
    results = {result.path: result for result in run([experiment])}
    with Image.open("a.png") as poster:
        assert poster.size == (160, 90)
        shown = re.match(r"Frame (\d) of a film of a neural network", poster.info["Description"])
    assert shown is not None
    assert 1 <= int(shown[1]) < 3
    with Image.open("s.png") as sheet:
        assert sheet.size == (134, 78)  # two columns and rows, with a gap of 2 around each
        assert sheet.getpixel((66, 20)) == (15, 18, 24)
    assert results["s.png"].alt.startswith("3 frames of a film of a neural network")
    page = Path("a.html").read_text()
    assert page.count("base64,") == 2
    assert 'poster="data:image/jpeg;base64,' in page
    told = json.loads(Path("a.mp4.json").read_text())
    assert told["alt"] == results["a.mp4"].alt
    assert told["alt"].startswith("A film of a neural network with layers of 2-3-2-1 units")
    assert html.escape(told["alt"]) in page
    tags = subprocess.run(
        [ffmpeg(), "-v", "error", "-i", "a.mp4", "-f", "ffmetadata", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"description={told['alt']}".replace(";", "\\;") in tags


@pytest.mark.process
def test_a_gif_is_made_smaller_until_it_fits_and_tells_what_it_gave_up(here):
    moved = ["view.size=512x288", "frames=6"]
    item = "outputs=[{path: a.gif}, {path: b.gif, max_size: 18kB}]"
    experiment = check(Path("curve.yaml"), [*moved, "description=A curve bends.", item])
    results = {result.path: result for result in run([experiment])}
    before, after = results["a.gif"], results["b.gif"]
    assert (before.shrunk, before.alt, after.alt) == ("", "A curve bends.", "A curve bends.")
    assert before.bytes > 18_000 >= after.bytes == Path("b.gif").stat().st_size
    assert after.shrunk.startswith("10 frames per second instead of 20")
    told = json.loads(Path("b.gif.json").read_text())
    assert told["shrunk"] == after.shrunk
    assert (told["fps"], told["frames"], count_frames("b.gif")) == ("10", 3, 3)
    assert verify("b.gif").text == "identical"


@pytest.mark.process
def test_a_gif_that_cannot_be_small_enough_leaves_none(here):
    item = "outputs=[{path: a.gif, max_size: 100}, {path: a.png, theme: paper}]"
    results = list(run([check(Path("curve.yaml"), [*SMALL, item])]))
    (result,) = (result for result in results if result.error)
    assert re.fullmatch(r"a.gif takes \d+ kB with 10 frames .*; the maximum is .*", result.error)
    assert sorted(item.name for item in here.glob("a.*")) == ["a.png", "a.png.json"]


def test_a_sheet_is_no_larger_than_a_film_may_be(here):
    wide = ["frames=9", "outputs=[{path: a.png, sheet: 9x1, size: 640x360}]"]
    with pytest.raises(SpecError, match="a sheet of 5880x384 pixels is larger than 4096"):
        check(Path("rings.yaml"), wide)
    assert check(Path("rings.yaml"), wide, large=True).targets[0].sheet == (9, 1)
    assert check(Path("rings.yaml"), ["frames=4", wide[1]]).targets[0].size == (640, 360)


def test_a_size_on_the_command_line_is_for_what_can_be_made_smaller(here):
    experiment = with_max_size(check(Path("rings.yaml"), SMALL, ["a.mp4", "a.gif"]), 5000)
    assert [target.max_size for target in experiment.targets] == [None, 5000]
    with pytest.raises(SpecError, match=r"--max-size: max_size is for .*, not for a.mp4"):
        with_max_size(check(Path("rings.yaml"), SMALL, ["a.mp4"]), 5000)


@pytest.mark.process
def test_a_film_that_is_up_to_date_is_kept_and_any_change_makes_it_anew(here):
    def made(*assignments):
        experiment = check(Path("curve.yaml"), [*SMALL, *assignments], ["a.mp4"])
        return [not result.skipped for result in run([experiment], skip_existing=True)]

    assert made() == [True]
    assert made() == [False]
    assert made("seed=1") == [True]
    assert made("seed=1", "view.theme=dark") == [True]
    assert made("seed=1", "view.theme=dark") == [False]
    Path("a.mp4").write_bytes(b"torn")
    assert made("seed=1", "view.theme=dark") == [True]
    Path("a.mp4.json").write_text("{torn")
    assert made("seed=1", "view.theme=dark") == [True]


@pytest.mark.process
def test_a_render_that_fails_is_told_and_the_others_go_on(here, monkeypatch):
    bad = RINGS.replace(
        "[3, 2, 1]", "[3, {units: 2, kernel_initializer: {name: variance_scaling, mode: x}}, 1]"
    )
    Path("bad.yaml").write_text(bad)
    experiments = [check(Path(name), SMALL, ["{name}.mp4"]) for name in ("bad.yaml", "curve.yaml")]
    first, second = run(experiments)
    assert "Keras could not train this model" in first.error
    assert not second.error
    assert sorted(item.name for item in here.glob("*.mp4*")) == ["curve.mp4", "curve.mp4.json"]


@pytest.mark.process
def test_frames_are_drawn_from_the_whole_film_so_limits_do_not_depend_on_the_output(here):
    experiment = check(Path("rings.yaml"), SMALL, ["a.png", "frames/"])
    list(run([experiment]))
    with Image.open("a.png") as still, Image.open("frames/frame_0003.png") as last:
        np.testing.assert_array_equal(np.asarray(still), np.asarray(last))


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (["a.mp4", "./a.mp4"], "both write './a.mp4'"),
        (["a.xyz"], "unknown film format '.xyz'"),
        (["rings.yaml"], "unknown film format '.yaml'"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_anything_is_made(here, outputs, message):
    with pytest.raises(SpecError, match=message):
        check_together([check(Path("rings.yaml"), SMALL, outputs)])
    assert sorted(item.name for item in here.iterdir()) == ["curve.yaml", "rings.yaml"]


def test_two_specs_may_not_write_one_film(here):
    experiments = [check(Path(name), [], ["film.mp4"]) for name in ("rings.yaml", "curve.yaml")]
    with pytest.raises(SpecError, match=r"rings.yaml and curve.yaml both write 'film.mp4'"):
        check_together(experiments)


def test_outputs_in_the_spec_are_told_with_their_place(here):
    Path("rings.yaml").write_text(
        RINGS + "outputs: [a.mp4, {path: b.png, frame: 9}]\nview: {fps: 60}\n"
    )
    with pytest.raises(SpecError) as caught:
        check(Path("rings.yaml"))
    assert str(caught.value).startswith("rings.yaml:6:39: there is no frame 9 in a film of 4")
    Path("rings.yaml").write_text(RINGS + "outputs: [a.gif]\nview: {fps: 60}\n")
    with pytest.raises(
        SpecError,
        match=r"rings.yaml:6:11: a.gif: 60 frames per second is more than this format supports",
    ):
        check(Path("rings.yaml"))


def test_placeholders_in_a_path_are_filled_in(here):
    outputs = [
        "{name}-{seed}-{frames}-{size}.mp4",
        {"path": "{size}/{seed}{seed}.png", "size": "64x36"},
        {"path": "{size}.png", "sheet": "2x2"},
        "{seed}.h5",
    ]
    set_to = ["seed=7", "view.size=1280x720"]
    experiment = check(Path("rings.yaml"), set_to, outputs)
    assert experiment.paths == (*("7.h5", "rings-7-4-1280x720.mp4", "64x36/77.png", "640x360.png"),)
    experiment = check(Path("rings.yaml"), set_to, outputs, height=360)
    assert experiment.paths[1:] == ("rings-7-4-640x360.mp4", "640x360/77.png", "640x360.png")
    Path("odd {name}.yaml").write_text(RINGS)
    assert check(Path("odd {name}.yaml"), [], ["{name}.mp4"]).paths == ("odd {name}.mp4",)


def test_a_recording_may_be_compact_and_is_then_another_file(here):
    outputs = [{"path": "a.h5", "compact": True}, {"path": "b.h5", "compact": False}, "c.h5"]
    experiment = check(Path("rings.yaml"), [], outputs)
    assert [each.compact for each in experiment.recordings] == [True, False, False]
    looks = [style(each) for each in experiment.recordings]
    assert looks[0] != looks[1] == looks[2]
    for wrong in ({"frame": 1}, {"size": (64, 36)}):
        with pytest.raises(SpecError, match=rf"it has no {next(iter(wrong))}"):
            check(Path("rings.yaml"), [], [{"path": "a.h5", "compact": True, **wrong}])
    with pytest.raises(SpecError, match=r"compact is for .h5, not for a.gif"):
        check(Path("rings.yaml"), [], [{"path": "a.gif", "compact": True}])


def test_quality_keeps_the_proportions(here):
    experiment = check(Path("rings.yaml"), ["view.size=640x480"], height=360)
    assert experiment.targets[0].size == (480, 360)
    assert not is_current(experiment, experiment.targets[0])


@pytest.mark.process
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_render_leaves_nothing_and_says_so(here, number, status):
    command = [
        sys.executable,
        "-m",
        "nnviz_cli",
        "render",
        "rings.yaml",
        "-o",
        "out/a.mp4",
        "--frames",
        "2000",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(here.glob("out/.a.mp4.*.part")) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    time.sleep(0.3)  # in the middle of drawing
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status
    assert out == ""
    assert err.splitlines()[-1] == "interrupted: nothing was written"
    assert list(here.glob("out/*")) == list(here.glob("out/.*")) == []


@pytest.mark.process
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_before_the_render_begins_is_told_too(here, number, status):
    code = f"""
import os, sys
from nnviz_cli import signals
from nnviz_cli.command import app, films
signals.listen()
films.check_all = lambda *_, **__: os.kill(os.getpid(), {int(number)})
sys.argv = ["nnviz", "render", "rings.yaml"]
app.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr == "interrupted: nothing was written\n"
