"""The suite itself: its tiers are what they say, and no file is without tests."""

import ast
import re
import subprocess
from multiprocessing import Process
from pathlib import Path

import pytest

from tests.tiers import NEED, NoTensorFlow

HERE = Path(__file__).parent
ROOT = HERE.parent


def test_an_unmarked_test_starts_no_process():
    for start in (lambda: subprocess.run(["true"]), Process(target=print).start):
        with pytest.raises(pytest.fail.Exception, match=f"starts a process: {NEED}"):
            start()


@pytest.mark.process
def test_a_marked_test_starts_processes():
    assert subprocess.run(["true"]).returncode == 0


@pytest.mark.parametrize("name", ["keras", "tensorflow"])
def test_tensorflow_skips_a_module_of_the_fast_tier_and_fails_a_test(name):
    finder = NoTensorFlow()
    with pytest.raises(pytest.skip.Exception) as skipped:
        finder.find_spec(name)
    assert skipped.value.allow_module_level
    finder.running = True
    with pytest.raises(pytest.fail.Exception, match=f"imports TensorFlow: {NEED}"):
        finder.find_spec(name)
    assert finder.find_spec(f"nnviz_cli.{name}") is None


def test_every_test_file_has_tests():
    for path in HERE.rglob("test_*.py"):
        body = ast.parse(path.read_text()).body
        names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
        assert any(name.startswith("test_") for name in names), path


def test_the_tiers_are_targets_and_ci_runs_the_command_of_the_readme_for_all_tests():
    makefile = (ROOT / "Makefile").read_text()
    commands = dict(re.findall(r"^(test[a-z-]*): .*\n\t\$\(PYTEST\)(.*)$", makefile, re.MULTILINE))
    assert commands == {
        "test-fast": ' -m "not process and not slow"',
        "test": ' -m "not slow"',
        "test-all": "",
    }
    for document in ("README.md", "CONTRIBUTING.md"):
        shown = re.findall(r"^    make (test[a-z-]*) ", (ROOT / document).read_text(), re.MULTILINE)
        assert set(shown) == set(commands), document
    assert "make test-all" in (ROOT / ".ci/run").read_text().splitlines()
