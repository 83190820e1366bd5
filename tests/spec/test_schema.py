"""What an editor sees: the JSON Schema accepts what a check accepts, and flags what it can."""

import copy
import itertools
import json
import re
from pathlib import Path
from typing import Annotated

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from nnviz_cli.errors import SpecError
from nnviz_cli.job.experiment import check
from nnviz_cli.spec.choice import Choice, ChoiceOf, choice_model
from nnviz_cli.spec.load import load
from nnviz_cli.spec.names import FAMILIES, aliases, names
from nnviz_cli.spec.schema import json_schema
from nnviz_cli.spec.values import Size
from nnviz_cli.spec.yaml_reader import Document, read_text
from tests.command.test_catalogue import CATALOGUE, RENDER
from tests.conftest import CONFIGS, PACKAGE
from tests.test_docs import blocks

ROOT = Path(__file__).parent.parent.parent
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
GALLERY = sorted((ROOT / "configs/gallery").glob("*.yaml"))
TEMPLATES = sorted((PACKAGE / "spec/templates").glob("*.yaml"))

# the vocabularies of draft 2020-12 that the schema uses
KEYWORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "default", "examples"),
    *("type", "enum", "const", "anyOf", "oneOf", "not", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("properties", "patternProperties", "additionalProperties", "required"),
    *("minProperties", "maxProperties", "items", "prefixItems", "minItems", "maxItems"),
}
HOLDERS = {"$defs", "properties", "patternProperties"}  # of names, not of keywords
DATA = {"default", "enum", "const", "examples"}  # no schemas

# what only a check sees: the messages, and why a schema cannot know
ONLY_A_CHECK_SEES = {
    r"must be a finite number": "JSON has no other numbers",
    r"domain: must be within .* differ": "the order of numbers",
    r"view\.panels: (row 2 has|the cells of|at least one panel is required)": "the arrangement of a mosaic",
    r"view\.panels: '.*' (requires|draws|cannot show)": "the dataset and the model",
    r"_ratios: expected . numbers?,": "the arrangement of a mosaic",
    r"model\.layers: the last layer has": "the dataset",
    r"model\.layers: '.*' (does not preserve the order|compares the units)": "the dataset",
    r"training\.(loss|metrics): '.*' (cannot be used|with k)": "the dataset",
    r"dataset\.coefficients: y exceeds the range": "the domain",
    r"'epochs' and 'epochs_per_frame'": "two keys at once",
    r"frames need at least .* training steps": "the number of steps",
    r"training\.batch_size: must be at most .*, the number of": "the number of samples",
    r"training\.validation_split: .* samples": "the number of samples",
    r"dataset\.points: expected one number, or a list": "the number of classes",
    r"GB of temporary disk space": "the number of samples",
    r"frames per second is more than this format supports": "the output's format",
    r"max_size is for|compact is for|a sheet (is a \.png|shows many frames|of .* pixels)": "the output's format",
    r"cannot be written: File name too long": "the disk",
}


@pytest.fixture(scope="module")
def is_valid(tmp_path_factory):
    """What a check says of a spec."""
    path = tmp_path_factory.mktemp("schema") / "s.yaml"

    def good(plain):
        path.write_text(json.dumps(plain), "utf-8")
        try:
            check(path)
        except SpecError:
            return False
        return True

    return good


def is_accepted(plain):
    """What an editor says of a spec."""
    return VALIDATOR.is_valid(plain)


def schemas(node):
    """Every schema inside a schema."""
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            if key in DATA:
                continue
            yield from itertools.chain.from_iterable(
                map(schemas, value.values() if key in HOLDERS else [value])
            )
    elif isinstance(node, list):
        for item in node:
            yield from schemas(item)


def test_the_schema_is_one_and_has_no_unknown_keyword():
    Draft202012Validator.check_schema(SCHEMA)
    every = list(schemas(SCHEMA))
    assert {key for node in every for key in node} <= KEYWORDS
    for node in every:
        if "$ref" in node:
            assert node["$ref"].removeprefix("#/$defs/") in SCHEMA["$defs"]
        if "properties" in node:
            assert node["additionalProperties"] is False
    assert '"default": null' not in json.dumps(SCHEMA)
    assert len(json.dumps(SCHEMA)) < 150_000


