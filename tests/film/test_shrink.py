"""Fewer frames, then fewer pixels, then fewer colours, until a film fits."""

from fractions import Fraction

import pytest

from nnviz_cli.errors import SizeError, VideoError
from nnviz_cli.film.shrink import Reduction, reductions, shrink
from nnviz_cli.limits import byte_count

WHOLE = Reduction((1280, 720), Fraction(20))


def test_fps_falls_first_then_the_size_then_the_colours():
    possible = reductions(WHOLE, palette=True)
    assert [
        (float(reduction.fps), reduction.size[0], reduction.colours) for reduction in possible
    ] == [
        (20, 1280, 256),
        (10, 1280, 256),
        (10, 1120, 256),
        (10, 960, 256),
        (10, 800, 256),
        (10, 640, 256),
        (10, 480, 256),
        (10, 480, 128),
        (10, 480, 64),
        (10, 480, 32),
    ]
    assert reductions(WHOLE, palette=False)[-1].colours == 256
    assert [
        reduction.size
        for reduction in reductions(Reduction((320, 180), Fraction(10)), palette=False)
    ] == [(320, 180)]
    for size in ((1280, 720), (818, 458), (720, 1280), (1000, 1000)):
        for reduction in reductions(Reduction(size, Fraction(20)), palette=False):
            assert reduction.size[0] % 2 == reduction.size[1] % 2 == 0
            assert reduction.size[0] / reduction.size[1] == pytest.approx(
                size[0] / size[1], rel=0.01
            )


@pytest.mark.parametrize(("count", "every"), [(100, 2), (101, 2), (7, 3), (1, 2), (2, 2)])
def test_a_thinned_film_lasts_as_long_and_keeps_its_ends(count, every):
    reduction = Reduction((64, 36), Fraction(20, every), every)
    frames = reduction.thinned(range(count))
    assert 0 <= len(frames) / reduction.fps - Fraction(count, 20) < 1 / reduction.fps
    assert frames[0] == 0
    assert count == 1 or len(frames) == 1 or frames[-1] == count - 1


def disk(sizes):
    """A `make` that knows what each reduction takes, and a list of what it kept."""
    kept, tried = [], []

    def make(reduction, most):
        size = sizes[reduction]
        tried.append(reduction)
        if size > most:
            raise SizeError("too large", size)
        kept.append(reduction)
        return size

    return make, kept, tried


@pytest.mark.parametrize("good", range(10))
def test_the_first_reduction_that_fits_is_the_only_one_kept(good):
    possible = reductions(WHOLE, palette=True)
    sizes = {reduction: 1000 - 50 * i for i, reduction in enumerate(possible)}
    make, kept, tried = disk(sizes)
    best = possible[good]
    assert shrink("a.gif", possible, sizes[best], make) == (best, sizes[best])
    assert kept == [best]
    assert len(tried) <= 6


def test_a_film_that_cannot_fit_fails_with_the_smallest_size():
    possible = reductions(WHOLE, palette=True)
    make, kept, _ = disk({reduction: 900_000 - 50_000 * i for i, reduction in enumerate(possible)})
    with pytest.raises(VideoError) as caught:
        shrink("a.gif", possible, 5000, make)
    assert kept == []
    assert str(caught.value) == (
        "a.gif takes 450 kB with 10 frames per second instead of 20, 480x270 instead of 1280x720, "
        "32 colours instead of 256; the maximum is 5 kB; use fewer frames or increase max_size"
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("10MB", 10_000_000),
        ("1.5 mb", 1_500_000),
        ("500kB", 500_000),
        ("2MiB", 2 << 20),
        ("12345", 12345),
    ],
)
def test_sizes_of_files_are_written_as_people_write_them(text, count):
    assert byte_count(text) == count


@pytest.mark.parametrize("text", ["", "MB", "0", "-1", "10 apples", "1e9", "ten"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="expected a size like 10MB or 500kB"):
        byte_count(text)
