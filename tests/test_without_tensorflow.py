"""Drawing, checking and reading recordings need no TensorFlow; training says what to install."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from nnviz_cli import versions
from tests.conftest import RINGS

ROOT = Path(__file__).parent.parent
STUB = "raise ImportError('DLL load failed\\nwhile importing')\n"
INSTALL = "install it: pip install tensorflow, or the smaller tensorflow-cpu"
# a module that says it is not there, or one that is broken
KINDS = {
    "missing": (
        "raise ModuleNotFoundError(\"No module named 'tensorflow'\")\n",
        "No module named 'tensorflow'",
    ),
    "broken": (STUB, "DLL load failed"),
}


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A recording that was made where there is TensorFlow."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "rings.yaml").write_text(
        RINGS + "view: {panels: [[input, hidden, units], [loss, network, weights]]}\n"
    )
    command = [sys.executable, "-m", "nnviz_cli", "render", "rings.yaml", "-o", "run.h5", "--quiet"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "run.h5"


@pytest.fixture
def nnviz(tmp_path):
    """Run the command where `import tensorflow` and `import keras` fail."""
    (tmp_path / "rings.yaml").write_text(RINGS)

    def run(*words, stub=STUB):
        modules = tmp_path / "modules"
        modules.mkdir(exist_ok=True)
        for name in ("tensorflow", "keras"):
            (modules / f"{name}.py").write_text(stub)
        return subprocess.run(
            [sys.executable, "-m", "nnviz_cli", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(modules)},
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.process
@pytest.mark.parametrize("kind", KINDS)
def test_a_training_says_in_one_line_what_to_install(nnviz, kind, tmp_path):
    stub, reason = KINDS[kind]
    for words in (("render", "rings.yaml", "-o", "a.mp4"), ("morph", "rings.yaml", "-o", "a.mp4")):
        done = nnviz(*words, "--quiet", stub=stub)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert done.stderr == f"training needs TensorFlow ({reason}); {INSTALL}\n"
        assert not list(tmp_path.glob("a.*")) + list(tmp_path.glob(".a.*"))


@pytest.mark.process
@pytest.mark.parametrize(
    "words",
    [
        ("validate", "rings.yaml"),
        ("show", "rings.yaml"),
        ("list", "optimizers"),
        ("schema",),
    ],
    ids=lambda words: words[0],
)
def test_checking_works_without_it(nnviz, words):
    done = nnviz(*words)
    assert done.returncode == 0, done.stderr


@pytest.mark.process
def test_a_film_of_a_recording_is_made_without_it(nnviz, recording, tmp_path):
    done = nnviz("morph", str(recording), "-o", "m.mp4", "--size", "160x120")
    assert (done.returncode, done.stdout) == (0, "m.mp4\n"), done.stderr
    assert (tmp_path / "m.mp4").stat().st_size > 1000


@pytest.mark.process
def test_doctor_reports_that_training_is_not_possible(nnviz):
    done = nnviz("doctor", "--json")
    findings = {each["what"]: each for each in json.loads(done.stdout)["results"]}
    assert done.returncode == 1
    assert not findings["TensorFlow"]["ok"]
    assert INSTALL in findings["TensorFlow"]["found"]
    assert [each["ok"] for each in (findings["ffmpeg"], findings["fonts"])] == [True, True]


@pytest.mark.process
def test_a_recording_is_drawn_without_it(recording):
    """Panels with hidden layers, grids and weights, in the code that drawing workers run."""
    code = """
import sys
class Refuse:
    def find_spec(self, name, *_):
        if name in ("tensorflow", "keras"):
            raise AssertionError(name)
sys.meta_path.insert(0, Refuse())
from pathlib import Path
from nnviz_cli.draw.picture import Picture
from nnviz_cli.draw.theme import THEMES
rows = ((("input", {}), ("hidden", {}), ("units", {})), (("loss", {}), ("network", {}), ("weights", {})))
draw = Picture(Path("run.h5"), rows, THEMES["dark"], (480, 270)).compose()
assert len({draw(frame).tobytes() for frame in range(4)}) == 4
"""
    subprocess.run([sys.executable, "-c", code], cwd=recording.parent, check=True)


# distributions --------------------------------------------------------------------------


def installed(monkeypatch, known, modules=None):
    def version(name):
        if name not in known:
            raise metadata.PackageNotFoundError(name)
        return known[name]

    monkeypatch.setattr(versions.metadata, "version", version)
    monkeypatch.setattr(versions.metadata, "packages_distributions", lambda: modules or {})
    there = modules is not None
    monkeypatch.setattr(versions, "find_spec", lambda _: object() if there else None)


@pytest.mark.parametrize(
    ("known", "modules", "distribution"),
    [
        ({"tensorflow": "2.20.0"}, None, ("tensorflow", "2.20.0")),
        ({"tensorflow-cpu": "2.20.1"}, None, ("tensorflow-cpu", "2.20.1")),
        ({"our-tf": "1"}, {"tensorflow": ["our-tf"]}, ("our-tf", "1")),
        ({}, {"numpy": ["numpy"]}, ("?", "?")),
        ({}, None, ("?", "?")),
    ],
)
def test_any_distribution_of_tensorflow_will_do(known, modules, distribution, monkeypatch):
    installed(monkeypatch, known, modules)
    assert versions.tensorflow_distribution() == distribution
    assert versions.versions()["tensorflow"] == distribution[1]
    assert versions.versions()["numpy"] == "?"


def test_versions_are_those_that_are_installed():
    assert versions.versions()["numpy"] == metadata.version("numpy")


def test_the_documented_dependencies_are_those_of_the_package():
    """`pip install tensorflow-cpu …` of docs/installation.md; without TensorFlow they agree."""
    text = (ROOT / "docs/installation.md").read_text()
    command = re.search(r"pip install tensorflow-cpu ([^.]+?)\n    \.venv", text)[1]
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w-]+", each)[0] for each in needed}
    assert set(command.replace("\\", "").split()) == names - {"tensorflow"}