@pytest.mark.parametrize(
    "text",
    [
        *(path.read_text() for path in (*CONFIGS, *GALLERY, *TEMPLATES)),
        *blocks("README.md", "yaml")[:1],
    ],
)
def test_what_is_shown_as_a_good_spec_is_good_for_an_editor_too(text):
    document = read_text(text, "s.yaml")
    assert [error.message for error in VALIDATOR.iter_errors(document.value)] == []
    shown = load(document).dump()
    assert [error.message for error in VALIDATOR.iter_errors(shown)] == []


def parsed(row):
    """The values of a row of the catalogue, or None if it is about no text that can be read."""
    if row.text is None or row.words not in (RENDER, ("validate", "s.yaml")) or row.env:
        return None
    try:
        return read_text(row.text.encode("latin-1"), "s.yaml").value
    except SpecError:
        return None


ROWS = [row for row in CATALOGUE if parsed(row) is not None]


def test_the_catalogue_is_flagged_by_an_editor_but_for_a_short_list():
    unseen = [row for row in ROWS if row.said and is_accepted(parsed(row))]
    reasons = {
        row.name: [kind for kind in ONLY_A_CHECK_SEES if re.search(kind, row.said[0])]
        for row in unseen
    }
    assert {name for name, found in reasons.items() if len(found) != 1} == set()
    assert set(ONLY_A_CHECK_SEES) == {kind for (kind,) in reasons.values()}, "no longer needed"
    assert len(ROWS) > 110
    assert len(unseen) < len(ROWS) / 3
    good = {row.name: is_accepted(parsed(row)) for row in ROWS if not row.said}
    assert all(good.values()), good


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ("training: {loss: mse}", True),
        ("training: {loss: MSE}", True),
        ("training: {loss: MeanSquaredError}", True),
        ("training: {loss: mean-squared-error}", True),
        ("training: {loss: mssq}", False),
        ("training: {lr: 0.1}", False),
        ("traning: {learning_rate: 0.1}", False),
        ("dataset: {name: rings, noize: 0.1}", False),
        ("dataset: {rings: {noize: 0.1}}", False),
        ("dataset: {rings: {noise: 0.1}}", True),
        ("dataset: {rings: }", True),
        ("dataset: make_circles", True),
        ("dataset: circle", False),
        ("model: [3, 1]", True),
        ("model: 3", False),
        (
            "model: {layers: [{units: 3, activation: {leaky_relu: {negative_slope: 0.01}}}, 1]}",
            True,
        ),
        ("model: {layers: [{units: 3, activation: {leaky_relu: {slope: 0.01}}}, 1]}", False),
        ("model: {layers: [{units: 3, kernel_regularizer: {l1: 1e-3, l2: 1e-3}}, 1]}", True),
        ("outputs: [a.avi]", False),
        ("outputs: [a.MP4, 'frames/', run.h5, {path: a.png, size: 64x36}]", True),
        ("outputs: ['{name}-{seed}-{frames}-{size}.gif']", True),
        ("outputs: ['{epoch}.gif']", False),
        ("outputs: [../a.mp4]", False),
        ("view: {panels: hidden}", True),
        ("view: {panels: [[input, {hidden: {layer: 0}}], [loss, loss]]}", True),
        ("view: {theme: {High_Contrast: {ink: '#ffffff'}}}", True),
        ("view: {theme: {dark: {ink: white}}}", False),
        ("view: {size: [640, 360], hold: 2}", True),
        ("captions: [{epoch: 2, text: a, at: 3}]", False),
    ],
)
def test_an_editor_says_what_a_check_says(change, accepted, is_valid):
    plain = {"dataset": "rings", "model": [3, 2, 1]} | read_text(change, "s.yaml").value
    assert is_accepted(plain) is accepted
    assert is_valid(plain) is accepted


# everything -----------------------------------------------------------------------------


def at(holder, path):
    for key in path:
        holder = holder[key]
    return holder


def paths(plain, path=()):
    """The way to every value."""
    yield path
    if isinstance(plain, dict | list):
        for key in plain if isinstance(plain, dict) else range(len(plain)):
            yield from paths(plain[key], (*path, key))


MIXED = read_text(
    """
dataset: {name: rings, points: 60}
model: [{units: 3, activation: relu}, 2, 1]
training: {learning_rate: 0.1, optimizer: {adam: {clipnorm: 1.0}}, metrics: [accuracy]}
frames: 9
view: {panels: [[input, {name: hidden, layer: 0}], [loss, loss]], width_ratios: [1, 2],
  theme: {name: dark, ink: '#ffffff'}, hold: [0, 1], events: true}
captions: [{epoch: 2, text: a}]
outputs: [{path: a.gif, max_size: 1MB, size: 64x36, theme: light}, {path: a.png, sheet: 2x2}]
""",
    "s.yaml",
).value
WHOLE = load(Document("s.yaml", MIXED)).dump()


