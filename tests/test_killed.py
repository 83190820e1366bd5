"""A dozen renders are killed at random moments; `make stress` kills two hundred."""

import random
from itertools import product
from pathlib import Path

import pytest

from tests import stress

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    return stress.prepare(tmp_path_factory.mktemp("stress"))


@pytest.mark.parametrize(
    ("kind", "seed"),
    [*product(stress.VICTIMS, range(2)), *zip(stress.VICTIMS, (2, 3), strict=False)],
)
def test_what_is_killed_leaves_no_torn_film_no_process_and_no_part(kind, seed, ground, tmp_path):
    rng = random.Random(f"{kind} {seed}")
    assert list(stress.trial(tmp_path / "trial", ground, kind, rng)) == []


def test_a_loss_would_be_seen(ground, tmp_path, monkeypatch):
    """The trials can fail: a torn film, a part file and wrong last words are each told."""
    remains = stress.Remains(1, "", "Traceback", early=False, alive={})

    def torn(folder, *_):
        (folder / "tmp").mkdir()
        (folder / "a.mp4").write_bytes(ground.newer[:-1])
        (folder / ".a.mp4.1-00000000.part").touch()
        return remains

    monkeypatch.setattr(stress, "killed", torn)
    told = list(stress.trial(tmp_path / "t", ground, "process by SIGINT", random.Random(0)))
    assert [loss.split()[0] for loss in told] == ["a", "left", "exit", "a"]
