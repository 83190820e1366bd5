"""The same spec gives the same bytes, and `nnviz verify` tells whether it did."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnviz_cli.errors import SpecError
from nnviz_cli.film.atomic import Content
from nnviz_cli.job.experiment import check
from nnviz_cli.job.provenance import is_current
from nnviz_cli.job.run import run
from nnviz_cli.job.sidecar import sidecar_of, write
from nnviz_cli.job.verify import verify
from tests.conftest import CURVE, RINGS

SUFFIXES = ("mp4", "gif", "webm")
RINGS_AND_ALL = (
    RINGS
    + """
spacing: change
captions: [{epoch: 1, text: words}]
view: {panels: [[input, units], [network, weights]], hold: 0.1, loop: bounce}
""".replace("\n\n", "\n")
)
RINGS_AND_ALL = RINGS_AND_ALL.replace("batch_size: 32", "batch_size: 32, validation_split: 0.2")
WIDE = RINGS.replace("[3, 2, 1]", "[256, 256, 2, 1]").replace("batch_size: 32", "batch_size: 100")
# sums over many samples, which threads could split: the gradients, and steps of one large batch
GRADIENTS = """
dataset: gaussians
model: {layers: [64, 48, 3]}
training: {optimizer: adam}
frames: 4
view: {panels: weights}
"""
LARGE_BATCH = GRADIENTS.replace("adam", "adam, batch_size: 1500")
SPECS = {"rings": RINGS_AND_ALL, "curve": CURVE, "wide": WIDE}
RECORDED = {"gradients": GRADIENTS, "large_batch": LARGE_BATCH}  # numbers alone
MAKE = """
import sys
from pathlib import Path
from nnviz_cli.job.experiment import check
from nnviz_cli.job.run import run
from nnviz_cli.command.process import start_tensorflow
if __name__ == "__main__":
    here, *suffixes = sys.argv[1:]
    start_tensorflow()
    from nnviz_cli.train.record import record
    for path in sorted(Path(here).glob("*.yaml")):
        films = suffixes if path.stem in ("rings", "curve", "wide") else ()
        made = check(path, ["view.size=160x120"], [f"{here}/{path.stem}.{s}" for s in films])
        for result in run([made]) if films else ():
            assert not result.error, result.error
        record(made.spec, path.with_suffix(".h5"))
"""
# environments in which a film must come out the same
PLACES = {
    "another time zone, language and hash seed": {
        "TZ": "Asia/Tokyo",
        "LC_ALL": "de_DE.UTF-8",
        "PYTHONHASHSEED": "7",
    },
    "one processor": {"CPUS": "0"},
}


def made_in(folder, env):
    """SHA-256 of all films and recordings made in an environment of their own, by name."""
    folder.mkdir()
    for name, text in (SPECS | RECORDED).items():
        (folder / f"{name}.yaml").write_text(text)
    command = [sys.executable, folder / "make.py", folder, *SUFFIXES]
    (folder / "make.py").write_text(MAKE)
    if cpus := env.pop("CPUS", ""):
        command = ["taskset", "-c", cpus, *command]
    caches = {"XDG_CACHE_HOME": str(folder / "caches")}
    subprocess.run(command, env={**os.environ, **caches, **env}, check=True)
    files = [path for s in (*SUFFIXES, "h5", "vtt") for path in folder.glob(f"*.{s}")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return made_in(tmp_path_factory.mktemp("same") / "plain", {})


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("place", PLACES)
def test_films_and_recordings_are_the_same_bytes_everywhere(place, plain, tmp_path):
    if "CPUS" in PLACES[place] and not shutil.which("taskset"):
        pytest.skip("this system cannot bind a process to a processor")
    again = made_in(tmp_path / "again", dict(PLACES[place]))
    wanted = [f"{name}.{suffix}" for name in SPECS for suffix in SUFFIXES]
    wanted += [f"{name}.h5" for name in SPECS | RECORDED]
    assert sorted(plain) == sorted([*wanted, "rings.vtt"])
    assert again == plain


# verify ---------------------------------------------------------------------------------


@pytest.fixture
def film(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rings.yaml").write_text(RINGS)
    (result,) = run([check(Path("rings.yaml"), ["view.size=160x120"], ["a.mp4"])])
    assert not result.error
    return Path("a.mp4")


def retold(**changes):
    """Change what the sidecar of a.mp4 tells."""
    path = Path("a.mp4.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


OTHER = "changed since it was made, or its .json is of another render"


@pytest.mark.process
def test_verify_tells_identical_same_and_different(film):
    before = film.read_bytes()
    assert verify("a.mp4").text == "identical"
    told = json.loads(Path("a.mp4.json").read_text())

    film.write_bytes(before + b"\0" * 8)  # another encoder's bytes, told of as they are
    retold(
        sha256=hashlib.sha256(film.read_bytes()).hexdigest(),
        versions=told["versions"] | {"matplotlib": "3.0"},
    )
    same = verify("a.mp4")
    here = told["versions"]["matplotlib"]
    assert same.text == f"same numbers, other bytes (matplotlib 3.0, here {here})"
    assert same.same

    numbers = told["numbers"].split()
    retold(numbers=" ".join([*numbers[:2], "00000000", *numbers[3:]]), versions=told["versions"])
    different = verify("a.mp4")
    assert different.text == "different, first at frame 2"
    assert not different.same
    assert film.read_bytes() == before + b"\0" * 8, "the film is only read"


@pytest.mark.process
def test_sheets_posters_and_films_made_to_fit_are_verified(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = """
outputs:
  - {path: sheet.png, sheet: 2x2, size: 160x120}
  - {path: poster.png, frame: key, size: 160x120}
  - {path: small.gif, max_size: 60kB, size: 640x360}
  - run.h5
  - {path: small.h5, compact: true}