def test_unknown_keys_are_flagged_at_every_level(is_valid):
    holders = [path for path in paths(WHOLE) if isinstance(at(WHOLE, path), dict)]
    assert len(holders) > 15
    assert is_accepted(WHOLE)
    for path in holders:
        changed = copy.deepcopy(WHOLE)
        at(changed, path)["noize"] = 1
        assert not is_accepted(changed), path
        assert not is_valid(changed), path


def test_an_editor_flags_nothing_that_a_check_takes():
    wrong = [None, True, "3", -0.5, 10**9, {}]
    told = 0
    for path in paths(MIXED):
        if not path or path[-1] == "path" or path in (("outputs", 0), ("outputs", 1)):
            continue  # paths are checked after the spec
        for value in wrong:
            changed = copy.deepcopy(MIXED)
            at(changed, path[:-1])[path[-1]] = value
            if not is_accepted(changed):
                told += 1
                with pytest.raises(SpecError):
                    load(Document("s.yaml", changed))
    assert told > 150


@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_is_accepted_in_every_form_and_spelling(family):
    """A name, {name: …} and {name: {…}} are the same; no option goes unchecked."""
    definition = {**SCHEMA, "$ref": f"#/$defs/{family}"}
    for key in ("properties", "required", "additionalProperties", "type"):
        del definition[key]
    editor = Draft202012Validator(definition)
    adapter = TypeAdapter(Annotated[Choice, ChoiceOf(family)])
    for name in names(family):
        fields = choice_model(family, name).model_fields
        options = {k: 0.5 for k, field in fields.items() if k != "name" and field.is_required()}
        expected = adapter.validate_python({"name": name, **options})
        spellings = [name, *aliases(family, name), name.upper(), name.replace("_", "").title()]
        for spelling in (*spellings, name.replace("_", "-")):
            forms = [{"name": spelling, **options}, {spelling: options}]
            forms += [] if options else [spelling, {spelling: None}]
            for form in forms:
                assert editor.is_valid(form), form
                assert adapter.validate_python(form) == expected, form
        for form in ({"name": name, **options, "noize": 1}, {name: {**options, "noize": 1}}):
            assert not editor.is_valid(form), form
            with pytest.raises(ValidationError, match="noize"):
                adapter.validate_python(form)
    nothing = [{}] if family != "regularizer" else []  # no penalty
    for form in (
        "no_such",
        "m_s_e",
        "",
        {"no_such": {}},
        {"name": "no_such"},
        3,
        [],
        None,
        *nothing,
    ):
        assert not editor.is_valid(form), form
        with pytest.raises(ValidationError):
            adapter.validate_python(form)


def test_sizes_have_the_same_bounds_in_an_editor():
    editor = Draft202012Validator(SCHEMA["$defs"]["View"]["properties"]["size"])
    adapter = TypeAdapter(Size)

    def is_size(value):
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    for side in range(5000):
        for size in (f"{side}x360", f" 640 × {side} ", [side, 360]):
            assert editor.is_valid(size) == is_size(size), size


def properties(schema, place=""):
    """Every property of a schema: where it is, and its schema."""
    if isinstance(schema, list):
        for item in schema:
            yield from properties(item, place)
    elif isinstance(schema, dict):
        for key, value in schema.get("properties", {}).items():
            yield f"{place}/{key}", value
        for key, value in schema.items():
            yield from properties(value, f"{place}/{key}" if key not in KEYWORDS else place)


def test_every_property_has_a_description():
    found = list(properties(SCHEMA))
    assert len(found) > 500
    assert [place for place, value in found if not value.get("description")] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_option_with_a_default_shows_it_to_an_editor(family):
    for name in names(family):
        forms = SCHEMA["$defs"][family]["anyOf"]
        (form,) = (each for each in forms if names_of(each) & {name})
        for key, field in choice_model(family, name).model_fields.items():
            if key != "name" and not field.is_required() and field.default is not None:
                default = json.loads(json.dumps(field.default))
                assert form["properties"][key]["default"] == default, (name, key)


def names_of(form):
    """The names that `{name: …}` may have in one of the forms of a family."""
    named = form.get("properties", {}).get("name", {"anyOf": [{"enum": []}]})
    return set(named["anyOf"][0]["enum"])
