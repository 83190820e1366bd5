"""What the shells complete: names, suffixes, keys of `--set`."""

import os
import subprocess
import sys

import pytest

from nnviz_cli.command import completion
from nnviz_cli.draw.theme import THEMES
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.spec.names import names
from nnviz_cli.spec.template import TEMPLATES


def test_themes_templates_and_frames_complete_by_their_start():
    assert completion.themes("") == list(THEMES)
    assert completion.themes("d") == ["dark"]
    assert completion.templates("") == TEMPLATES
    assert completion.templates("mo") == ["moons"]
    assert completion.frames("") == ["first", "last", "key"]
    assert completion.one_of(("draft", "4k"))("x") == []


def test_outputs_complete_to_every_suffix_and_wait_for_a_name():
    found = completion.outputs("out/a")
    assert {name.removeprefix("out/a") for name in found} == {
        suffix for suffix in FORMATS if suffix.startswith(".")
    } | {".h5"}
    assert completion.outputs("out/a.m") == ["out/a.mp4", "out/a.mov"]
    assert completion.outputs("a.") == completion.outputs("a")
    for nothing in ("", "out/", "a.xyz"):
        assert completion.outputs(nothing) == []


def test_every_key_that_completes_is_accepted_by_set_and_its_values_are_its_names():
    keys = completion.settings("")
    assert {"seed=", "training.learning_rate=", "training.epochs=", "view.theme="} <= set(keys)
    assert len(keys) == len(set(keys)) > 25
    assert completion.settings("training.l") == ["training.learning_rate=", "training.loss="]
    assert completion.settings("training.optimizer=ad") == [
        f"training.optimizer={name}" for name in names("optimizer") if name.startswith("ad")
    ]
    assert completion.settings("view.loop=") == ["view.loop=none", "view.loop=bounce"]
    assert completion.settings("training.shuffle=t") == ["training.shuffle=true"]
    assert completion.settings("seed=") == completion.settings("no.such=") == []


ASKED = {  # how each shell asks for the words after `nnviz list da`
    "bash": {"_NNVIZ_COMPLETE": "complete_bash", "COMP_WORDS": "nnviz list da", "COMP_CWORD": "2"},
    "zsh": {"_NNVIZ_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "nnviz list da"},
    "fish": {
        "_NNVIZ_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_ARGS": "nnviz list da",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    },
}


@pytest.mark.process
@pytest.mark.parametrize("shell", ASKED)
def test_each_shell_gets_its_words(shell):
    done = subprocess.run(
        [sys.executable, "-m", "nnviz_cli"],
        env={**os.environ, **ASKED[shell]},
        capture_output=True,
        text=True,
    )
    assert "datasets" in done.stdout
    assert "panels" not in done.stdout
    assert done.stderr == ""


@pytest.mark.process
def test_completion_imports_nothing_that_draws_or_trains():
    code = (
        "import sys; from nnviz_cli.command import completion as c\n"
        "c.settings('training.'); c.themes(''); c.templates(''); c.outputs('a')\n"
        "print(*{'tensorflow', 'keras', 'matplotlib', 'scipy', 'h5py'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
