"""Each class gives the same share of its points, and keeps some."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from nnviz_cli.data.holdout import held_out, held_out_counts
from nnviz_cli.data.table import DATASETS, kind
from nnviz_cli.errors import SpecError
from tests.conftest import spec_of

CLASSIFIED = [name for name in DATASETS if kind(name, {}).classes]


def made(name, points, seed=0, **options):
    return DATASETS[name].make(np.random.default_rng(seed), points=points, **options)


@pytest.mark.parametrize("name", CLASSIFIED)
@pytest.mark.parametrize("share", [0.1, 0.25, 0.4, 0.5, 0.9])
def test_every_class_gives_its_share_for_every_seed(name, share):
    for seed in range(10):
        dataset = made(name, 25 + seed, seed)
        out = held_out(dataset, share, np.random.default_rng(seed))
        labels = dataset.y[:, 0].tolist()
        sizes = Counter(labels)
        given = Counter(label for label, held in zip(labels, out, strict=True) if held)
        exact = {label: Fraction(str(share)) * size for label, size in sizes.items()}
        for label, size in sizes.items():
            assert abs(given[label] - exact[label]) < 1
            assert 0 < given[label] < size
        assert abs(out.sum() - sum(exact.values())) <= Fraction(1, 2)


def test_which_points_of_a_class_are_held_out_is_left_to_the_seed():
    dataset = made("moons", 40)
    chosen = [held_out(dataset, 0.25, np.random.default_rng(seed)) for seed in range(40)]
    np.testing.assert_array_equal(
        chosen[0], held_out(dataset, 0.25, np.random.default_rng(0)), "the same for the same seed"
    )
    times = np.sum(chosen, axis=0)  # of 40, each point; 10 expected
    assert times.min() >= 1
    assert times.max() <= 24


@pytest.mark.parametrize(
    ("points", "share", "counts"),
    [
        ((10, 10, 10), 0.2, (2, 2, 2)),
        ((3, 3, 3), 0.4, (2, 1, 1)),  # 1.2 each, 4 of 9
        ((500, 50, 50), 0.2, (100, 10, 10)),
        ((7, 5, 4), 0.25, (2, 1, 1)),  # 1.75, 1.25, 1: the largest remainder is rounded up
        ((5, 7, 4), 0.25, (1, 2, 1)),
        ((500, 2, 2), 0.1, (50, 1, 1)),  # at least one
        ((20, 3, 3), 0.9, (18, 2, 2)),  # and one kept
        ((6, 1, 1), 0.5, (3, 0, 0)),  # of one point none
        ((5, 1, 1), 0.5, (3, 0, 0)),  # 4 of 7 in all: 3 are nearer than 2
    ],
)
def test_shares_are_rounded_by_largest_remainder(points, share, counts):
    assert held_out_counts(made("gaussians", points), share) == counts


@pytest.mark.parametrize("name", ["polynomial", "sine"])
def test_of_a_curve_the_share_of_all_points_is_held_out(name):
    assert held_out(made(name, 21), 0.3, np.random.default_rng(0)).sum() == 6
    assert not held_out(made(name, 21), 0.0, np.random.default_rng(0)).any()


SPEC = "dataset: {{name: {name}, points: {points}}}\nmodel: {{layers: [2, {outputs}]}}\n"
SPLIT = "training: {{validation_split: {share}}}\n"
PLACE = "spec.yaml:3:30: training.validation_split: "


@pytest.mark.parametrize(
    ("name", "points", "share", "said"),
    [
        ("moons", 4, 0.1, "0.1 of 8 samples is 1: less than one of each class"),
        ("gaussians", 2, 0.9, "0.9 of 6 samples leaves 1: less than one of each class"),
        (
            "rings",
            1,
            0.5,
            "at least two samples of each class are needed: one to hold out, one to train on",
        ),
        ("xor", "[1, 4]", 0.9, "0.9 of 4 samples leaves 0: less than one of each class"),
        ("sine", 4, 0.1, "0.1 of 4 samples is 0: less than one"),
        ("sine", 1, 0.9, "at least two samples are needed: one to hold out, one to train on"),
    ],
)
def test_too_few_points_to_hold_out_or_to_keep_are_an_error_with_its_place(
    name, points, share, said
):
    outputs = kind(name, {}).outputs
    text = (SPEC + SPLIT).format(name=name, points=points, outputs=outputs, share=share)
    with pytest.raises(SpecError) as caught:
        spec_of(text)
    assert str(caught.value).startswith(PLACE + said + "\n")
    assert len(caught.value.problems) == 1


@pytest.mark.process
def test_three_points_of_three_classes_are_held_out_and_kept_whatever_the_seed():
    """The least there can be; at random one class was held out whole, and 100 % reported."""
    from nnviz_cli.train.record import prepare

    text = "dataset: {name: gaussians, points: 3, noise: 0.2}\nmodel: {layers: [6, 3]}\n"
    text += "training: {batch_size: 4, validation_split: 0.4}\n"
    for seed in range(3):
        run = prepare(spec_of(f"{text}seed: {seed}\n"))
        labels = run.dataset.y[:, 0]
        assert Counter(labels[run.watched.held_out].tolist()) == {0: 2, 1: 1, 2: 1}
        assert Counter(labels[~run.watched.held_out].tolist()) == {0: 1, 1: 2, 2: 2}
