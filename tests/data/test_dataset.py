"""Datasets have the points that the spec promises."""

from collections import Counter
from dataclasses import replace
from functools import wraps
from typing import Annotated

import numpy as np
import pytest
from pydantic import Field
from scipy.optimize import linprog

from nnviz_cli.data import table
from nnviz_cli.data.dataset import Entry
from nnviz_cli.data.table import DATASETS, kind
from nnviz_cli.spec import names
from nnviz_cli.spec.names import FUNCTIONS
from nnviz_cli.spec.task import obstacles
from tests.conftest import spec_of

RNG_SEED = 3
CLASSIFIED = [name for name in DATASETS if kind(name, {}).classes]


@pytest.fixture(params=DATASETS)
def dataset(request):
    return DATASETS[request.param].make(np.random.default_rng(RNG_SEED), points=50)


def test_every_dataset_keeps_the_contract_of_shapes_and_types(dataset):
    for x, y in ((dataset.x, dataset.y), (dataset.watched_x, dataset.watched_y)):
        assert x.ndim == y.ndim == 2
        assert len(x) == len(y) > 0
        assert x.dtype == y.dtype == np.float32
        assert np.isfinite(x).all()
        assert np.isfinite(y).all()
    assert dataset.bounds.shape == (dataset.x.shape[1], 2)
    assert (dataset.bounds[:, 0] < dataset.bounds[:, 1]).all()
    if dataset.task == "binary":
        assert set(np.unique(dataset.y)) == {0.0, 1.0}
        assert len(dataset.classes) == 2


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_is_the_same_for_the_same_seed_and_another_for_another(name):
    first, again, other = (
        DATASETS[name].make(np.random.default_rng(seed), points=50) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.x, again.x)
    assert not np.array_equal(first.x, other.x)


def test_rings_are_two_times_20000_points_of_radius_1_and_a_half_with_noise_0_005():
    rings = DATASETS["rings"].make(np.random.default_rng(RNG_SEED))
    assert rings.x.shape == (40_000, 2)
    radius = np.linalg.norm(rings.x, axis=1)
    outer, inner = radius[rings.y[:, 0] == 1], radius[rings.y[:, 0] == 0]
    assert len(outer) == len(inner) == 20_000
    # noise along the ring hardly changes the radius, so its spread is that of one coordinate
    assert outer.mean() == pytest.approx(1.0, abs=2e-4)
    assert inner.mean() == pytest.approx(0.5, abs=2e-4)
    assert outer.std() == pytest.approx(0.005, rel=0.03)
    assert inner.std() == pytest.approx(0.005, rel=0.03)


def test_points_of_a_ring_stand_at_even_angles():
    rings = DATASETS["rings"].make(np.random.default_rng(RNG_SEED), points=360, noise=0.0)
    angles = np.unwrap(np.arctan2(rings.x[:360, 1], rings.x[:360, 0]))
    np.testing.assert_allclose(np.diff(angles), 2 * np.pi / 360, atol=1e-5)


def test_polynomial_is_4000_uniform_points_watched_at_400_even_ones():
    curve = DATASETS["polynomial"].make(np.random.default_rng(RNG_SEED))
    assert curve.x.shape == curve.y.shape == (4000, 1)
    x = curve.x.astype(float)
    np.testing.assert_allclose(curve.y, x**4 - 3 * x**2 + x + 1, atol=1e-5)
    counts, _ = np.histogram(curve.x, bins=4, range=(-2, 2))
    assert (abs(counts - 1000) < 5 * np.sqrt(750)).all()  # five sigma of a fair count
    np.testing.assert_allclose(curve.watched_x[:, 0], np.linspace(-2, 2, 400), atol=1e-6)


def test_class_names_follow_the_radii():
    swapped = DATASETS["rings"].make(np.random.default_rng(RNG_SEED), points=5, radii=(0.5, 1.0))
    assert swapped.classes == ("outer", "inner")


