"""Whatever comes: exit 0 or 2, never a traceback; and what is called good can be drawn."""

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from nnviz_cli.command import app
from nnviz_cli.data.table import DATASETS, kind
from nnviz_cli.draw.learning_film import compose
from nnviz_cli.draw.theme import THEMES, theme
from nnviz_cli.errors import SpecError
from nnviz_cli.film.captions import webvtt
from nnviz_cli.film.playback import LOOPS
from nnviz_cli.job.showing import captions_of
from nnviz_cli.recording.events import events
from nnviz_cli.spec.choice import choice_model
from nnviz_cli.spec.keys import Spec
from nnviz_cli.spec.load import load
from nnviz_cli.spec.names import names
from nnviz_cli.spec.schema import json_schema
from nnviz_cli.spec.yaml_reader import read_text
from nnviz_cli.train.schedule import SPACINGS
from tests import extreme
from tests.conftest import CURVE, RINGS, record

EASY = settings(
    deadline=None,
    derandomize=True,  # the same examples each time; `make fuzz` looks for new ones
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# text -----------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            ":",
            ": ",
            ",",
            "- ",
            "&a ",
            "*a",
            "!t ",
            "|",
            ">",
            "'",
            '"',
            "%",
            "@",
        ),
        *("`", "#", "?", "\n", "\r\n", "\t", "  ", "\\", "~", "=", "_", ".", "1e-3", "0x1", "010"),
        *("---\n", "...\n", "<<: ", "é", "\x00", "\x1b", "\u2028", "\ufeff", "yes", "null", "1:30"),
    ]
)


@st.composite
def damaged(draw):
    """A good spec with some pieces cut, put in, or repeated."""
    text = draw(st.sampled_from([RINGS, CURVE]))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 6))
        text = text[:at] + draw(st.one_of(PIECES, st.text(max_size=4))) + text[at + cut :]
    return text


def status_of(*words):
    """The exit status of a command, and all that it says."""
    said = io.StringIO()
    before, sys.argv = sys.argv, ["nnviz", *map(str, words)]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            app.app(prog_name="nnviz")
    except SystemExit as end:
        return end.code or 0, said.getvalue()
    except SpecError as error:
        return error.status, str(error)
    finally:
        sys.argv = before
    raise AssertionError("a command ends by an exit")


