"""A spec says what it means in short, and what is wrong with it in full."""

import json
import subprocess
import sys

import pytest
import yaml

from nnviz_cli.data.table import DATASETS
from nnviz_cli.draw.panels import PANELS
from nnviz_cli.errors import SpecError, printable
from nnviz_cli.spec import keras_names
from nnviz_cli.spec.choice import choice_model
from nnviz_cli.spec.keys import Layer
from nnviz_cli.spec.load import load
from nnviz_cli.spec.names import names
from nnviz_cli.spec.schema import json_schema
from nnviz_cli.spec.short_forms import with_settings
from nnviz_cli.spec.yaml_reader import read_file, read_text
from tests.conftest import CONFIGS, PACKAGE, spec_of

GOOD = "dataset: rings\nmodel: {layers: [3, 2, 1]}\n"


def problems_in(text):
    """What is said of a spec: the first line of each problem, and its hint."""
    with pytest.raises(SpecError) as caught:
        load(read_text(text, "s.yaml"))
    return [
        (f"{p.place.line}:{p.place.column} {printable(p.message)}", p.hint)
        for p in caught.value.problems
    ]


def test_the_short_form_and_the_full_form_are_the_same_spec():
    short = """
dataset: rings
model: {layers: [3, 2, 1], activation: relu}
training: {optimizer: adam, loss: mse, metrics: [mae]}
probe: -2
view: {panels: hidden}
outputs: [a.gif]
"""
    full = """
dataset: {name: rings}
model: {layers: [{units: 3}, {units: 2}, {units: 1}], activation: {name: relu}}
training: {optimizer: {name: Adam}, loss: {name: MeanSquaredError}, metrics: [{name: MAE}]}
probe: hidden_2
view: {panels: [[{name: hidden}]]}
outputs: [{path: a.gif}]
"""
    nested = """
dataset: {make_circles: }
model: [3, 2, 1]
training: {optimizer: {ADAM: {}}, loss: {mean-squared-error: }, metrics: [{mae: }]}
probe: -2
view: {panels: {hidden: }}
outputs: [a.gif]
"""
    assert spec_of(nested) == spec_of(nested.replace("3, 2, 1", "3, {units: 2}, {units: 1}"))
    one, other = spec_of(short).dump(), spec_of(full).dump()
    assert one.pop("probe") == -2
    assert other.pop("probe") == "hidden_2"
    assert one == other
    third = spec_of(nested.replace("[3, 2, 1]", "{layers: [3, 2, 1], activation: {relu: }}")).dump()
    assert spec_of(yaml.safe_dump(third)).dump() == third
    assert third.pop("probe") == -2
    assert third == one


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_good_and_its_name_says_its_units(path):
    spec = load(read_file(path))
    assert list(spec.units[1:]) == [int(units) for units in path.stem.split("-")[1:]]
    assert path.stem.startswith({"rings": "ring_1-", "polynomial": "poly_1-"}[spec.dataset.name])
    assert spec.frames == 100
    assert path.read_text().startswith(
        "# yaml-language-server: $schema=../nnviz_cli/spec.schema.json\n"
    )


def test_the_ten_configs_are_the_ten_experiments():
    assert {path.stem for path in CONFIGS} >= {
        *("poly_1-2-1", "poly_1-2-2-2-1", "poly_1-6-1", "poly_1-3-3-1", "poly_1-3-1-3-1"),
        *("poly_1-3-3-1-3-3-1", "ring_1-1-2-1", "ring_1-2-2-1", "ring_1-3-2-1", "ring_1-4-2-1"),
    }


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_what_show_prints_is_the_same_spec_again(path):
    plain = load(read_file(path)).dump()
    again = load(read_text(yaml.safe_dump(plain, allow_unicode=True), "again.yaml"))
    assert again.dump() == plain
    assert again == load(read_text(yaml.safe_dump(again.dump(), allow_unicode=True), "x.yaml"))


def test_names_of_other_tools_lead_to_the_same_data():
    for name, other in (("rings", "circles"), ("moons", "make_moons"), ("gaussians", "blobs")):
        spec = spec_of(
            f"dataset: {{name: {other}, points: 9}}\nmodel: {{layers: [{3 if other == 'blobs' else 1}]}}\n"
        )
        assert spec.dataset.name == name
        assert spec.title.startswith(name.capitalize())
        assert spec.dump()["dataset"]["name"] == name


def test_a_layer_lists_all_its_keys():
    ((_, hint),) = problems_in("dataset: rings\nmodel: [{units: 1, foo: 1}]\n")
    assert hint == f"known: {', '.join(Layer.model_fields)}"
    assert "name" in hint