def test_sine_is_a_wave_of_so_many_periods_and_noise():
    wave = DATASETS["sine"].make(np.random.default_rng(RNG_SEED), periods=3.0, noise=0.2)
    assert wave.x.shape == wave.y.shape == (2000, 1)
    assert abs(wave.x).max() <= 1
    exact = np.sin(3 * np.pi * wave.x.astype(float))
    assert (wave.y - exact).std() == pytest.approx(0.2, rel=0.05)
    crossings = np.diff(np.sign(wave.watched_y[:, 0])) != 0
    assert crossings.sum() == 5  # inside; both ends are zero, too
    np.testing.assert_allclose(wave.watched_y, np.sin(3 * np.pi * wave.watched_x), atol=1e-5)


def test_moons_are_half_circles_that_no_line_parts():
    pair = DATASETS["moons"].make(np.random.default_rng(RNG_SEED), noise=0.0)
    upper, lower = pair.x[pair.y[:, 0] == 1], pair.x[pair.y[:, 0] == 0]
    assert len(upper) == len(lower) == 1000
    for moon, centre, side in ((upper, (-0.5, -0.25), 1), (lower, (0.5, 0.25), -1)):
        np.testing.assert_allclose(np.linalg.norm(moon - centre, axis=1), 1, atol=1e-6)
        assert (side * (moon[:, 1] - centre[1]) > -1e-6).all()
    assert not parted_by_a_line(pair)


def test_xor_is_the_sign_of_a_product_with_a_gap():
    squares = DATASETS["xor"].make(np.random.default_rng(RNG_SEED), gap=0.2)
    np.testing.assert_array_equal(squares.y[:, 0] == 1, squares.x.prod(axis=1) > 0)
    assert abs(squares.x).min() >= 0.2
    assert abs(squares.x).max() <= 1
    assert not parted_by_a_line(squares)


CORNERS = {(-1, -1): 1, (1, 1): 1, (-1, 1): 0, (1, -1): 0}  # and the label of each


def by_corner(dataset):
    """How many points lie in each quarter of the plane, counted one by one."""
    found = dict.fromkeys(CORNERS, 0)
    for (x, y), label in zip(dataset.x.tolist(), dataset.y[:, 0].tolist(), strict=True):
        corner = (1 if x > 0 else -1, 1 if y > 0 else -1)
        assert CORNERS[corner] == label
        found[corner] += 1
    return found


@pytest.mark.parametrize("points", [1, 2, 3, 7, 50, (5, 2), (1, 9)])
def test_the_corners_of_xor_share_the_points_for_every_seed(points):
    unlike, like = points if isinstance(points, tuple) else (points, points)
    for seed in range(25):
        found = by_corner(DATASETS["xor"].make(np.random.default_rng(seed), points=points))
        for total, corners in ((like, ((1, 1), (-1, -1))), (unlike, ((-1, 1), (1, -1)))):
            counts = [found[corner] for corner in corners]
            assert sum(counts) == total
            assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("gap", [0.999, 1, 1.0])
def test_four_points_of_xor_are_its_four_corners(gap):
    for seed in range(25):
        corners = DATASETS["xor"].make(np.random.default_rng(seed), points=2, gap=gap)
        assert set(by_corner(corners).values()) == {1}
        np.testing.assert_allclose(np.abs(corners.x), 1, atol=0 if gap == 1 else 1.1e-3)


@pytest.mark.parametrize("name", CLASSIFIED)
def test_points_are_per_class_for_every_seed_and_a_list_gives_each_its_own(name):
    make = DATASETS[name].make
    classes = len(make(np.random.default_rng(0), points=2).classes)
    for seed in range(5):
        even = make(np.random.default_rng(seed), points=11)
        assert Counter(even.y[:, 0].tolist()) == dict.fromkeys(range(classes), 11)
        counts = tuple(range(3, 3 + classes))
        uneven = make(np.random.default_rng(seed), points=counts)
        assert Counter(uneven.y[:, 0].tolist()) == dict(enumerate(counts))
        assert len(uneven.x) == sum(counts)


@pytest.mark.parametrize("name", CLASSIFIED)
def test_each_class_of_unequal_size_lies_where_it_lies_otherwise(name):
    """A class is a shape: fewer of its points lie near where many of them lie."""
    make = DATASETS[name].make
    many = make(np.random.default_rng(0), points=400, noise=0.0)
    counts = (30, *(200,) * (len(many.classes) - 1))
    few = make(np.random.default_rng(0), points=counts, noise=0.0)
    for label in range(len(many.classes)):
        own, other = (many.x[(many.y[:, 0] == label) == same] for same in (True, False))
        for place in few.x[few.y[:, 0] == label]:
            nearest = [np.linalg.norm(each - place, axis=1).min() for each in (own, other)]
            assert nearest[0] < max(0.15, nearest[1])


