"""Specs written to do harm: bombs, addresses, escapes, and words that are code elsewhere."""

import ast
import html
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnviz_cli.draw.fonts import families
from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.errors import SpecError
from nnviz_cli.film.ffmpeg import ffmpeg
from nnviz_cli.job.experiment import check
from nnviz_cli.job.run import run
from nnviz_cli.spec.load import load
from nnviz_cli.spec.yaml_reader import read_text
from tests.conftest import PACKAGE, RINGS, spec_of

HEAD = "dataset: rings\nmodel: {layers: [3, 2, 1]}\n"
LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 30)
)

BOMBS = {
    "a billion laughs": LAUGHS,
    "merge keys": MERGES,
    "a list that holds itself": "a: &a [*a]\n",
    "50 000 brackets": "a: " + "[" * 50_000,
    "50 000 closed brackets": "a: " + "[" * 50_000 + "]" * 50_000,
    "50 000 braces": "{a: " * 50_000,
    "50 000 dashes": "- " * 50_000,
    "50 000 indents": "\n".join(" " * i + f"a{i}:" for i in range(600)),
    "50 000 question marks": "? " * 50_000,
    "five megabytes": "a: 1\n" * 1_000_000,
    "a flow list of 200 kB": "a: [" + "x, " * 65_000 + "]",
    "a long key": "x" * 200_000 + ": 1",
    "a quoted text of 200 kB": "title: '" + "x" * 200_000 + "'",
    "10 000 keys": "\n".join(f"k{i}: {i}" for i in range(10_000)),
    "an integer of 5000 digits": f"seed: {'9' * 5000}",
    "a float beyond": HEAD + "training: {learning_rate: 1e999}\n",
    "a year that is none": HEAD + "title: 2024-13-45\nseed: 2024-13-45\n",
    "python's objects": HEAD + "title: !!python/object/apply:os.system [touch harm]\n",
    "a python module": HEAD + "title: !!python/module:os\n",
    "binary": HEAD + "title: !!binary aGFybQ==\n",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_no_time_and_in_few_words(text):
    started = time.monotonic()
    with pytest.raises(SpecError) as caught:
        load(read_text(text, "s.yaml"))
    said = str(caught.value)
    assert time.monotonic() - started < 3
    assert len(said) < 20_000
    assert all(line.isprintable() for line in said.splitlines())


@pytest.mark.process
def test_brackets_do_not_end_the_process():
    """PyYAML's C loader dies of a stack overflow here; nothing in a process could catch that."""
    code = "import sys; from nnviz_cli.command.app import main; sys.argv[1:] = ['validate', 's.yaml']; main()"
    folder = Path(os.environ["XDG_CACHE_HOME"])
    (folder / "s.yaml").write_text("[" * 100_000)
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True)
    assert done.returncode == 2


PATHS = [
    *("../a.mp4", "a/../../a.mp4", "..\\a.mp4", "/a.mp4", "~/a.mp4", "~root/a.mp4"),
    *("http://host/a.mp4", "https:a.mp4", "file:///tmp/a.mp4", "rtmp://host/a.mp4", "C:/a.mp4"),
    *("pipe:1.mp4", "concat:a|b.mp4", "tcp://host:1/a.mp4", "data:a.mp4", "c:a.mp4"),
    *("CON.mp4", "nul.mp4", "out/AUX.tar.mp4", "com1.mp4", "LPT9 .mp4", "a\x1b[2J.mp4", "a\n.mp4"),
]


@pytest.mark.parametrize("path", PATHS)
def test_a_spec_writes_nowhere_but_inside_the_working_folder(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(HEAD + yaml.safe_dump({"outputs": [path]}))
    with pytest.raises(SpecError) as caught:
        check(Path("s.yaml"))
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.place.column) == (4, 3)
    assert str(caught.value).splitlines()[0].isprintable()


@pytest.mark.process
def test_odd_paths_inside_are_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = ["-x.mp4", "%03d.mp4", "a b.mp4", "é.mp4", "dir.d/x.mp4", "a'\"b.mp4", "[a]?*|.mp4"]
    Path("s.yaml").write_text(RINGS + yaml.safe_dump({"outputs": paths}))
    results = list(run([check(Path("s.yaml"), ["frames=2", "view.size=160x120"])]))
    assert [result.error for result in results] == [""] * len(paths)
    assert all(Path(path).stat().st_size > 0 for path in paths)


