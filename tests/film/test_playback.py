"""The order in which frames are shown."""

from fractions import Fraction

from nnviz_cli.film.playback import order


def test_a_film_holds_its_ends_and_bounces_without_a_stutter():
    assert order(4, Fraction(10), (0.2, 0.3)) == [0, 0, 0, 1, 2, 3, 3, 3, 3]
    assert order(4, Fraction(10), loop="bounce") == [0, 1, 2, 3, 2, 1]
    assert order(1, Fraction(10), loop="bounce") == [0]