def test_defaults_follow_the_task():
    rings, curve = spec_of(GOOD), spec_of("dataset: polynomial\nmodel: {layers: [4, 1]}\n")
    assert [layer.activation.name for layer in rings.model.layers] == ["tanh", "tanh", "sigmoid"]
    assert [layer.activation.name for layer in curve.model.layers] == ["tanh", "linear"]
    assert (rings.training.loss.name, curve.training.loss.name) == (
        "binary_crossentropy",
        "mean_squared_error",
    )
    assert [metric.name for metric in rings.training.metrics] == ["accuracy"]
    assert curve.training.metrics == ()
    assert (rings.probe, curve.probe) == (-2, -1)
    assert rings.training.learning_rate == 0.01  # Keras's own default of SGD
    assert [layer.name for layer in rings.model.layers] == ["hidden_1", "hidden_2", "output"]


def test_the_frames_follow_a_total_of_epochs():
    def frames(more):
        return spec_of(
            "dataset: {name: rings, points: 60}\nmodel: {layers: [3, 1]}\n" + more
        ).frames

    assert frames("") == frames("training: {epochs: 99}\n") == 100
    assert frames("training: {epochs: 200}\n") == 100
    assert frames("training: {epochs: 98}\n") == 99
    assert frames("training: {epochs: 1}\n") == 2
    assert frames("training: {epochs: 98}\nframes: 393\n") == 393  # of 4 steps per epoch
    shown = spec_of(GOOD + "training: {epochs: 50}\n").dump()
    assert shown["training"]["epochs"] == 50
    assert "epochs_per_frame" not in shown["training"]
    assert spec_of(yaml.safe_dump(shown)).dump() == shown
    shown = spec_of(GOOD).dump()
    assert shown["training"]["epochs_per_frame"] == 1.0
    assert "epochs" not in shown["training"]


