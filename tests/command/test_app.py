"""The command line: words, streams and exit statuses, as a user meets them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from nnviz_cli import __version__
from nnviz_cli.command import reporting
from nnviz_cli.command.inspect import KINDS
from nnviz_cli.film.ffmpeg import ffmpeg
from tests.conftest import CURVE, PACKAGE, RINGS
from tests.lettering import make_font

pytestmark = pytest.mark.process

NOWHERE = dict.fromkeys(("file", "line", "column", "key", "message", "hint"))
ROOT = Path(__file__).parent.parent.parent


def run(*words, check=None, **env):
    """Run nnviz as a process; gives the finished process."""
    said = subprocess.run(
        [sys.executable, "-m", "nnviz_cli", *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "100", **env},
        check=False,
    )
    if check is not None:
        assert said.returncode == check, said.stderr
    assert "Traceback" not in said.stderr
    return said


def results(*words):
    """The results of a command that ends well."""
    return json.loads(run(*words, "--json", check=0).stdout)["results"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rings.yaml").write_text(RINGS)
    (tmp_path / "curve.yaml").write_text(CURVE)
    return tmp_path


def loaded_by(*words):
    """Which heavy modules a command has imported when it ends."""
    code = (
        "import sys; from nnviz_cli.command.app import app\n"
        "try: app(sys.argv[1:], prog_name='nnviz')\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'scipy', 'h5py', 'numpy', 'rich', 'yaml'}\n"
        "print('loaded', *sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=True
    )
    return set(said.stderr.splitlines()[-1].split()[1:])


def test_help_loads_nothing_heavy_and_names_every_command():
    said = run("--help", check=0).stdout
    for command in (
        "render",
        "still",
        "sheet",
        "validate",
        "show",
        "new",
        "list",
        "doctor",
        "schema",
    ):
        assert re.search(rf"^ +{command} ", said, re.MULTILINE)
    assert loaded_by("--help") <= {"rich"}


def test_checking_and_listing_load_neither_tensorflow_nor_matplotlib(here):
    for words in (
        ["validate", "rings.yaml"],
        ["show", "rings.yaml"],
        ["list", "panels"],
        ["schema"],
    ):
        assert not loaded_by(*words) & {"tensorflow", "keras", "matplotlib", "scipy", "h5py"}, words


def test_the_version_is_printed():
    assert run("--version", check=0).stdout == f"nnviz {__version__}\n"


def test_render_prints_the_path_on_stdout_and_the_rest_on_stderr(here):
    said = run("render", "rings.yaml", "-o", "out/a.mp4", "--size", "160x90", check=0)
    assert said.stdout == "out/a.mp4\n"
    assert Path("out/a.mp4").stat().st_size > 1000
    lines = said.stderr.splitlines()
    assert lines[0] == "rings: starting TensorFlow"
    assert re.fullmatch(r"rings: 4 frames, \d+ kB, loss \d\.\d+, in \d+\.\d s", lines[-1])
    assert not re.search(r"tensorflow/|oneDNN|CUDA|XLA|\d{4}-\d\d-\d\d", said.stderr), "no noise"


def test_quiet_prints_nothing_and_json_is_one_object(here):
    said = run(
        "render", "curve.yaml", "rings.yaml", "-o", "{name}.png", "--quiet", "--json", check=0
    )
    assert said.stderr == ""
    told = json.loads(said.stdout)
    assert list(told) == ["version", "command", "ok", "results", "errors", "warnings"]
    assert (told["version"], told["command"], told["ok"]) == (1, "render", True)
    first, second = told["results"]
    assert (first["path"], second["path"]) == ("curve.png", "rings.png")
    assert first["frames"] == 1
    assert first["loss"] > 0
    assert first["bytes"] == Path("curve.png").stat().st_size
    assert told["errors"] == []
    assert told["warnings"] == [
        {**NOWHERE, "message": f"{result['experiment']}: {warning}"}
        for result in told["results"]
        for warning in result["warnings"]
    ]


def test_named_options_are_settings(here):
    words = [
        "rings.yaml",
        "-o",
        "a.mp4",
        "--frames",
        2,
        "--seed",
        5,
        "--fps",
        10,
        "--theme",
        "dark",
        "--size",
        "64x36",
    ]
    run("render", *words, check=0)
    kept = json.loads(Path("a.mp4.json").read_text())
    assert kept["spec"]["frames"] == 2
    assert kept["seed"] == 5
    assert kept["fps"] == "10"
    view = kept["spec"]["view"]
    assert [view[key] for key in ("theme", "size", "fps")] == ["dark", "64x36", 10.0]


def test_what_no_training_can_reach_is_told_before_it(here):
    narrow = RINGS.replace("[3, 2, 1]", "[2, 2, 1]")
    Path("narrow.yaml").write_text(narrow)
    words = "narrow: note: no hidden layer has more than 2 units"
    told = json.loads(run("validate", "narrow.yaml", "--json", check=0).stdout)
    assert told["warnings"][0]["message"].startswith(words.replace("note: ", ""))
    for command in (["validate"], ["render", "--frames", 2, "-o", "a.gif", "--size", "64x36"]):
        said = run(*command, "narrow.yaml", check=0).stderr
        assert said.startswith(words)
        assert "note" not in run(*command, "rings.yaml", check=0).stderr
    assert run("render", "narrow.yaml", "-o", "b.png", "--quiet", check=0).stderr == ""


def test_a_still_is_one_frame_and_is_written_outside_the_working_folder(here, monkeypatch):
    (here / "inside").mkdir()
    monkeypatch.chdir(here / "inside")
    words = ("still", "../rings.yaml", "--frame", 1, "-o", "../a.png", "--size", "64x36")
    said = run(*words, check=0)
    assert said.stdout == "../a.png\n"
    assert (here / "a.png").stat().st_size > 0
    assert "1 frame," in said.stderr


def test_a_sheet_is_many_frames_and_v_tells_what_it_shows(here):
    path = here / "a.png"  # absolute
    words = ("sheet", "rings.yaml", "-o", path, "--size", "64x36", "--grid", "2x2", "-v")
    said = run(*words, check=0)
    assert said.stdout == f"{path}\n"
    assert "rings: 4 frames of a film of a neural network" in said.stderr


def test_a_bad_spec_ends_with_2_before_anything_is_made(here):
    Path("bad.yaml").write_text(RINGS + "framez: 3\n")
    for command in (
        ["render", "bad.yaml", "rings.yaml"],
        ["validate", "rings.yaml", "bad.yaml"],
        ["show", "bad.yaml"],
    ):
        said = run(*command, check=2)
        assert said.stderr.startswith(
            "bad.yaml:6:1: unknown key 'framez'\n  6 | framez: 3\n    | ^^^^^^\n  hint: did you mean 'frames'?"
        )
        assert said.stderr.endswith("1 problem; nothing was written.\n")
    assert sorted(item.name for item in here.iterdir()) == ["bad.yaml", "curve.yaml", "rings.yaml"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["render"], "Missing argument"),
        (["rnder", "x.yaml"], "No such command 'rnder'"),
        (["render", "ring.yaml"], "ring.yaml: no such file\n  hint: did you mean 'rings.yaml'?"),
        (["render", "."], ".: is a directory"),
        (
            ["render", "rings.yaml", "--set", "training.lr=1"],
            "--set:1:10: training: unknown key 'lr'",
        ),
        (
            ["render", "rings.yaml", "-q", "hihg"],
            "--quality: unknown quality 'hihg'\n  hint: did you mean 'high'?",
        ),
        (
            ["render", "rings.yaml", "-o", "film.mp3"],
            "--output: unknown film format '.mp3': 'film.mp3'\n  hint: did you mean '.mp4'?",
        ),
        (
            ["render", "rings.yaml", "-o", "a.gif", "--max-size", "big"],
            "--max-size: expected a size like 10MB or 500kB, got 'big'",
        ),
        (["list", "dataset"], "unknown kind 'dataset'\n  hint: did you mean 'datasets'?"),
        (["new", "rings.yaml"], "rings.yaml exists; choose another name"),
        (
            ["new", "x.yaml", "--template", "ring"],
            "--template: unknown template 'ring'\n  hint: did you mean 'rings'?",
        ),
    ],
)
def test_a_wrong_command_says_what_and_ends_with_2(words, message, here):
    said = run(*words, check=2)
    assert message in said.stderr
    assert said.stdout == ""


def test_a_failed_render_ends_with_1(here):
    Path("ffmpeg").write_text(f"#!/bin/sh\ncase $1 in -v*|-e*) exec {ffmpeg()} $1;; esac\nexit 3\n")
    Path("ffmpeg").chmod(0o755)
    words = ("render", "rings.yaml", "curve.yaml", "-o", "{name}.mp4", "--frames", 2)
    said = run(*words, check=1, IMAGEIO_FFMPEG_EXE=str(here / "ffmpeg"))
    for name in ("rings", "curve"):
        assert (
            f"{name}: {name}.mp4: ffmpeg ended with exit status 3: no error message" in said.stderr
        )
    assert said.stderr.endswith("0 done, 2 failed\n")
    assert said.stdout == ""
    assert not list(here.glob("*.mp4"))


@pytest.mark.parametrize(
    "words", [["--help"], ["list", "activations"], ["schema"], ["validate", "rings.yaml"]]
)
def test_a_reader_that_leaves_early_is_no_error(words, here):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "nnviz_cli", *words]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_film_is_made_though_nobody_hears_its_name(here):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "nnviz_cli", "render", "rings.yaml", "-o", "a.gif", "--quiet"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
    assert Path("a.gif").stat().st_size > 0


def test_a_bug_is_told_in_a_line_and_kept_in_a_file(here):
    code = (
        "import sys; from nnviz_cli.command import app; from nnviz_cli.spec import yaml_reader\n"
        "def broken(*_): raise ZeroDivisionError('\\x1b[31mseven\\nlines')\n"
        "yaml_reader.read_text = broken; sys.argv[1:] = ['validate', 'rings.yaml']; app.main()"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(here)},
        capture_output=True,
        text=True,
    )
    first, second = said.stderr.splitlines()
    assert first == "a bug in nnviz: ZeroDivisionError: \\x1b[31mseven"
    path = Path(second.removeprefix("  please report it with "))
    assert path.parent == here
    kept = path.read_text()
    assert "Traceback" in kept
    assert "['-c', 'validate', 'rings.yaml']" in kept
    assert said.returncode == 1


def test_validate_tells_each_spec_and_json_has_places(here):
    assert (
        run("validate", "rings.yaml", "curve.yaml", check=0).stdout
        == "rings.yaml: valid\ncurve.yaml: valid\n"
    )
    Path("bad.yaml").write_text("dataset: ringz\nmodel: {layers: [1]}\n")
    words = ("validate", "rings.yaml", "bad.yaml", "--epochs", 0, "--json")
    told = json.loads(run(*words, check=2).stdout)
    assert (told["version"], told["command"], told["ok"]) == (1, "validate", False)
    assert told["results"] == []
    by_option, in_spec = sorted(told["errors"], key=lambda error: error["file"])
    assert by_option == {
        **NOWHERE,
        "file": "--epochs",
        "key": "training.epochs",
        "message": "must be at least 1, got 0",
    }
    assert in_spec["hint"].startswith("did you mean 'rings'?")
    assert {**in_spec, "hint": None} == {
        **NOWHERE,
        "file": "bad.yaml",
        "line": 1,
        "column": 10,
        "key": "dataset.name",
        "message": "dataset: unknown dataset 'ringz'",
    }


def test_show_is_valid_as_input_and_complete(here):
    shown = run("show", "rings.yaml", "--set", "seed=4", check=0).stdout
    plain = yaml.safe_load(shown)
    assert plain["seed"] == 4
    assert plain["dataset"] == {"name": "rings", "points": 60, "radii": [1.0, 0.5], "noise": 0.005}
    assert plain["model"]["layers"][2]["activation"] == "sigmoid"
    Path("again.yaml").write_text(shown)
    assert run("show", "again.yaml", check=0).stdout == shown
    assert results("show", "rings.yaml", "--set", "seed=4") == [
        {"file": "rings.yaml", "spec": plain}
    ]


def test_new_writes_a_commented_spec_without_a_path_of_this_machine(here):
    assert run("new", "mine", check=0).stdout == "mine.yaml\n"
    text = Path("mine.yaml").read_text()
    assert text.count("# ") > 10
    assert not re.search(r"^#\s+yaml-language-server", text, re.MULTILINE)
    for place in (str(ROOT), sys.prefix, str(here), "site-packages"):
        assert place not in text
    assert run("validate", "mine.yaml", check=0).stdout == "mine.yaml: valid\n"


def test_new_with_a_schema_names_it_by_a_path_that_goes_with_the_file(here):
    Path("nnviz.schema.json").write_text("of an earlier version")
    words = ("new", here / "curve2.yaml", "--template", "polynomial", "--schema")
    assert run(*words, check=0).stdout == f"{here}/curve2.yaml\n"
    first = Path("curve2.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=nnviz.schema.json"
    assert json.loads(Path("nnviz.schema.json").read_text())["title"] == "Spec"
    run("validate", "curve2.yaml", check=0)
    before = sorted(here.iterdir())
    assert "exists; choose another name" in run(*words, check=2).stderr
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize("kind", KINDS)
def test_list_names_everything_of_a_kind(kind):
    entries = results("list", kind)
    plain = run("list", kind, check=0).stdout
    assert len(entries) >= 2
    for entry in entries:
        assert re.search(rf"^{re.escape(entry['name'])}( |$)", plain, re.MULTILINE)
    if kind in ("datasets", "panels", "formats", "themes"):
        assert all(entry["help"] for entry in entries)


def test_list_alone_names_the_kinds_and_a_list_shows_aliases():
    said = run("list", check=0)
    assert [line.split()[0] for line in said.stdout.splitlines()] == list(KINDS)
    assert [entry["name"] for entry in results("list")] == list(KINDS)
    losses = run("list", "losses", check=0).stdout.splitlines()
    assert "mean_squared_error (mse)" in losses
    datasets = results("list", "datasets")
    assert {entry["name"]: entry["aliases"] for entry in datasets}["moons"] == ["make_moons"]


def test_schema_prints_the_committed_schema():
    kept = (PACKAGE / "spec.schema.json").read_text()
    assert run("schema", check=0).stdout == kept


def test_doctor_finds_a_good_machine_good_and_a_bad_ffmpeg_bad():
    said = run("doctor", check=0)
    assert said.stdout.count("ok  ") == 8
    bad = run("doctor", "--json", check=1, IMAGEIO_FFMPEG_EXE="/nope")
    told = json.loads(bad.stdout)
    checks = {check["what"]: check for check in told["results"]}
    assert not checks["ffmpeg"]["ok"]
    assert "unset IMAGEIO_FFMPEG_EXE" in checks["ffmpeg"]["fix"]
    assert checks["TensorFlow"]["ok"]
    assert not told["ok"]
    failed = [check for check in checks.values() if not check["ok"]]
    assert [error["hint"] for error in told["errors"]] == [check["fix"] for check in failed]


def test_fonts_a_home_that_cannot_be_written_and_a_preview_are_reported_once(here):
    """matplotlib's own lines, ten of them, do not come out."""
    late, fox = "\u74b0", "\U0001f98a"
    make_font(here / "data/fonts/late.ttf", "Late Sans", late)
    make_font(here / "data/fonts/emoji.ttf", "Emoji", fox, colour="layers")
    Path("rings.yaml").write_text(RINGS + f'title: "{late} rings {fox}"\n')
    env = {"HOME": "/dev/null/home", "XDG_DATA_HOME": str(here / "data")}
    words = ("render", "rings.yaml", "-o", "a.gif", "--size", "160x90", "--frames", 2, "-p")
    said = run(*words, check=0, XDG_CONFIG_HOME="", MPLCONFIGDIR="", **env).stderr.splitlines()
    steps = [
        line for line in said if re.match(r"rings: (starting|training|drawing|2 frames)", line)
    ]
    assert [line for line in said if line not in steps] == [
        "note: cannot write /dev/null/home/.config/matplotlib, so the list of fonts is made anew "
        "each time; set MPLCONFIGDIR to a folder that can be written",
        f"rings: warning: '{fox}' of the title cannot be drawn: installed fonts have it only in "
        "colour",
        "--preview: nothing was opened: standard output is not a terminal",
    ]


