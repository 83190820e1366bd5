"""TensorFlow and Keras, or one line on how to install them."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from nnviz_cli.errors import InstallationError

TrainingProcess = Callable[[], AbstractContextManager[None]]  # prepares the process for a training


def import_tensorflow() -> None:
    """Import Keras and TensorFlow; raises InstallationError where that is not possible."""
    try:
        import keras  # noqa: F401
        import tensorflow  # noqa: F401
    except ImportError as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InstallationError(
            f"training needs TensorFlow ({reason}); "
            "install it: pip install tensorflow, or the smaller tensorflow-cpu"
        ) from error