BAD = [
    ("dataset: rings\n", [("1:1 model: missing", "")]),
    (
        "datset: rings\nmodel: {layers: [1]}\n",
        [("1:1 unknown key 'datset'", "did you mean 'dataset'?"), ("1:1 dataset: missing", "")],
    ),
    (GOOD + "frames: 0\n", [("3:9 frames: must be at least 1, got 0", "")]),
    (GOOD + "frames: 1.5\n", [("3:9 frames: expected a whole number, got 1.5", "")]),
    (GOOD + "frames: yes\n", [("3:9 frames: expected a whole number, got 'yes'", "")]),
    (GOOD + "frames: true\n", [("3:9 frames: expected a whole number, got true", "")]),
    (GOOD + "frames: 1000000000\n", [("3:9 frames: must be at most 20000, got 1000000000", "")]),
    (GOOD + "seed: -1\n", [("3:7 seed: must be at least 0, got -1", "")]),
    (GOOD + "fps: 3\n", [("3:1 unknown key 'fps'", "'fps' belongs under 'view'")]),
    (
        GOOD + "training: {frames: 3}\n",
        [("3:12 training: unknown key 'frames'", "'frames' belongs at the top of the spec")],
    ),
    (
        GOOD + "training: {lr: 1}\n",
        [("3:12 training: unknown key 'lr'", "did you mean 'learning_rate'?")],
    ),
    (
        GOOD + "training: {learning_rate: fast}\n",
        [("3:27 training.learning_rate: expected a number, got 'fast'", "")],
    ),
    (
        GOOD + "training: {learning_rate: '1,5'}\n",
        [
            (
                "3:27 training.learning_rate: expected a number, got '1,5'",
                "use a point as the decimal separator: 1.5",
            )
        ],
    ),
    (
        GOOD + "training: {learning_rate: .nan}\n",
        [("3:27 training.learning_rate: must be a finite number, got nan", "")],
    ),
    (
        GOOD + "training: {learning_rate: -0.1}\n",
        [("3:27 training.learning_rate: must be greater than 0, got -0.1", "")],
    ),
    (
        GOOD + "training: {optimizer: adamm}\n",
        [("3:23 training.optimizer: unknown optimizer 'adamm'", "did you mean 'adam'?")],
    ),
    (
        GOOD + "training: {optimizer: {name: adam, beta1: 0.5}}\n",
        [("3:36 training.optimizer: unknown key 'beta1'", "did you mean 'beta_1'?")],
    ),
    (
        GOOD + "training: {optimizer: {name: adam, learning_rate: 1}, learning_rate: 1}\n",
        [("3:36 learning_rate is set both in training and in its optimizer", "")],
    ),
    (
        GOOD + "training: {shuffle: no}\n",
        [("3:21 training.shuffle: expected true or false, got 'no'", "write false")],
    ),
    (
        GOOD + "training: {loss: categorical_crossentropy}\n",
        [
            (
                "3:18 training.loss: 'categorical_crossentropy' cannot be used for a binary task with 1 output",
                "use 'binary_crossentropy'",
            )
        ],
    ),
    (
        "dataset: polynomial\nmodel: {layers: [2, 1]}\ntraining: {loss: bce}\n",
        [
            (
                "3:18 training.loss: 'binary_crossentropy' cannot be used for a regression task with 1 output",
                "use 'mse'",
            )
        ],
    ),
    (
        "dataset: rings\nmodel: {layers: [3, 4]}\n",
        [
            (
                "2:21 model.layers: the last layer has 4 units, but dataset 'rings' has 1 output",
                "end the list with 1",
            )
        ],
    ),
    (
        "dataset: rings\nmodel: {layers: 3}\n",
        [("2:17 model.layers: expected a list, got 3", "write [3]")],
    ),
    (
        "dataset: rings\nmodel: {layers: []}\n",
        [("2:17 model.layers: expected at least 1, got an empty list", "")],
    ),
    (
        "dataset: rings\nmodel: {layers: [3, -1, 1]}\n",
        [("2:21 model.layers.1.units: must be at least 1, got -1", "")],
    ),
    (
        "dataset: rings\nmodel: {layers: [3, 2, 1], activation: tahn}\n",
        [("2:40 model.activation: unknown activation 'tahn'", "did you mean 'tanh'?")],
    ),
    (
        "dataset: rings\nmodel:\n  layers:\n    - {units: 2, name: a}\n    - {units: 2, name: a}\n    - 1\n",
        [("5:24 model.layers: two layers are named 'a'", "")],
    ),
    (
        "dataset: {name: rings, noize: 1}\nmodel: {layers: [2, 1]}\n",
        [("1:24 dataset: unknown key 'noize'", "did you mean 'noise'?")],
    ),
    (
        "dataset: {name: polynomial, domain: [2, -2]}\nmodel: {layers: [2, 1]}\n",
        [("1:37 dataset.domain: the first number must be less than the second", "")],
    ),
    (
        "dataset: ringz\nmodel: {layers: [2, 1]}\n",
        [("1:10 dataset: unknown dataset 'ringz'", "did you mean 'rings'?")],
    ),
    (
        GOOD + "probe: 3\n",
        [("3:8 probe: no layer has index 3; the model has 3 layers", "use an index from -3 to 2")],
    ),
    (
        GOOD + "probe: hiden_2\n",
        [("3:8 probe: no layer is named 'hiden_2'", "did you mean 'hidden_2'?")],
    ),
    (GOOD + "probe: 1.5\n", [("3:8 probe: expected the index or the name of a layer", "")]),
    (
        GOOD + "view: {panels: [[input, {name: hidden, layer: 9}]]}\n",
        [
            (
                "3:25 view.panels: 'hidden' cannot show layer 9: no layer has index 9; "
                "the model has 3 layers",
                "",
            )
        ],
    ),
    (
        GOOD + "view: {panels: fit}\n",
        [("3:16 view.panels: 'fit' requires a regression with one input and one output", "")],
    ),
    (
        GOOD + "view: {size: 641x480}\n",
        [("3:14 view.size: both sides must be even, got 641x480", "use 640x480 or 642x480")],
    ),
    (
        GOOD + "view: {size: 8x999999}\n",
        [
            (
                "3:14 view.size: both sides must be between 32 and 4096 pixels, got 8x999999",
                "--large lifts this limit",
            )
        ],
    ),
    (
        GOOD + "view: {size: 16:9}\n",
        [("3:14 view.size: expected a size like 1280x720, got '16:9'", "")],
    ),
    (
        GOOD + "view: {theme: drak}\n",
        [("3:15 view.theme: unknown theme 'drak'", "did you mean 'dark'?")],
    ),
    (GOOD + "view: {fps: 1000}\n", [("3:13 view.fps: must be at most 120, got 1000", "")]),
    (GOOD + "view: {fps: 30fps}\n", [("3:13 view.fps: expected a number, got '30fps'", "")]),
    (GOOD + "title: " + "x" * 201 + "\n", [("3:8 title: must be at most 200 characters long", "")]),
    (
        GOOD + 'title: "a\\u001b[31m"\n',
        [("3:8 title: contains invalid characters: 'a\\x1b[31m'", "")],
    ),
    (GOOD + "model: {}\n", [("3:1 'model' is a duplicate key; first used on line 2", "")]),
]


@pytest.mark.parametrize(
    ("text", "expected"), BAD, ids=[text.splitlines()[-1][:60] for text, _ in BAD]
)
def test_what_is_wrong_is_told_with_its_place(text, expected):
    found = problems_in(text)
    assert [message for message, _ in found] == [message for message, _ in expected]
    for (_, hint), (_, start) in zip(found, expected, strict=True):
        assert hint.startswith(start)


