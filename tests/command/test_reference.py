"""The reference has all that a spec can say, and the committed one is the generated one."""

import re
from pathlib import Path

import pytest

from nnviz_cli.command.reference import reference
from nnviz_cli.film.formats import FORMATS
from nnviz_cli.spec.choice import choice_model
from nnviz_cli.spec.keys import Layer, Model, Output, Remark, Spec, Training, View
from nnviz_cli.spec.names import FAMILIES, aliases, names

COMMITTED = Path(__file__).parent.parent.parent / "docs" / "reference.md"
TEXT = reference()


def rows(heading):
    """The cells of all tables under a heading, the heads left out."""
    section = re.split(r"^## ", TEXT, flags=re.M)
    (body,) = (each for each in section if each.startswith(f"{heading}\n"))
    lines = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in body.splitlines() if line[:2] == "| "]
    return [cells for cells in lines if cells[0].startswith("`")]


def test_the_committed_reference_is_the_generated_one():
    assert COMMITTED.read_text() == TEXT, "run make schema"


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("The spec", Spec),
        ("`model`", Model),
        ("`model.layers`", Layer),
        ("`training`", Training),
        ("`view`", View),
        ("`captions`", Remark),
        ("`outputs`", Output),
    ],
)
def test_every_key_is_there_with_its_description(heading, model):
    table = {cells[0].strip("`"): cells for cells in rows(heading)}
    assert list(table) == list(model.model_fields)
    for key, (_, value, default, text) in table.items():
        assert value, key
        assert text == model.model_fields[key].description.replace("|", "\\|")
        assert (default == "required") == model.model_fields[key].is_required()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_alias_and_option_is_there(family):
    heading = {"loss": "Losses"}.get(family, f"{family.capitalize()}s")
    cells = {cell for row in rows(heading) for cell in row}
    words = set(re.findall(r"`([^`]+)`", " ".join(cells)))
    for name in names(family):
        assert {name, *aliases(family, name)} <= words
        assert set(choice_model(family, name).keys()) <= words, name


def test_every_format_is_there():
    assert {cells[0].strip("`") for cells in rows("Formats")} == {*FORMATS, ".h5"}


def test_links_lead_to_headings():
    headings = re.findall(r"^## (.*)$", TEXT, re.M)
    anchors = {re.sub(r"[`.]", "", each).lower().replace(" ", "-") for each in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors
