"""The committed names of Keras's objects, against the installed Keras."""

import json

import pytest

from nnviz_cli.spec.keras_names import FAMILIES
from nnviz_cli.train.keras_catalog import collect
from tests.conftest import PACKAGE

pytestmark = pytest.mark.process


def test_the_kept_names_are_what_keras_knows():
    kept = json.loads((PACKAGE / "spec/keras_names.json").read_text())
    known = json.loads(json.dumps(collect()))
    for family in FAMILIES:
        missing = set(kept[family]) - set(known[family])
        assert not missing, f"Keras has no {family} {missing}; run `make schema`"
        for name, entry in kept[family].items():
            assert entry["keras"] == known[family][name]["keras"]
            assert set(entry["parameters"]) <= set(known[family][name]["parameters"])
