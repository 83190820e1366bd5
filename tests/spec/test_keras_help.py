"""Every parameter of Keras that a spec can set is described, and no other."""

from nnviz_cli.spec import keras_names
from nnviz_cli.spec.keras_help import PARAMETERS, parameter_help

USED = {
    (family, name, parameter)
    for family in keras_names.FAMILIES
    for name, word in keras_names.names_of(family).items()
    for parameter in word.parameters
}


def test_every_parameter_is_described():
    assert [each for each in sorted(USED) if not parameter_help(*each)] == []


def test_no_description_is_left_of_a_parameter_that_is_gone():
    assert sorted(PARAMETERS.keys() - {parameter for *_, parameter in USED}) == []


def test_descriptions_are_one_short_line():
    for text in PARAMETERS.values():
        assert len(text) <= 110, text
        assert not text.endswith("."), text