def test_all_problems_are_told_at_once():
    text = """
dataset: {name: rings, noize: 0.1, radii: [1]}
model: {layers: [3, {units: 0}, 1], activation: tahn}
training: {lr: 3, loss: hinge2}
frames: 0
"""
    assert [message for message, _ in problems_in(text)] == [
        "2:24 dataset: unknown key 'noize'",
        "2:36 dataset.radii.1: missing",
        "3:29 model.layers.1.units: must be at least 1, got 0",
        "3:49 model.activation: unknown activation 'tahn'",
        "4:12 training: unknown key 'lr'",
        "4:25 training.loss: unknown loss 'hinge2'",
        "5:9 frames: must be at least 1, got 0",
    ]


def test_what_does_not_fit_together_is_told_with_what_is_wrong_by_itself():
    text = """
dataset: rings
model: {layers: [3, 2, 4]}
training: {learning_rate: fast, loss: kl_divergence}
frames: 0
"""
    assert [message for message, _ in problems_in(text)] == [
        "4:27 training.learning_rate: expected a number, got 'fast'",
        "5:9 frames: must be at least 1, got 0",
        "3:24 model.layers: the last layer has 4 units, but dataset 'rings' has 1 output",
        "4:39 training.loss: 'kl_divergence' cannot be used for a binary task with 1 output",
    ]


def test_a_problem_prints_its_line_and_a_caret():
    with pytest.raises(SpecError) as caught:
        load(read_text(GOOD + "view: {theme: drak}\n", "s.yaml"))
    assert str(caught.value) == (
        "s.yaml:3:15: view.theme: unknown theme 'drak'\n"
        "  3 | view: {theme: drak}\n"
        "    |               ^^^^\n"
        "  hint: did you mean 'dark'?; known: light, dark, paper, high-contrast"
    )


def test_set_is_checked_by_the_same_rules_and_points_into_itself():
    document = with_settings(read_text(GOOD, "s.yaml"), ["training.learning_rate=fast", "frames=0"])
    with pytest.raises(SpecError) as caught:
        load(document)
    assert str(caught.value) == (
        "--set:1:24: training.learning_rate: expected a number, got 'fast'\n"
        "  1 | training.learning_rate=fast\n"
        "    |                        ^^^^\n"
        "--set:1:8: frames: must be at least 1, got 0\n"
        "  1 | frames=0\n"
        "    |        ^"
    )


# the families ---------------------------------------------------------------------------

FAMILIES = ["dataset", "panel", *keras_names.FAMILIES]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_of_every_family_makes_a_choice(family):
    for name in names(family):
        required = {
            key: 0.5
            for key, field in choice_model(family, name).model_fields.items()
            if key != "name" and field.is_required()
        }
        made = choice_model(family, name)(name=name, **required)
        assert made.name == name


def test_every_option_of_a_dataset_and_a_panel_is_described():
    for family, table in (("dataset", DATASETS), ("panel", PANELS)):
        for name in table:
            for key, field in choice_model(family, name).model_fields.items():
                assert key == "name" or field.description, (family, name, key)


def test_the_committed_schema_is_the_generated_one():
    kept = json.loads((PACKAGE / "spec.schema.json").read_text())
    assert kept == json.loads(json.dumps(json_schema())), "run `make schema`"


def test_the_schema_knows_the_short_forms_and_every_name():
    schema = json.dumps(json_schema())
    for family in FAMILIES:
        for name in names(family):
            assert f'"{name}"' in schema
    assert '"default": null' not in schema


@pytest.mark.process
def test_checking_a_spec_starts_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys; from nnviz_cli.spec.yaml_reader import read_file; from nnviz_cli.spec.load import load; "
        "from pathlib import Path; load(read_file(Path(sys.argv[1]))); "
        "print(*{'tensorflow', 'keras', 'matplotlib', 'h5py', 'scipy'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, CONFIGS[0]], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == ""


def test_an_option_that_is_no_count_takes_fractions_also_where_its_default_is_whole():
    spec = spec_of(
        "dataset: rings\n"
        "model: {layers: [3, 1], activation: {squareplus: {b: 2.5}}}\n"
        "training: {metrics: [{name: binary_crossentropy, label_smoothing: 0.1}]}\n"
    )
    assert spec.model.activation.options == {"b": 2.5}
    assert spec.training.metrics[0].options["label_smoothing"] == 0.1
    with pytest.raises(SpecError, match="num_thresholds"):
        spec_of(
            "dataset: rings\nmodel: [3, 1]\n"
            "training: {metrics: [{name: auc, num_thresholds: 20.5}]}\n"
        )