TITLES = {
    "mathematics": "$x^2$ costs $5 and $\\frac$",
    "broken mathematics": "Ba$$in $x_$ ${{{{",
    "TeX": "\\input{/etc/passwd} \\write18{touch harm}",
    "markup": "[red]alert[/red] [link=http://x]y[/link] [/]",
    "a format": "{0.__class__} %s %n {name} $title ${title}",
    "a page": "<script>alert(1)</script>",
    "Chinese and Japanese": "神经网络 ニューラル",
    "emoji": "🧠 learns 👩‍🔬",
    "right to left": "שלום \u202eabc",
    "combining": "a" + "\u0301" * 100,
    "200 characters": "W" * 200,
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_a_title_is_drawn_as_it_stands(title, made_up, tmp_path):
    titled = made_up.facts.__class__(**{**vars(made_up.facts), "title": title})
    object.__setattr__(made_up, "facts", titled)
    draw = compose(made_up, ((("loss", {}),),), THEMES["light"], (640, 360))
    header = np.asarray(draw(0))[:40, :420, :3]
    assert (header < 128).any(), "something is written there"


@pytest.mark.process
def test_letters_are_looked_for_in_other_fonts_and_missed_aloud(tmp_path, monkeypatch):
    assert families("DejaVu Sans", "plain é → ∞") == (["DejaVu Sans"], "")
    assert families("DejaVu Sans", "\u1d84 in STIX") == (["DejaVu Sans", "STIXGeneral"], "")
    found, missing = families("DejaVu Sans", "a \U000e0020 b \U000e0021")  # tags have no shape
    assert (found, missing) == (["DejaVu Sans"], "\U000e0020\U000e0021")
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(RINGS + 'title: "x \\U000e0021"\n')
    (result,) = run([check(Path("s.yaml"), ["frames=2", "view.size=640x360"], ["a.gif"])])
    (warning,) = result.warnings
    assert warning.startswith("no installed font has '\U000e0021' of the title")


@pytest.mark.process
def test_a_title_means_nothing_to_pages_and_terminals(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    title = " ".join([TITLES["markup"], TITLES["a page"], TITLES["a format"]])
    Path("[red]s[b].yaml").write_text(
        RINGS + yaml.safe_dump({"title": title, "description": title})
    )
    paths = ["{name}.html", "{name}.mp4"]
    made = check(Path("[red]s[b].yaml"), ["frames=2", "view.size=160x120"], paths)
    assert [result.error for result in run([made])] == ["", ""]
    page = Path("[red]s[b].html").read_text()
    assert "<script>alert" not in page
    assert html.escape(title) in page
    said = subprocess.run([ffmpeg(), "-i", "[red]s[b].mp4"], capture_output=True, text=True).stderr
    assert f"title           : {title}" in said


@pytest.mark.parametrize("title", ["a\x1b[31m", "a\x07", "a\x00", "a\x9b31m", "x" * 10_000])
def test_a_title_with_control_characters_or_without_end_is_refused(title):
    with pytest.raises(SpecError) as caught:
        spec_of(HEAD + f"title: {yaml.safe_dump(title)[:-1].removesuffix('...').strip()}\n")
    assert all(line.isprintable() for line in str(caught.value).splitlines())
    assert len(str(caught.value)) < 500


def test_nothing_is_evaluated_unpickled_or_fetched():
    """No name that runs text, loads code or opens a connection is used anywhere."""
    banned = {
        *("eval", "exec", "__import__", "import_module", "pickle", "marshal", "shelve"),
        *("urlopen", "urllib", "requests", "socket", "http", "ftplib", "load_model", "unsafe_load"),
        *("full_load", "enable_unsafe_deserialization", "system", "popen"),
        *("dill", "joblib", "cloudpickle", "runpy", "ssl", "asyncio"),
    }
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {
                ast.Name: lambda n: [n.id],
                ast.Attribute: lambda n: [n.attr],
                ast.Import: lambda n: [alias.name.split(".")[0] for alias in n.names],
                ast.ImportFrom: lambda n: [(n.module or "").split(".")[0]],
            }.get(type(node), lambda _: [])(node)
            for name in names:
                assert name not in banned, (path.name, name)
            if isinstance(node, ast.keyword) and node.arg == "shell":
                raise AssertionError(path.name)


def test_limits_are_lifted_by_the_flag_and_by_nothing_in_a_spec(tmp_path):
    path = tmp_path / "s.yaml"
    large = {
        "frames: 30000": "dataset: {name: rings, points: 10}\nmodel: {layers: [2, 1]}\nframes: 30000\n",
        "points": "dataset: {name: rings, points: 600000}\nmodel: {layers: [2, 1]}\nframes: 2\n",
        "units": "dataset: rings\nmodel: {layers: [2000, 2, 1]}\n",
        "memory": "dataset: {name: rings, points: 400000}\nmodel: {layers: [1000, 1000, 2, 1]}\nframes: 2\n",
        "pixels": HEAD + "view: {size: 8000x4000}\n",
        "the recording": HEAD + "frames: 20000\n",
        "weights of wide layers": HEAD.replace("[3, 2, 1]", "[1000, 1000, 2, 1]").replace(
            "rings", "{name: rings, points: 10}"
        )
        + "frames: 3000\n",
    }
    for text in large.values():
        path.write_text(text)
        with pytest.raises(SpecError, match="--large lifts this limit"):
            check(path)
        assert check(path, large=True).spec
    path.write_text(HEAD + "large: true\n")
    with pytest.raises(SpecError, match="unknown key 'large'"):
        check(path)
