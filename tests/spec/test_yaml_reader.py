"""YAML is read by the rules of 1.2, knows its places, and is refused in plain words."""

import math
import time
from pathlib import Path

import numpy as np
import pytest

from nnviz_cli.errors import SpecError
from nnviz_cli.spec.load import load
from nnviz_cli.spec.overrides import override
from nnviz_cli.spec.yaml_reader import SMALLEST_SPEC, read_file, read_text

EMPTY_HINT = f"the smallest spec is '{SMALLEST_SPEC}'"
SPEC = """\
title: "Two: rings"
dataset: rings
model:
  layers: [3, {units: 2, name: plane}, 1]
training: {optimizer: sgd, learning_rate: 1e-3}
outputs:
  - a.gif
  -
"""


def problems_in(text):
    with pytest.raises(SpecError) as caught:
        read_text(text, "s.yaml")
    assert all(problem.place.source == "s.yaml" for problem in caught.value.problems)
    return [(p.place.line, p.place.column, p.message) for p in caught.value.problems]


def hint_of(text):
    with pytest.raises(SpecError) as caught:
        read_text(text, "s.yaml")
    return caught.value.problems[-1].hint


def spot(place):
    return place.source, place.line, place.column, place.length


# values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        *(("1e-3", 0.001), ("1.5E+3", 1500.0), (".5", 0.5), ("1.", 1.0), ("-.5", -0.5)),
        *(("0", 0), ("-3", -3), ("+4", 4), ("9" * 30, int("9" * 30))),
        *((".inf", math.inf), ("+.Inf", math.inf), ("-.INF", -math.inf)),
        *(("true", True), ("False", False), ("TRUE", True), ("tRUE", "tRUE")),
        *(("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL")),
        *((word, word) for word in ("no", "Yes", "on", "off", "16:9", "1:30", "2026-01-01")),
        *((word, word) for word in ("1280x720", "e5", ".", "_1", "1-3-2-1", "1,5", "=", "<<")),
        *(('"010"', "010"), ("'1_000'", "1_000"), ('"true"', "true"), ("''", "")),
        ("[3, {a: no}]", [3, {"a": "no"}]),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(scalar, value):
    found = read_text(f"key: {scalar}\n", "s.yaml").value["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_nan_is_a_number(text):
    assert math.isnan(read_text(f"a: {text}\n", "s.yaml").value["a"])


@pytest.mark.parametrize("word", ["on", "yes", "1", "true", "null", "2026-01-01"])
def test_keys_are_always_text(word):
    assert read_text(f"{word}: 1\n", "s.yaml").value == {word: 1}


def test_a_spec_of_32_levels_and_one_that_starts_with_a_bom_are_read():
    deep = "a: " + "[" * 31 + "]" * 31
    assert str(read_text(deep, "s.yaml").value["a"]) == "[" * 31 + "]" * 31
    marked = read_text(b"\xef\xbb\xbfa: 1\n", "s.yaml")
    assert marked.value == {"a": 1}
    assert spot(marked.place(("a",))) == ("s.yaml", 1, 4, 1)


# what is refused ------------------------------------------------------------------------

REFUSED = [
    # nothing, or no mapping
    ("", 1, 1, "empty spec"),
    ("# only words\n", 1, 1, "empty spec"),
    ("---\n", 1, 1, "empty spec"),
    ("\n- a\n", 2, 1, "expected a mapping (key: value), got a list"),
    ("hello\n", 1, 1, "expected a mapping (key: value), got 'hello'"),
    ("# c\nunits:3\n", 2, 1, "expected a mapping (key: value), got 'units:3'"),
    # bytes
    (b"a: 1\nb: caf\xe9\n", 2, 7, "not valid UTF-8 at byte 11"),
    ("é: ".encode() + b"\xff\n", 1, 4, "not valid UTF-8 at byte 4"),
    (b"a: b\0c\n", 1, 5, "not a text file: NUL at byte 4"),
    ("a: 1\r\nb: \x1b[0m\n", 2, 4, "control character U+001B is not allowed"),
    ("a: \ud800\n", 1, 4, "control character U+D800 is not allowed"),
    # limits
    ("a: " + "[" * 50_000, 1, 35, "nested deeper than 32"),
    ("- " * 100_000, 1, 65, "nested deeper than 32"),
    (b"a: " + b"x" * 5_000_000, 1, 1, "the spec must be at most 256 kB"),
    ("a: [" + "1," * 11_000 + "]", 1, 19995, "the spec must have at most 10000 keys and values"),
    # what specs do not need
    ("a: &x 1\n", 1, 4, "anchors (&) are not allowed in a spec"),
    ("a: *x\n", 1, 4, "aliases (*) are not allowed in a spec"),
    ("a: !!python/object:os.system 1\n", 1, 4, "tags (!) are not allowed in a spec"),
    ("a: ! 1\n", 1, 4, "tags (!) are not allowed in a spec"),
    ("<<: {a: 1}\n", 1, 1, "merge keys (<<) are not allowed in a spec"),
    ("a: 1\n---\nb: 2\n", 2, 1, "expected a single YAML document"),
    ("? [a]\n: 1\n", 1, 3, "a key must be a plain string"),
    ("{'': 1}\n", 1, 2, "a key must not be empty"),
    ("a:\n  b: 1\n  c: 2\n  b: 3\n", 4, 3, "'b' is a duplicate key; first used on line 2"),
    ("{a: 1, a: 2}\n", 1, 8, "'a' is a duplicate key; first used on line 1"),
    # numbers
    ("frames: 010\n", 1, 9, "ambiguous number '010'"),
    ("frames: 1_000\n", 1, 9, "ambiguous number '1_000'"),
    ("frames: 1_0.5\n", 1, 9, "ambiguous number '1_0.5'"),
    ("frames: 0x1F\n", 1, 9, "ambiguous number '0x1F'"),
    ("frames: 0o17\n", 1, 9, "ambiguous number '0o17'"),
    ("frames: " + "9" * 31, 1, 9, "a number must have at most 30 digits, got 31"),
    ("frames: -" + "9" * 5000, 1, 9, "a number must have at most 30 digits, got 5001"),
    ("frames: 0" + "9" * 5000, 1, 9, "a number must have at most 30 digits, got 5001"),
    ('a: "\\ud800"\n', 1, 4, "invalid character escape"),
    ('a: "\\0"\n', 1, 4, "invalid character escape"),
    ('a: "\\UFFFFFFFF"\n', 1, 7, "number out of range"),
    # syntax
    ("a:\n\tb: 1\n", 2, 1, "tab used for indentation; use spaces"),
    ("a:\n  b: 1\n  \tc: 1\n", 3, 3, "tab used for indentation; use spaces"),
    ("a:\t1\n", 1, 3, "tab used between words; use spaces"),
    ("a: 1\nb: [1, 2\n", 2, 4, "[ is not closed"),
    ("a: [", 1, 4, "[ is not closed"),
    ("a: [1, {b: ", 1, 8, "{ is not closed"),
    ("a: [x,\nb: 2\n", 1, 4, "[ is not closed"),
    ("a: [x, y\nb: 2\n", 1, 4, "[: expected a comma or ] before line 2"),
    ("a: {b: 1\nc: 2\n", 1, 4, "{: expected a comma or } before line 2"),
    ("a: [1}\n", 1, 6, "expected a comma or the closing bracket, found '}'"),
    ("a: [x: y: z]\n", 1, 9, "expected a comma or the closing bracket, found ':'"),
    ("a: 'x\nb: 2\n", 1, 4, "' is not closed"),
    ('a: 1\nb: "x\n---\n', 2, 4, '" is not closed'),
    ("a: 'it's'\n", 1, 8, "unexpected text after a value"),
    ('a: "\\q"\n', 1, 6, "unknown escape '\\q'"),
    ("a: @x\n", 1, 4, "text cannot start with '@'"),
    ("a: 1\nunits:3\nb: 2\n", 2, 1, "expected 'key: value'"),
    ("units:3\nb: 2\n", 1, 1, "expected 'key: value'"),
    ("a:\n  units = 3\n  b: 2\n", 2, 3, "expected 'key: value'"),
    ("a: {units:3}\n", 1, 5, "expected 'key: value'"),
    ("a: b: c\n", 1, 5, "unexpected second colon in a value"),
    ("a: 1\n b: 2\n", 2, 2, "a key cannot start here"),
    ("a:\n  b: 1\n c: 2\n", 3, 2, "unexpected indentation"),
    ("  a: 1\nb: 2\n", 2, 1, "unexpected text after the end of the spec"),
    ("a: 1\n- b\n", 2, 1, "expected a key, found a list item"),
    ("- a\nb: 1\n", 2, 1, "expected a list item, found a key"),
    ("a: - b\n", 1, 4, "a list item cannot start here"),
    ("a: }\n", 1, 4, "expected a value, found '}'"),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    REFUSED,
    ids=[f"{number}-{row[3][:30]}" for number, row in enumerate(REFUSED)],
)
def test_what_is_refused_is_told_with_its_place(text, line, column, message):
    started = time.process_time()
    assert problems_in(text) == [(line, column, message)]
    assert time.process_time() - started < 0.8


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", EMPTY_HINT),
        ("[]", EMPTY_HINT),
        ("units:3", "write 'units: 3'"),
        ("units = 3", "write 'units: 3'"),
        ("a: 1\nunits:3\nb: 2\n", "write 'units: 3'"),
        ("a: {units:3}\n", "write 'units: 3'"),
        ("a: 010", "write 10, or quote it if it is text"),
        ("a: -1_000", "write -1000, or quote it if it is text"),
        ("a: 0x1F", "write 31, or quote it if it is text"),
        ("a: 0o17", "write 15, or quote it if it is text"),
        ("a: 0x" + "F" * 40, "write a decimal number, or quote it if it is text"),
        ("a: b: c", "quote text that contains a colon and a space"),
        (b"\xff", "save the spec as text in UTF-8"),
    ],
)
def test_a_hint_says_what_to_write(text, hint):
    assert hint_of(text) == hint


