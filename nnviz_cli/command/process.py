"""The command line's own process: TensorFlow starts fast and silent there, and it ends fast.

A notebook's or a script's process is its user's: there TensorFlow is imported plainly, and
nothing is hidden, frozen, redirected or set.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import IO, Any, NoReturn

from nnviz_cli import signals
from nnviz_cli.errors import NnvizError

THREADS = 2  # of TensorFlow; sums are split among them, so their number is part of the result


@contextmanager
def training_process(*, loud: bool = False) -> Iterator[None]:
    """Start TensorFlow for a training; `loud` lets it print."""
    with silenced(loud=loud):
        start_tensorflow()
        yield


def start_tensorflow() -> None:
    """Import TensorFlow and Keras in 1.3 s where a plain import takes 3 s.

    Its 3000 modules make objects that stay, and the garbage collector would walk through
    all of them again and again (0.7 s, and as much while tracing). Keras would import
    pyplot for a gallery of images (0.3 s), and TensorFlow SciPy for its old Keras (0.07 s);
    both are imported when they are first used. XLA keeps its programs in a folder, so that the
    next film of a network of the same shape has nothing to compile (0.45 s).

    Raises InstallationError.
    """
    if "tensorflow" in sys.modules:
        return
    from nnviz_cli.train.installed import import_tensorflow
    from nnviz_cli.train.programs import keep_programs, program_folder
    from nnviz_cli.versions import MISSING, tensorflow_distribution

    if tensorflow_distribution().version != MISSING:
        keep_programs(program_folder())
    collecting = gc.isenabled()
    gc.disable()
    try:
        with _imported_later():
            import_tensorflow()
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


class _Later(ModuleType):
    """A module that is imported when something of it is first used, but for what is given."""

    def __init__(self, name: str, **given: object) -> None:
        super().__init__(name)
        self.__dict__.update(given)

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:  # not yet
            raise AttributeError(name)
        return getattr(_loaded(self.__name__), name)


@contextmanager
def _imported_later() -> Iterator[None]:
    """Let modules that are imported meanwhile have matplotlib and SciPy only when they use them."""
    pyplot, patches = _Later("matplotlib.pyplot"), _Later("matplotlib.patches")
    sparse = _Later("scipy.sparse", issparse=_issparse)
    packages = (
        (_Later("matplotlib", pyplot=pyplot, patches=patches), pyplot, patches),
        (_Later("scipy", sparse=sparse), sparse),
    )
    placed = {
        module.__name__: module
        for package, *modules in packages
        if package.__name__ not in sys.modules
        for module in (package, *modules)
    }
    sys.modules.update(placed)
    try:
        yield
    finally:
        for name in placed:
            del sys.modules[name]


def _issparse(array: object) -> bool:
    from scipy import sparse

    return bool(sparse.issparse(array))


def _loaded(name: str) -> ModuleType:
    """The module itself, of matplotlib or SciPy."""
    if name.startswith("matplotlib"):
        import matplotlib.patches
        import matplotlib.pyplot  # noqa: F401
    else:
        import scipy.sparse  # noqa: F401
    return sys.modules[name]


@contextmanager
def silenced(*, loud: bool = False) -> Iterator[None]:
    """Put what is written to descriptor 2 aside; show it if something unforeseen is raised.

    TensorFlow's own log level no longer keeps it quiet while it starts.
    """
    if loud:
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except Exception as error:
            if not isinstance(error, NnvizError | OSError) and not signals.current().received:
                os.dup2(kept, 2)
                _replay(aside)
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _replay(aside: IO[bytes]) -> None:
    aside.seek(0)
    sys.stderr.write(aside.read().decode("utf-8", "replace"))


def leave(status: str | int | None) -> NoReturn:
    """End this process without taking TensorFlow apart object by object (0.5 s).

    After a signal, too: a second one, while Python ends, would change the status.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if ("tensorflow" in sys.modules or signals.current().received) and isinstance(status, int):
        os._exit(status)
    sys.exit(status)
