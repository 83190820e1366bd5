"""A recording is drawn by the same code as a training, without TensorFlow."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nnviz_cli.errors import SpecError
from nnviz_cli.job.experiment import Morph, check
from nnviz_cli.job.info import described
from nnviz_cli.job.run import run
from nnviz_cli.job.source import check_replaced
from nnviz_cli.job.verify import verify
from nnviz_cli.recording.recording import Recording
from tests.conftest import RINGS

pytestmark = pytest.mark.process

SMALL = "view.size=320x180"
WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None  # an import of them fails
from nnviz_cli.command.app import main
main()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a spec, its film, its recording and a compact one."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "rings.yaml").write_text(RINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        outputs = ["a.mp4", "run.h5", {"path": "small.h5", "compact": True}]
        results = list(run([check(Path("rings.yaml"), [SMALL], outputs)]))
    assert [result.error for result in results] == ["", "", ""]
    return folder


@pytest.fixture
def here(made, monkeypatch):
    monkeypatch.chdir(made)


def test_a_film_of_a_recording_has_the_bytes_of_the_film_of_its_training(here):
    (result,) = run([check(Path("run.h5"), [], ["b.mp4"])])
    assert result.error == ""
    assert Path("b.mp4").read_bytes() == Path("a.mp4").read_bytes()
    assert verify("b.mp4").text == "identical"


@pytest.mark.parametrize("source", ["run.h5", "small.h5"])
def test_any_view_is_drawn_where_tensorflow_cannot_be_imported(here, source):
    panels = "[[input, network], [units, weights]]"
    words = ["draw", source, "--panels", panels, "--theme", "paper", "-o", "c.mp4", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert result["path"] == "c.mp4"
    assert result["frames"] == 4
    assert set(result["metrics"]) == {"loss", "accuracy"}
    assert "the network" in result["alt"]


def test_what_a_training_fixed_cannot_be_changed(here):
    for setting in ("seed=3", "training.learning_rate=1", "dataset.points=9", "probe=0"):
        with pytest.raises(SpecError, match="cannot be changed in a recording"):
            check(Path("run.h5"), [setting])
    drawn = check(Path("run.h5"), ["title=Other", "view.theme=dark"])
    assert (drawn.spec.title, drawn.targets[0].path) == ("Other", "run.mp4")


def test_a_sidecar_is_the_spec_that_it_holds_and_a_film_says_so(here):
    again = check(Path("a.mp4.json"), [], ["d.png"])
    assert again.name == "a"
    assert again.spec.model_dump() | {"outputs": ()} == check(
        Path("rings.yaml"), [SMALL]
    ).spec.model_dump() | {"outputs": ()}
    with pytest.raises(SpecError, match=r"pass a\.mp4\.json"):
        check(Path("a.mp4"))


def test_a_morph_has_captions_chapters_and_sheets(here):
    outputs = ["m.mp4", {"path": "m.png", "sheet": "3x2"}, "m.gif"]
    experiment = check(Path("run.h5"), ["view.fps=5"], outputs, morph=Morph(frame="key"))
    results = {result.path: result for result in run([experiment])}
    assert {result.error for result in results.values()} == {""}
    track = Path("m.vtt").read_text()
    assert "the plane of the inputs" in track
    assert results["m.png"].alt.startswith("6 frames of a film of how a neural network")
    for path in outputs:
        assert verify(path if isinstance(path, str) else path["path"]).text == "identical"


def test_a_recording_of_another_spec_is_not_replaced(here):
    spec = check(Path("rings.yaml"), [SMALL]).spec
    check_replaced(spec, ["run.h5", "small.h5", "missing.h5"])
    other = check(Path("rings.yaml"), [SMALL, "seed=1"]).spec
    with pytest.raises(SpecError, match="a recording of another spec"):
        check_replaced(other, ["run.h5"])


def test_a_recording_is_described(here):
    values = described(Recording.open(Path("small.h5")))
    assert values["units"] == [2, 3, 2, 1]
    assert (values["frames"], values["epochs"], values["compact"]) == (4, 3.0, True)
    assert values["metrics"]["loss"]["best"] <= values["metrics"]["loss"]["first"]
    assert "input" in values["panels"]
    assert "fit" not in values["panels"]
    assert Path("small.h5").stat().st_size < Path("run.h5").stat().st_size / 2
