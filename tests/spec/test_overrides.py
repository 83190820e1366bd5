"""Values that `--set` and other options give."""

import pytest

from nnviz_cli.errors import Place, SpecError
from nnviz_cli.spec.overrides import Assignment, override
from nnviz_cli.spec.short_forms import with_settings
from nnviz_cli.spec.yaml_reader import read_text
from tests.spec.test_yaml_reader import SPEC, spot


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("training.learning_rate=0.003", ("training", "learning_rate"), 0.003),
        ("view.camera.turn=dark", ("view",), {"camera": {"turn": "dark"}}),
        ("dataset.noise=0.1", ("dataset",), {"name": "rings", "noise": 0.1}),
        ("dataset.name=xor", ("dataset",), {"name": "xor"}),
        ("training.optimizer.decay=1", ("training", "optimizer"), {"name": "sgd", "decay": 1}),
        ("model.layers.0.bias=no", ("model", "layers", 0), {"units": 3, "bias": "no"}),
        ("model.layers.-1.bias=~", ("model", "layers", 2), {"units": 1, "bias": None}),
        ("model.layers.1.units=5", ("model", "layers", 1), {"units": 5, "name": "plane"}),
        ("model.layers.-3=4", ("model", "layers"), [{"units": 4}, {"units": 2, "name": "plane"}, {"units": 1}]),
        ("model.layers=[5, 1]", ("model", "layers"), [{"units": 5}, {"units": 1}]),
        ("model=[5, 1]", ("model",), {"layers": [{"units": 5}, {"units": 1}]}),
        ("training.optimizer={name: adam}", ("training", "optimizer"), {"name": "adam"}),
        ("training.optimizer={adam: {beta_1: 0}}", ("training", "optimizer"), {"name": "adam", "beta_1": 0}),
        ("training.optimizer.sgd.decay=1", ("training", "optimizer"), {"name": "sgd", "decay": 1}),
        ("training.loss.huber.delta=1", ("training", "loss"), {"name": "huber", "delta": 1}),
        ("outputs.0.size=8x8", ("outputs", 0), {"path": "a.gif", "size": "8x8"}),
        ("outputs.1.path=b.gif", ("outputs", 1), {"path": "b.gif"}),
        ("title=a=b", ("title",), "a=b"),
        ("title='a: b # c'", ("title",), "a: b # c"),
        ("title=''", ("title",), ""),
    ],
)  # fmt: skip
def test_set_changes_what_a_path_leads_to_and_not_the_original(assignment, path, value):
    document = read_text(SPEC, "s.yaml")
    found = with_settings(document, [assignment]).value
    for step in path:
        found = found[step]
    assert found == value
    again = read_text(SPEC, "s.yaml")
    assert document == again
    assert document.place(path) == again.place(path)


def test_later_settings_win():
    settings = [
        "dataset=xor",
        "model=[3]",
        "model.layers.0.name=a",
        "dataset.gap=1",
        "seed=1",
        "seed=2",
    ]
    document = with_settings(read_text(SPEC, "s.yaml"), settings)
    assert document.value["dataset"] == {"name": "xor", "gap": 1}
    assert document.value["model"] == {"layers": [{"units": 3, "name": "a"}]}
    assert document.value["seed"] == 2
    assert document.place(("dataset", "name")).text == "dataset=xor"
    assert document.place(("model", "layers", 0, "units")).text == "model=[3]"


@pytest.mark.parametrize(
    ("assignment", "path", "key", "place"),
    [
        ("training.learning_rate=fast", ("training", "learning_rate"), False, ("--set", 1, 24, 4)),
        ("training.learning_rate=fast", ("training", "learning_rate"), True, ("--set", 1, 10, 13)),
        ("training.learning_rate=fast", ("training", "optimizer"), False, ("s.yaml", 5, 23, 3)),
        ("a.b.c=1", ("a",), True, ("--set", 1, 1, 1)),
        ("a.b.c=1", ("a", "b", "d"), True, ("--set", 1, 3, 1)),
        ("dataset.noise=1", ("dataset", "name"), False, ("s.yaml", 2, 10, 5)),
        ("dataset.noise=1", ("dataset", "name"), True, ("s.yaml", 2, 10, 5)),
        ("dataset.noise=1", ("dataset",), True, ("s.yaml", 2, 1, 7)),
        ("dataset.noise=1", ("dataset", "noise"), True, ("--set", 1, 9, 5)),
        ("a.-1=[x, {y: 1}]", ("a", "-1", 1, "y"), False, ("--set", 1, 14, 1)),
        ("a.-1=[x, {y: 1}]", ("a", "-1", 1, "y"), True, ("--set", 1, 11, 1)),
        ("model=[5, 10]", ("model", "layers", 1, "units"), False, ("--set", 1, 11, 2)),
        ("dataset={xor: {gap: 2}}", ("dataset", "name"), False, ("--set", 1, 10, 3)),
        ("dataset={xor: {gap: 2}}", ("dataset", "gap"), False, ("--set", 1, 21, 1)),
        ("dataset={xor: {gap: 2}}", ("dataset", "gap"), True, ("--set", 1, 16, 3)),
        ("model.layers=[5]", ("model", "layers", 1, "name"), False, ("--set", 1, 14, 1)),
    ],
)
def test_what_was_set_stands_in_the_assignment(assignment, path, key, place):
    found = with_settings(read_text(SPEC, "s.yaml"), [assignment]).place(path, key=key)
    assert spot(found) == place
    assert found.source != "--set" or found.text == assignment


