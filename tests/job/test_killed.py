"""A dozen renders are killed at random moments; `make stress` kills two hundred."""

import random
import signal
import time
from itertools import product
from pathlib import Path
from textwrap import dedent

import pytest

from tests import stress

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    return stress.prepare(tmp_path_factory.mktemp("stress"))


@pytest.mark.process
@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        *product(stress.VICTIMS, [0]),
        *(
            pytest.param(*trial, marks=pytest.mark.slow)
            for trial in [*product(stress.VICTIMS, [1]), *zip(stress.VICTIMS, (2, 3), strict=False)]
        ),
    ],
)
def test_what_is_killed_leaves_no_torn_film_no_process_and_no_part(kind, seed, ground, tmp_path):
    rng = random.Random(f"{kind} {seed}")
    assert list(stress.trial(tmp_path / "trial", ground, kind, rng)) == []


@pytest.mark.process
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


# in TensorFlow's place: libraries in which a signal's exception does not arrive
STUCK = {
    "drops exceptions": """
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                time.sleep(1)
            except BaseException:
                pass""",
    "computes outside of Python": "hashlib.pbkdf2_hmac('sha256', b'', b'', 50_000_000)",
}


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("library", STUCK.values(), ids=STUCK)
def test_a_second_signal_ends_a_render_at_once(library, number, tmp_path):
    (tmp_path / "keras.py").write_text(
        f"import hashlib, pathlib, time\npathlib.Path('started').touch()\n{dedent(library)}\n"
    )
    process = stress.start(tmp_path, path=tmp_path)
    while not (tmp_path / "started").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None, "a first signal waits for the end of an import"
    started = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 1.5
    assert (process.returncode, out) == (128 + number, "")
    assert err.splitlines()[1:] == ["interrupted"]
    time.sleep(1)
    assert stress.session(process.pid) == {}