"""
    Path("rings.yaml").write_text(RINGS + outputs)
    made = [result.path for result in run([check(Path("rings.yaml"))])]
    assert sorted(made) == ["poster.png", "run.h5", "sheet.png", "small.gif", "small.h5"]
    assert json.loads(Path("small.gif.json").read_text())["shrunk"]
    assert {path: verify(path).text for path in made} == dict.fromkeys(made, "identical")


@pytest.mark.process
def test_a_film_that_was_changed_is_not_trained_again(film):
    film.write_bytes(film.read_bytes()[:-1])
    stages = []
    verdict = verify("a.mp4", lambda stage, *_: stages.append(stage))
    assert (verdict.same, verdict.text, stages) == (False, OTHER, [])


@pytest.mark.process
@pytest.mark.parametrize("path", ["a.mp4", "run.h5", "frames/"])
def test_a_sidecar_is_of_the_very_file_that_was_written(path, tmp_path, monkeypatch):
    """Two renders of one output; the first stops before its sidecar while the second is made."""
    monkeypatch.chdir(tmp_path)
    Path("rings.yaml").write_text(RINGS)
    first, second = (
        check(Path("rings.yaml"), ["frames=2", "view.size=160x120", f"seed={seed}"], [path])
        for seed in (0, 1)
    )
    digests = []

    def stopped(*arguments, **told):
        monkeypatch.setattr("nnviz_cli.job.sidecar.write", write)
        digests.append(Content.of(Path(path)).sha256)
        assert not any(result.error for result in run([second]))
        digests.append(Content.of(Path(path)).sha256)
        write(*arguments, **told)

    monkeypatch.setattr("nnviz_cli.job.sidecar.write", stopped)
    (result,) = run([first])
    assert not result.error
    told = json.loads(sidecar_of(path).read_text())
    assert (told["seed"], told["sha256"]) == (0, digests[0])
    assert Content.of(Path(path)).sha256 == digests[1] != digests[0]
    verdict = verify(path, pytest.fail)
    assert (verdict.same, verdict.text) == (False, OTHER)
    for experiment in (first, second):
        made = (*experiment.recordings, *experiment.targets)
        assert not is_current(experiment, made[0]), "and --skip-existing makes it anew"


@pytest.mark.process
@pytest.mark.parametrize("sidecar", [None, "no JSON", "[]", "{}"])
def test_a_film_without_its_sidecar_cannot_be_verified(film, sidecar):
    path = Path("a.mp4.json")
    path.unlink() if sidecar is None else path.write_text(sidecar)
    with pytest.raises(SpecError, match=r"a\.mp4"):
        verify("a.mp4")
    with pytest.raises(SpecError, match="no such file"):
        verify("b.mp4")


GOOD_LOOK = {"theme": {"ink": "#000000"}, "size": [160, 120], "frame": -1}
GOOD_TOLD = {
    "spec": {"dataset": "rings", "model": {"layers": [2, 1]}},
    "output": GOOD_LOOK,
    "versions": {"nnviz": "0"},
    "sha256": hashlib.sha256(b"film").hexdigest(),
    "numbers": "00000000",
}
HOSTILE = {  # what a stranger may put beside a film, and what is said of it
    "no object": ("[1]", "not an object"),
    "deep": ("[" * 100_000, "nested too deep"),
    "no text": ("\udcff", "utf-8"),
    "a number beyond": ('{"spec": 1' + "0" * 5000 + "}", "cannot read"),
    "keys are missing": ("{}", "it lacks numbers, output, sha256, spec, versions"),
    "a spec that is none": ({"spec": "rings"}, "'spec' is not what nnviz writes there"),
    "a list for a look": ({"output": []}, "'output' is not what nnviz writes there"),
    "a digest that is none": ({"sha256": 3}, "'sha256' is not what"),
    "versions of versions": ({"versions": {"a": {"b": 1}}}, "'versions.a' is not what"),
    "a spec without a model": ({"spec": {"dataset": "rings"}}, "model: missing"),
    "an escape": ({"spec": {"dataset": "\x1b[2J"}}, r"unknown dataset '\x1b[2J'"),
    "python": ({"spec": {"dataset": "!!python/name:os.system"}}, "unknown dataset"),
    "a year of film": (
        {"spec": {**GOOD_TOLD["spec"], "frames": 10**9}}, "frames: must be at most 20000",
    ),
    "a huge picture": ({"output": {**GOOD_LOOK, "size": [10**6, 10**6]}}, "both sides must be between"),
    "no picture": ({"output": {**GOOD_LOOK, "size": [0, -2]}}, "expected a size"),
    "an odd picture": ({"output": {**GOOD_LOOK, "size": [161, 121]}}, "both sides must be even"),
    "no such frame": ({"output": {**GOOD_LOOK, "frame": 10**6}}, "there is no frame 1000000"),
    "no such colour": (
        {"output": {**GOOD_LOOK, "theme": {"cat": "#000000"}}}, "unknown key 'cat'",
    ),
    "a colour that is code": (
        {"output": {**GOOD_LOOK, "theme": {"ink": "__import__('os')"}}}, "expected a colour",
    ),
    "a font by its path": (
        {"output": {**GOOD_LOOK, "theme": {"text": "/etc/passwd"}}}, "invalid characters",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sidecar", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_strangers_sidecar_is_refused_in_one_line(sidecar, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.mp4").write_bytes(b"film")
    text = sidecar if isinstance(sidecar, str) else json.dumps(GOOD_TOLD | sidecar)
    Path("a.mp4.json").write_text(text, "utf-8", "surrogateescape")
    with pytest.raises(SpecError) as caught:
        verify("a.mp4")
    first, *hints = str(caught.value).splitlines()
    assert said in first
    assert first.startswith("a.mp4")
    assert len(first) < 300
    assert first.isprintable()
    assert all(line.startswith("  hint: ") for line in hints)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "a.mp4.json"]
    (experiment,) = [check_of("a.mp4")]
    assert not is_current(experiment, experiment.targets[0]), "and --skip-existing makes it anew"


def check_of(film):
    """The experiment that would make a film."""
    spec = Path("..", "of.yaml")
    spec.write_text(RINGS)
    return check(spec, [], [film])


@pytest.mark.parametrize("name", ["/", ".", "..", "../", "a\0.mp4", "", "x" * 5000, "\x1b[2J.mp4"])
def test_what_is_no_film_cannot_be_verified(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        verify(name)
    assert str(caught.value).isprintable()


@pytest.mark.process
def test_a_sidecar_lifts_no_limit_but_the_flag_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(b"film")
    spec = {"dataset": {"name": "rings", "points": 10}, "model": {"layers": [2, 1]}, "frames": 2}
    wide = {"spec": spec, "output": {**GOOD_LOOK, "size": [5000, 32]}}
    Path("a.png.json").write_text(json.dumps(GOOD_TOLD | wide))
    with pytest.raises(SpecError, match="--large lifts this limit"):
        verify("a.png")
    assert verify("a.png", large=True).text.startswith("different")


@pytest.mark.process
@pytest.mark.parametrize(("start", "status"), [("identical", 0), ("changed", 1)])
def test_the_command_says_so_with_its_status(film, start, status):
    if status:
        film.write_bytes(b"")
    command = [sys.executable, "-m", "nnviz_cli", "verify", "a.mp4", "--quiet"]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.stdout.startswith(f"a.mp4: {start}")
    assert (said.returncode, said.stderr) == (status, "")