@pytest.mark.parametrize(
    ("assignment", "column", "message"),
    [
        ("frames", 1, "expected KEY=VALUE"),
        ("", 1, "expected KEY=VALUE"),
        ("a=1\nb=2", 1, "expected KEY=VALUE in one line"),
        ("=3", 1, "empty key"),
        ("a..b=3", 3, "empty key"),
        ("a.b.=3", 5, "empty key"),
        ("frames=", 8, "missing value after '='"),
        ("title=#fff", 7, "missing value after '='"),
        ("model.layers.3=3", 14, "no item '3' in a list of 3"),
        ("model.layers.-4.units=3", 14, "no item '-4' in a list of 3"),
        ("model.layers.x=3", 14, "no item 'x' in a list of 3"),
        (
            "training.optimizer.x=3",
            10,
            "cannot set a key here: the value is not a mapping or a list",
        ),
        (
            "training.learning_rate.x=3",
            10,
            "cannot set a key here: the value is not a mapping or a list",
        ),
        ("a.b=[1", 5, "[ is not closed"),
        ("a.b='1", 5, "' is not closed"),
        ("seed=010", 6, "ambiguous number '010'"),
        ("a={b: 1, b: 2}", 10, "'b' is a duplicate key; first used on line 1"),
        ("a=b: c", 3, "expected a single value"),
        ("a=- b", 3, "expected a single value"),
        ("a=*b", 3, "aliases (*) are not allowed in a spec"),
        ("a=\x1b", 3, "control character U+001B is not allowed"),
        ("a." * 40 + "b=1", 65, "nested deeper than 32"),
        ("model.layers." + "9" * 5000 + "=1", 14, "no item '" + "9" * 39 + "…' in a list of 3"),
    ],
)
def test_what_cannot_be_set_is_told_with_its_place(assignment, column, message):
    with pytest.raises(SpecError) as caught:
        override(read_text(SPEC, "s.yaml"), [assignment])
    (problem,) = caught.value.problems
    assert (problem.place.source, problem.place.line) == ("--set", 1)
    assert (problem.place.column, problem.message) == (column, message)


def test_all_bad_settings_are_told_at_once_with_a_caret():
    with pytest.raises(SpecError) as caught:
        override(read_text(SPEC, "s.yaml"), ["frames", "seed=1", "view.fps=1_0"])
    assert str(caught.value) == (
        "--set:1:1: expected KEY=VALUE\n"
        "  1 | frames\n"
        "    | ^^^^^^\n"
        "  hint: use KEY=VALUE, like training.learning_rate=0.003\n"
        "--set:1:10: ambiguous number '1_0'\n"
        "  1 | view.fps=1_0\n"
        "    |          ^^^\n"
        "  hint: write 10, or quote it if it is text"
    )


@pytest.mark.parametrize("value", [30, 1000.0, "{name: drak}", "010", "null", "", [1, 2]])
def test_the_value_of_an_option_is_not_parsed_and_names_the_option(value):
    given = Assignment(option="--fps", key="view.fps", value=value)
    document = override(read_text(SPEC, "s.yaml"), [given])
    assert document.value["view"] == {"fps": value}
    assert type(document.value["view"]["fps"]) is type(value)
    expected = Place("--fps", 0, 1, str(value), len(str(value)))
    assert document.place(("view", "fps")) == expected
    assert document.place(("view", "fps"), key=True) == expected
    assert document.place(("view", "fps", 0)) == expected