def test_a_preview_opens_all_files_or_says_why_not(monkeypatch):
    opened = []
    monkeypatch.setattr(
        reporting.typer, "launch", lambda path: opened.append(path) or int("b" in path)
    )
    monkeypatch.setattr(reporting.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert reporting.open_files(["a.gif"]) == "standard output is not a terminal"
    monkeypatch.setattr(reporting.sys, "stdout", SimpleNamespace(isatty=lambda: True))
    assert reporting.open_files(["a.gif"]) == "there is no display"
    monkeypatch.setenv("DISPLAY", "")
    assert reporting.open_files(["a.gif"]) == "there is no display"
    assert opened == []
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert reporting.open_files(["a.gif", "c.gif"]) == ""
    assert reporting.open_files(["b.gif", "c.gif"]) == "no program for it was found"
    assert opened == ["a.gif", "c.gif", "b.gif", "c.gif"]


def test_no_color_and_forced_color_put_no_escapes_into_a_pipe(here):
    for env in ({"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}):
        said = run("render", "curve.yaml", "-o", "a.png", check=0, **env)
        assert "\x1b" not in said.stdout + said.stderr


def test_a_terminal_shows_a_live_line(here):
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "nnviz_cli",
            "render",
            "rings.yaml",
            "-o",
            "a.mp4",
            "--size",
            "64x36",
        ],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env={**{k: v for k, v in os.environ.items() if k != "CI"}, "TERM": "xterm"},
    )
    os.close(follower)
    said = b""
    while True:
        try:
            chunk = os.read(leader, 4096)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    os.close(leader)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    assert "rings  starting TensorFlow" in text
    assert "rings: 4 frames" in text
    assert b"\r" in said


ADRIFT = """
import contextlib, io, json, os, sys
from nnviz_cli.command import app
answers = []
for words in json.load(sys.stdin):
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")
    sys.argv, err = ["nnviz", *words], io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        try:
            app.main()
        except SystemExit as end:
            answers.append([end.code, err.getvalue()])
    os.chdir(sys.argv[2].rpartition("/")[0])
json.dump(answers, sys.stdout)
"""


def test_a_deleted_working_folder_is_reported_as_that(here):
    spec = str(here / "rings.yaml")
    commands = [
        ["validate", spec],
        ["show", spec],
        ["render", spec],
        ["still", spec, "-o", "a.png"],
        ["sheet", spec, "-o", "a.png"],
        ["morph", spec],
    ]
    said = subprocess.run(
        [sys.executable, "-c", ADRIFT],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        check=True,
    )
    text = "the working folder has been deleted; change to another one\n"
    assert json.loads(said.stdout) == [[1, text]] * len(commands)
