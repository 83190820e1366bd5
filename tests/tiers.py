"""The tiers of the suite: a test that starts a process or TensorFlow carries the mark `process`.

Without that mark it fails, in every tier, so `make test-fast` stays fast. TensorFlow is only
looked for until it is imported: what needs it without the mark fails in `make test-fast`.
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from multiprocessing.process import BaseProcess

import pytest

from nnviz_cli.film.ffmpeg import encoders

NEED = "mark it with @pytest.mark.process"


class NoTensorFlow(MetaPathFinder):
    """Refuses to import TensorFlow and Keras: a module that does so is skipped, a test fails."""

    def __init__(self) -> None:
        self.running = False  # a test, not the collection

    def find_spec(self, name: str, *_: object) -> None:
        """Find nothing, so that other finders are asked."""
        if name not in ("keras", "tensorflow"):
            return
        if self.running:
            pytest.fail(f"this test imports TensorFlow: {NEED}")
        pytest.skip("imports TensorFlow", allow_module_level=True)


def pytest_configure(config: pytest.Config) -> None:
    """Where marked tests are left out, no module may import TensorFlow."""
    if "not process" in config.option.markexpr:
        sys.meta_path.insert(0, NoTensorFlow())


def pytest_sessionstart() -> None:
    """Ask ffmpeg for its encoders, which every check of a spec needs; the answer is kept."""
    encoders()


def _refuse(*_: object, **__: object) -> None:
    pytest.fail(f"this test starts a process: {NEED}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let only marked tests, and the fixtures they are the first to use, start processes."""
    if item.get_closest_marker("process"):
        return (yield)
    finder = next((each for each in sys.meta_path if isinstance(each, NoTensorFlow)), None)
    if finder is None:
        finder = NoTensorFlow()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", _refuse)
        patch.setattr(subprocess.Popen, "__del__", lambda _: None)  # it was never started
        patch.setattr(BaseProcess, "start", _refuse)
        patch.setattr(sys, "meta_path", [finder, *sys.meta_path])
        patch.setattr(finder, "running", True)
        return (yield)