def test_the_smallest_spec_that_is_hinted_at_is_a_spec():
    assert load(read_text(SMALLEST_SPEC, "s.yaml")).dataset.name == "rings"


def test_all_problems_are_told_at_once_and_a_syntax_error_is_the_last():
    text = "a: 010\na: 1\nb: {c: 1, c: 2}\nd: &x 1_0\na: [\n"
    assert problems_in(text) == [
        (1, 4, "ambiguous number '010'"),
        (2, 1, "'a' is a duplicate key; first used on line 1"),
        (3, 11, "'c' is a duplicate key; first used on line 3"),
        (4, 4, "anchors (&) are not allowed in a spec"),
        (4, 4, "ambiguous number '1_0'"),
        (5, 1, "'a' is a duplicate key; first used on line 1"),
        (5, 4, "[ is not closed"),
    ]


def test_a_billion_laughs_cost_no_time():
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    started = time.process_time()
    found = problems_in("\n".join(lines))
    assert len(found) == 40 + 2 * 39
    assert time.process_time() - started < 0.5


# places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "key", "line", "column", "length"),
    [
        ((), False, 1, 1, 1),
        (("title",), False, 1, 8, 12),
        (("title",), True, 1, 1, 5),
        (("model",), False, 4, 3, 1),
        (("model",), True, 3, 1, 5),
        (("model", "layers"), False, 4, 11, 1),
        (("model", "layers", 0), False, 4, 12, 1),
        (("model", "layers", 1, "name"), False, 4, 32, 5),
        (("model", "layers", 1, "name"), True, 4, 26, 4),
        (("training", "learning_rate"), False, 5, 43, 4),
        (("outputs", 0), False, 7, 5, 5),
        (("outputs", 0), True, 7, 5, 5),  # an item has no key
        (("outputs", 1), False, 8, 4, 1),  # nothing, behind the dash
        (("dataset", "noise"), False, 2, 10, 5),  # not there: its parent
        (("model", "layers", 0, "units"), False, 4, 12, 1),
        (("training", "loss"), True, 5, 1, 8),
        (("nowhere", "at", "all"), False, 1, 1, 1),
    ],
)
def test_every_value_and_key_knows_its_place(path, key, line, column, length):
    place = read_text(SPEC, "s.yaml").place(path, key=key)
    assert spot(place) == ("s.yaml", line, column, length)
    assert place.text == SPEC.splitlines()[line - 1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_lines_are_counted_as_the_parser_counts_them(end):
    place = read_text(end.join(("a: 1", "", "# é", "b: [x, y]")), "s.yaml").place(("b", 1))
    assert (*spot(place), place.text) == ("s.yaml", 4, 8, 1, "b: [x, y]")


# files ----------------------------------------------------------------------------------


def test_a_file_is_read_and_named_in_what_is_wrong_with_it(tmp_path):
    path = tmp_path / "ring.yaml"
    path.write_text(SPEC)
    assert read_file(path) == read_text(SPEC, str(path))
    path.write_bytes(b"a: \xff")
    with pytest.raises(SpecError, match="not valid UTF-8 at byte 3") as caught:
        read_file(path)
    assert caught.value.problems[0].place.source == str(path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ring.yml", "{}: no such file\n  hint: did you mean 'ring.yaml'?"),
        ("no/ring.yaml", "{}: no such file"),
        ("folder", "{}: is a directory\n  hint: pass the files inside it"),
        ("ring.yaml/x", "{}: not a directory"),
        ("large.yaml", "{}:1:1: the spec must be at most 256 kB"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, name, said):
    (tmp_path / "ring.yaml").write_text(SPEC)
    (tmp_path / "large.yaml").write_bytes(b"#" * 5_000_000)
    (tmp_path / "folder").mkdir()
    with pytest.raises(SpecError) as caught:
        read_file(tmp_path / name)
    assert str(caught.value) == said.format(tmp_path / name)


def test_a_name_that_cannot_be_one_is_quoted(tmp_path):
    with pytest.raises(SpecError) as caught:
        read_file(tmp_path / "a\0b")
    assert str(caught.value) == f"'{tmp_path}/a\\x00b': embedded null byte"


def test_a_file_without_permission_says_so(tmp_path, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SpecError, match="permission denied"):
        read_file(tmp_path / "ring.yaml")


def test_a_device_without_end_does_not_hang():
    with pytest.raises(SpecError, match="the spec must be at most 256 kB"):
        read_file(Path("/dev/zero"))


# whatever comes -------------------------------------------------------------------------


def problems_of(attempt):
    """What is wrong with it; nothing, if it could be read."""
    try:
        assert isinstance(attempt().value, dict)
    except SpecError as error:
        return error.problems
    return ()


def some(rng, alphabet, most):
    return bytes(rng.choice(list(alphabet), rng.integers(0, most)).astype(np.uint8))


def test_any_bytes_and_any_setting_are_read_or_refused_with_a_place():
    rng = np.random.default_rng(0)
    alphabet = b"{}[]:,-&*!|>'\"%@`#?\n\r\t \\~=_.x01uU\xff\x00\xc2\x85"
    base = read_text(SPEC, "s.yaml")
    refused = 0
    for _ in range(600):
        text = bytearray(SPEC.encode())
        for _ in range(rng.integers(1, 6)):
            at = rng.integers(len(text))
            text[at : at + rng.integers(0, 4)] = some(rng, alphabet, 5)
        setting = "model.layers.1=" + some(rng, alphabet, 9).decode("latin-1")
        problems = (
            *problems_of(lambda text=text: read_text(bytes(text), "s.yaml")),
            *problems_of(lambda setting=setting: override(base, [setting])),
        )
        refused += bool(problems)
        for problem in problems:
            assert problem.message
            assert problem.place.line >= 1
            assert 1 <= problem.place.column <= len(problem.place.text) + 1
    assert refused > 300
