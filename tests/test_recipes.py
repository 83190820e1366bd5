"""CONTRIBUTING's recipes, followed to the letter in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COPIED = ("nnviz_cli", "tests", "configs", "docs")
FILES = ("pyproject.toml", "CONTRIBUTING.md", "README.md", "CHANGELOG.md", "Makefile", "LICENSE")
# recipe -> tests that loop over its table, and what the copy is asked to do
RECIPES = {
    "dataset": (
        (
            "tests/data",
            "tests/recording/test_grid.py",
            "tests/spec/test_load.py",
            "tests/spec/test_schema.py",
            "tests/spec/test_template.py",
            "tests/command/test_catalogue.py",
            "tests/command/test_reference.py",
            "tests/test_house.py",
        ),
        ("list datasets", "new a.yaml --template line", "validate a.yaml"),
    ),
    "panel": (
        (
            "tests/draw/panels",
            "tests/draw/test_named.py",
            "tests/draw/test_numbers.py::test_all_panels_have_their_turn",
            "tests/spec/test_schema.py",
            "tests/command/test_reference.py",
            "tests/test_house.py",
        ),
        ("list panels",),
    ),
    "theme": (
        (
            "tests/draw/test_theme.py",
            "tests/draw/panels/test_panels.py",
            "tests/spec/test_schema.py",
            "tests/command/test_reference.py",
            "tests/test_house.py",
        ),
        ("list themes",),
    ),
}
BLOCK = re.compile(r"^```(?:python|yaml)\n# (.*?)\n(.*?)^```$", re.M | re.S)


def recipe(name):
    """The places and the code of a recipe's snippets; a place is their first line."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (section,) = re.findall(rf"^\*\*An? {name}\*\* is.*?(?=^\*\*|^## )", text, re.M | re.S)
    return BLOCK.findall(section)


def apply(tree, place, code):
    """Put a snippet where its first line says."""
    *how, file = place.split(" ")
    path = tree / file
    match how:
        case ["all", "of"]:
            path.write_text(code)
        case ["at", "the", "end", "of"]:
            path.write_text(f"{path.read_text()}\n\n{code}")
        case ["among", "the", "imports", "of"]:
            first = r"^from nnviz_cli"
            text = re.sub(first, lambda m: code + m[0], path.read_text(), count=1, flags=re.M)
            path.write_text(text)
        case ["in", table, "of"]:
            start = rf"^{table}\b[^\n]*[{{(]\n"
            changed, count = re.subn(
                start, lambda m: f"{m[0]}    {code}", path.read_text(), flags=re.M
            )
            assert count == 1, place
            path.write_text(changed)
        case _:
            pytest.fail(f"unknown place: {place}")


def run(tree, *words):
    """Run a module of the copy; its standard output."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=tree, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_what_is_added_by_the_recipe_passes_the_tests_of_its_table(name, tmp_path):
    tests, commands = RECIPES[name]
    for folder in COPIED:
        ignored = shutil.ignore_patterns("__pycache__", "*.gif", "*.mp4", "site")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in FILES:
        shutil.copy(ROOT / file, tmp_path)
    snippets = recipe(name)
    assert snippets
    for place, code in snippets:
        apply(tmp_path, place, code)
    schema = next((tmp_path / "nnviz_cli").rglob("spec.schema.json"))
    schema.write_text(run(tmp_path, "nnviz_cli", "schema"))
    reference = tmp_path / "docs" / "reference.md"
    reference.write_text(run(tmp_path, "nnviz_cli.command.reference"))
    for command in commands:
        run(tmp_path, "nnviz_cli", *command.split())
    run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "-m", "not process", *tests)
