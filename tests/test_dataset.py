"""Datasets have the points that the spec promises."""

import numpy as np
import pytest

from nnviz_cli.dataset import DATASETS

RNG_SEED = 3


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