def test_arms_of_any_size_reach_from_the_centre_to_the_end():
    spiral = DATASETS["spiral"].make(np.random.default_rng(0), points=(5, 40, 9), arms=3, noise=0.0)
    radius = np.linalg.norm(spiral.x, axis=1)
    for label, count in enumerate((5, 40, 9)):
        arm = radius[spiral.y[:, 0] == label]
        np.testing.assert_allclose(arm, np.linspace(0.06, 1, count), atol=1e-6)


OPTIONS = {"spiral": [{"arms": 2}, {"arms": 5}], "gaussians": [{"blobs": 2}, {"blobs": 8}]}


@pytest.mark.parametrize("name", DATASETS)
def test_what_is_known_of_a_dataset_is_true_of_its_points(name):
    for options in ({}, *OPTIONS.get(name, [])):
        made = DATASETS[name].make(np.random.default_rng(0), points=9, **options)
        known = kind(name, options)
        assert (known.task, known.inputs) == (made.task, made.x.shape[1])
        assert known.classes == len(made.classes)
        outputs = len(made.classes) if made.task == "multiclass" else made.y.shape[1]
        assert known.outputs == outputs


def test_every_option_that_changes_the_classes_is_declared():
    for name, entry in DATASETS.items():
        for option, default in entry.make.__kwdefaults__.items():
            if isinstance(default, int) and option not in ("points", "watched"):
                changes = kind(name, {option: default + 1}) != kind(name, {})
                assert changes == (option in entry.class_options), (name, option)


def test_one_ring_surrounds_the_other_and_no_moon_does():
    assert kind("rings", {}).nested
    assert not kind("moons", {}).nested


@pytest.fixture
def makings(monkeypatch):
    """The names of the datasets made, one for each call of a maker."""
    made = []

    def counted(name, entry):
        @wraps(entry.make)
        def make(*args, **options):
            made.append(name)
            return entry.make(*args, **options)

        make.__kwdefaults__ = entry.make.__kwdefaults__
        return replace(entry, make=make)

    for name, entry in list(DATASETS.items()):
        monkeypatch.setitem(DATASETS, name, counted(name, entry))
    return made


@pytest.mark.parametrize("name", DATASETS)
def test_a_spec_is_checked_with_one_making_of_its_dataset(name, makings):
    outputs = kind(name, {}).outputs
    table._sample.cache_clear()
    last = f"{{units: {outputs}, activation: sigmoid}}"  # bounded: the targets are compared with it
    spec = spec_of(f"{{dataset: {name}, model: [3, {last}]}}")
    list(obstacles(spec))
    assert makings == [name]


def test_a_dataset_without_the_option_points_is_checked(monkeypatch):
    def three(rng, *, noise: Annotated[float, Field(description="of each coordinate")] = 0.1):
        return DATASETS["moons"].make(rng, points=3, noise=noise)

    entry = Entry(make=three, inputs=2, classes=("lower", "upper"))
    monkeypatch.setitem(DATASETS, "three", entry)
    monkeypatch.setitem(FUNCTIONS["dataset"], "three", three)
    names._folded.cache_clear()
    names.canonical.cache_clear()
    try:
        spec = spec_of("{dataset: {name: three, noise: 0.2}, model: [3, 1]}")
    finally:
        names._folded.cache_clear()
        names.canonical.cache_clear()
    assert spec.kind == kind("moons", {})
    assert spec.dataset.options == {"noise": 0.2}


def test_a_line_would_be_found():
    both = DATASETS["moons"].make(np.random.default_rng(RNG_SEED), noise=0.0)
    apart = replace(both, x=both.x + np.where(both.y, np.float32(9), np.float32(0)))
    assert parted_by_a_line(apart)


def parted_by_a_line(dataset):
    """Whether some a·x + b is ≥ 1 for one class and ≤ −1 for the other (a linear program)."""
    sign = 2 * dataset.y - 1
    rows = -sign * np.hstack([dataset.x, np.ones_like(sign)])
    return linprog(np.zeros(3), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None)).success