@pytest.mark.slow
@settings(EASY, max_examples=300)
@given(text=st.one_of(damaged(), st.text(max_size=200)))
def test_any_text_ends_with_0_or_2(text, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    status, said = status_of("validate", path)
    assert status in (0, 2)
    assert (status == 0) is said.endswith(": valid\n")


@settings(EASY, max_examples=150)
@given(raw=st.binary(max_size=100))
def test_any_bytes_are_refused_with_a_place(raw):
    with pytest.raises(SpecError) as caught:
        load(read_text(raw, "s.yaml"))
    for problem in caught.value.problems:
        assert 1 <= problem.place.column <= len(problem.place.text) + 1


# structures -----------------------------------------------------------------------------


def keys_of(schema):
    """Every key that a spec can have anywhere."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield from value if key == "properties" else ()
            yield from keys_of(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from keys_of(item)


EDITOR = Draft202012Validator(json_schema())
KEYS = sorted(set(keys_of(json_schema())))
WORDS = sorted({name for family in ("dataset", "panel", "theme", "loss") for name in names(family)})
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.sampled_from([*WORDS, "1280x720", "a.mp4", "/", "", "#102030", "x" * 300]),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.slow
@settings(EASY, max_examples=300)
@given(changes=st.dictionaries(st.sampled_from(list(Spec.model_fields)), VALUES, max_size=3))
def test_any_structure_ends_with_0_or_2(changes, tmp_path):
    path = tmp_path / "s.yaml"
    plain = yaml.safe_load(RINGS) | changes
    path.write_text(json.dumps(plain, ensure_ascii=False), "utf-8", "surrogatepass")
    status, said = status_of("validate", path)
    assert status in (0, 2), said
    assert status == 2 or EDITOR.is_valid(plain), "what a check takes, an editor takes"


@pytest.mark.slow
@settings(EASY, max_examples=150)
@given(key=st.sampled_from(KEYS), inside=st.sampled_from(list(Spec.model_fields)), value=VALUES)
def test_any_setting_ends_with_0_or_2(key, inside, value, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(RINGS)
    setting = f"{inside}.{key}={json.dumps(value, ensure_ascii=False)}"
    status, said = status_of("validate", path, "--set", setting)
    assert status in (0, 2), said


# extreme numbers ------------------------------------------------------------------------

OURS = ("dataset.", "view.", "frames", "seed", "captions", "outputs")  # the rest is Keras's


def loaded(plain):
    """A spec from plain values, or None and its problems."""
    try:
        return load(read_text(json.dumps(plain), "s.yaml")), ()
    except SpecError as error:
        return None, error.problems


@pytest.mark.slow
def test_every_number_of_a_spec_may_be_extreme():
    """A spec is refused with a place, or its dataset is made of finite numbers; no warning."""
    tried, accepted = set(), set()
    for path, number, plain in extreme.specs():
        name = path if path.startswith(OURS) else path.rpartition(".")[2]
        if name != path and (name, repr(number)) in tried:
            continue  # the same option of another optimizer, loss or activation
        tried.add((name, repr(number)))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            spec, problems = loaded(plain)
            assert all(problem.place for problem in problems), plain
            if spec is None:
                continue
            made = DATASETS[spec.dataset.name].make(
                np.random.default_rng(1), **spec.dataset.options
            )
        for array in (made.x, made.y, made.watched_x, made.watched_y, made.bounds):
            assert np.isfinite(array).all(), plain
        assert (np.diff(made.bounds) > 0).all(), plain
        accepted.add(name)
    names = {name for name, _ in tried}
    assert {"dataset.rings.noise", "dataset.polynomial.coefficients", "clipnorm"} <= names
    assert names == accepted, "for each number some extreme value is valid"


# good specs -----------------------------------------------------------------------------

CLASSES, CURVES = (
    [name for name in DATASETS if (kind(name, {}).task == "regression") is curve]
    for curve in (False, True)
)
ACTIVATIONS = [
    name
    for name in names("activation")
    if not any(
        f.is_required()
        for k, f in choice_model("activation", name).model_fields.items()
        if k != "name"
    )
]
LOSSES = {True: ["mse", "mae", "huber", "log_cosh"], False: ["bce", "mse", "hinge"]}


COLOURS = st.sampled_from(["#000000", "#ffffff", "#2563d9", "#A1b2C3"])
OPTIONS = {  # of panels
    "hidden": {
        "layer": st.sampled_from([0, -1]),
        "marker_size": st.floats(0.1, 40),
        "grid": st.booleans(),
        "boundary": st.booleans(),
        "orbit": st.floats(-720, 720),
        "projection": st.sampled_from(["pca", "decision"]),
    },
    "input": {"surface": st.booleans(), "boundary": st.booleans()},
    "boundary-history": {"lines": st.integers(1, 9)},
    "fit": {"points": st.booleans(), "ghosts": st.integers(0, 20), "residual": st.booleans()},
    "loss": {"metrics": st.booleans()},
}


@st.composite
def datasets(draw, curve):
    """A dataset with its options, and how many outputs it asks for."""
    name = draw(st.sampled_from(CURVES if curve else CLASSES))
    noise = draw(st.floats(0, 100, width=32))
    made = {"name": name, "noise": noise}
    if name == "sine":
        made["periods"] = draw(st.floats(0.01, 20))
    if curve:
        made["watched"] = draw(st.integers(2, 40))
        made["domain"] = draw(st.sampled_from([[-1, 1], [0, 1e9], [-1e-3, 1e-3], [999, 1000]]))
    if key := {"spiral": "arms", "gaussians": "blobs"}.get(name):
        made[key] = draw(st.integers(2, 8))
    found = kind(name, {k: v for k, v in made.items() if k != "name"})
    counts = st.integers(2, 70)
    each = st.lists(counts, min_size=found.classes, max_size=found.classes)
    made["points"] = draw(counts if curve else counts | each)
    return made, found.outputs


@st.composite
def mosaics(draw, curve):
    """Panels in some arrangement, and the ratios of its columns and rows."""
    known = ["hidden", "network", "units", "weights", "loss", "input"]
    known += ["fit"] if curve else ["boundary-history"]
    chosen = draw(st.lists(st.sampled_from(known), min_size=3, max_size=3, unique=True))
    a, b, c = (draw(panels(name)) for name in chosen)
    rows = draw(st.sampled_from([[[a]], [[a, b]], [[a], [c]], [[a, b], [c, c]], [[a, "."]]]))
    ratios = st.floats(0.01, 100)
    return {
        "panels": rows,
        "width_ratios": draw(st.sampled_from([[], [draw(ratios) for _ in rows[0]]])),
        "height_ratios": draw(st.sampled_from([[], [draw(ratios) for _ in rows]])),
    }


@st.composite
def panels(draw, name):
    """A panel, with or without options."""
    options = draw(st.fixed_dictionaries({}, optional=OPTIONS.get(name, {})))
    return {"name": name, **options} if options else name


@st.composite
def good(draw):
    """A spec that looks good."""
    curve = draw(st.booleans())
    hidden = draw(st.lists(st.integers(1, 12), max_size=3))
    dataset, outputs = draw(datasets(curve))
    shares = [0, 0.5, *([0.2, 0.7] if np.min(dataset["points"]) > 4 else ())]
    caption = {"epoch": st.floats(0, 9), "text": st.sampled_from(["a --> b", "字", "x" * 200])}
    changes = dict.fromkeys(("ink", "soft", "paper", "panel", "negative", "answer"), COLOURS)
    changes |= {key: st.lists(COLOURS, min_size=2, max_size=9) for key in ("classes", "ramp")}
    changes |= {key: st.sampled_from(["DejaVu Serif", "No Such"]) for key in ("text", "mono_font")}
    named = {"name": st.sampled_from(list(THEMES))}
    return {
        "dataset": dataset,
        "model": {
            "layers": [*hidden, outputs],
            "activation": draw(st.sampled_from(ACTIVATIONS)),
        },
        "training": {
            "optimizer": draw(st.sampled_from(names("optimizer"))),
            "learning_rate": draw(st.floats(1e-30, 1e30)),
            "loss": draw(
                st.sampled_from(LOSSES[curve] if outputs == 1 else ["mse", "kl_divergence"])
            ),
            "epochs_per_frame": draw(st.sampled_from([0.01, 0.5, 1, 3])),
            "shuffle": draw(st.booleans()),
            "validation_split": draw(st.sampled_from(shares)),
        },
        "probe": draw(st.integers(-1 - len(hidden), len(hidden))),
        "seed": draw(st.integers(0, 2**32 - 1)),
        "frames": 2,
        "spacing": draw(st.sampled_from(SPACINGS)),
        "captions": draw(st.lists(st.fixed_dictionaries(caption), max_size=3)),
        "view": {
            "theme": draw(st.fixed_dictionaries(named, optional=changes)),
            "size": draw(st.sampled_from(["64x64", "32x32", "320x180", "180x320"])),
            "hold": draw(st.one_of(st.just(0.1), st.just([0.1, 0.2]))),
            "loop": draw(st.sampled_from(LOOPS)),
            "events": draw(st.booleans()),
            **draw(mosaics(curve)),
        },
    }


@pytest.mark.slow
@pytest.mark.process
@settings(EASY, max_examples=15)
@given(plain=good())
def test_a_good_spec_always_makes_two_frames(plain, tmp_path_factory):
    assert EDITOR.is_valid(plain)
    spec = load(read_text(json.dumps(plain), "s.yaml"))
    path = Path(tmp_path_factory.mktemp("good"), "run.h5")
    recording = record(spec, path)
    assert recording.frames == 2
    chosen, size = spec.view.theme, spec.view.size
    ratios = (spec.view.width_ratios, spec.view.height_ratios)
    words = captions_of(spec, recording, events(recording, spec.separators))
    order = spec.order(recording.frames)
    assert set(order) == {0, 1}
    assert webvtt(words, order, spec.fps).count("-->") == len(words)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        draw = compose(
            recording, spec.rows, theme(chosen.name, chosen.options), size, ratios, words
        )
        for frame in order:
            pixels = draw(frame)
            assert pixels.shape == (size[1], size[0], 4)
    if not any(chosen.options.values()):  # colours of its own may be all the same
        assert np.ptp(pixels[..., :3]) > 50, "something is drawn"
