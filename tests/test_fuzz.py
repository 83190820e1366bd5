"""Whatever comes: exit 0 or 2, never a traceback; and what is called good can be drawn."""

import contextlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnviz_cli import cli
from nnviz_cli.dataset import DATASETS, kind
from nnviz_cli.errors import SpecError
from nnviz_cli.figure import compose
from nnviz_cli.reader import read_text
from nnviz_cli.spec import Spec, json_schema, load
from nnviz_cli.theme import THEMES, theme
from nnviz_cli.training import record
from nnviz_cli.variant import names, variant
from tests.conftest import CURVE, RINGS

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
            cli.app(prog_name="nnviz")
    except SystemExit as end:
        return end.code or 0, said.getvalue()
    except SpecError as error:
        return error.status, str(error)
    finally:
        sys.argv = before
    raise AssertionError("a command ends by an exit")


@settings(EASY, max_examples=300)
@given(text=st.one_of(damaged(), st.text(max_size=200)))
def test_any_text_ends_with_0_or_2(text, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    status, said = status_of("validate", path)
    assert status in (0, 2)
    assert (status == 0) is said.endswith(": good\n")


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


KEYS = sorted(set(keys_of(json_schema())))
WORDS = sorted(
    {name for family in ("dataset", "panel", "activation", "loss") for name in names(family)}
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.sampled_from([*WORDS, "1280x720", "a.mp4", "/", "", "x" * 300]),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(EASY, max_examples=300)
@given(changes=st.dictionaries(st.sampled_from(list(Spec.model_fields)), VALUES, max_size=3))
def test_any_structure_ends_with_0_or_2(changes, tmp_path):
    path = tmp_path / "s.yaml"
    plain = yaml.safe_load(RINGS) | changes
    path.write_text(json.dumps(plain, ensure_ascii=False), "utf-8", "surrogatepass")
    status, said = status_of("validate", path)
    assert status in (0, 2), said


@settings(EASY, max_examples=150)
@given(key=st.sampled_from(KEYS), inside=st.sampled_from(list(Spec.model_fields)), value=VALUES)
def test_any_setting_ends_with_0_or_2(key, inside, value, tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(RINGS)
    setting = f"{inside}.{key}={json.dumps(value, ensure_ascii=False)}"
    status, said = status_of("validate", path, "--set", setting)
    assert status in (0, 2), said


# good specs -----------------------------------------------------------------------------

CLASSES, CURVES = (
    [name for name in DATASETS if (kind(name, {}).task == "regression") is curve]
    for curve in (False, True)
)
ACTIVATIONS = [
    name
    for name in names("activation")
    if not any(
        f.is_required() for k, f in variant("activation", name).model_fields.items() if k != "name"
    )
]
LOSSES = {True: ["mse", "mae", "huber", "log_cosh"], False: ["bce", "mse", "hinge"]}


@st.composite
def good(draw):
    """A spec that looks good."""
    curve = draw(st.booleans())
    hidden = draw(st.lists(st.integers(1, 5), max_size=3))
    name = draw(st.sampled_from(CURVES if curve else CLASSES))
    outputs = kind(name, {}).outputs
    panels = ["hidden", "network", "units", "weights", "loss", "input"]
    return {
        "dataset": {
            "name": name,
            "points": draw(st.integers(2, 70)),
            "noise": draw(st.floats(0, 100, width=32)),
        },
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
            "validation_split": draw(st.sampled_from([0, 0.5])),
        },
        "probe": draw(st.integers(-1 - len(hidden), len(hidden))),
        "seed": draw(st.integers(0, 2**32 - 1)),
        "frames": 2,
        "view": {
            "theme": draw(st.sampled_from(list(THEMES))),
            "panels": draw(st.sampled_from(panels)),
            "size": draw(st.sampled_from(["64x64", "320x180", "180x320"])),
        },
    }


@settings(EASY, max_examples=15)
@given(plain=good())
def test_a_good_spec_always_makes_two_frames(plain, tmp_path_factory):
    spec = load(read_text(json.dumps(plain), "s.yaml"))
    path = Path(tmp_path_factory.mktemp("good"), "run.h5")
    recording = record(spec, path)
    assert recording.frames == 2
    rows = [[(panel.name, panel.options) for panel in row] for row in spec.view.panels]
    draw = compose(
        recording, rows, theme(spec.view.theme.name, spec.view.theme.options), spec.view.size
    )
    for frame in range(2):
        pixels = draw(frame)
        assert pixels.shape == (spec.view.size[1], spec.view.size[0], 4)
        assert np.ptp(pixels[..., :3]) > 50, "something is drawn"
