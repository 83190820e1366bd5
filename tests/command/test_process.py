"""Only the command line's own process is prepared; a user's process is left as it is."""

import os
import subprocess
import sys
from textwrap import indent

import pytest

from tests.conftest import RINGS

pytestmark = pytest.mark.process

SPEC = f"""
from pathlib import Path
from nnviz_cli.job.experiment import check
Path("rings.yaml").write_text({RINGS!r})
experiment = check(Path("rings.yaml"), ["view.size=160x120"], ["a.mp4"])
"""
# keras.visualization needs pyplot and patches; both are imported when it is imported or used
GALLERY = """
import sys
import numpy as np
import keras
import matplotlib
matplotlib.use("agg")
images = np.zeros((4, 8, 8, 3))
keras.visualization.plot_image_gallery(images, value_range=(0, 255))
boxes = sys.modules["keras.src.visualization.plot_bounding_box_gallery"]
assert boxes.patches.Patch(color="red").get_facecolor() == (1, 0, 0, 1)
import matplotlib.pyplot as plt
plt.figure().add_subplot().plot([1, 2])
"""
USER = (
    """
import gc, os, signal, sys
if __name__ == "__main__":
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    kept = [os.environ.copy(), gc.isenabled(), gc.get_freeze_count(), gc.get_threshold(), os.fstat(2)]
    import nnviz_cli.command.app, nnviz_cli.command.doctor, nnviz_cli.job.verify
"""
    + indent(SPEC, "    ")
    + """
    from nnviz_cli.job.run import run
    (result,) = run([experiment])
    assert (result.error, result.frames) == ("", 4), result
    hidden = [name for name, module in sys.modules.items() if type(module).__name__ == "_Later"]
    assert hidden == [] and None not in sys.modules.values()
    import tensorflow as tf
    theirs = {name for name in os.environ if name not in kept[0]}
    by_tensorflow = {"TF2_BEHAVIOR", "TPU_ML_PLATFORM", "TPU_ML_PLATFORM_VERSION"}
    by_tensorflow |= {"ENABLE_RUNTIME_UPTIME_TELEMETRY", "HDF5_PLUGIN_PATH"}  # and h5py
    assert theirs <= by_tensorflow, theirs
    for name in theirs:
        del os.environ[name]
    assert [os.environ.copy(), gc.isenabled(), gc.get_freeze_count(), gc.get_threshold(), os.fstat(2)] == kept
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert tf.config.threading.get_intra_op_parallelism_threads() == 0
"""
    + indent(GALLERY, "    ")
)


def python(code, cwd, **env):
    (cwd / "user.py").write_text(code)
    return subprocess.run(
        [sys.executable, "user.py"],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )


def test_a_script_that_renders_finds_its_process_as_it_was_and_keras_whole(tmp_path):
    done = python(USER, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_command_lines_process_has_neither_matplotlib_nor_scipy_until_keras_uses_them(tmp_path):
    code = (
        """
import gc, sys
from nnviz_cli.command.process import training_process
with training_process():
    import tensorflow as tf
assert gc.get_freeze_count() > 100_000
assert tf.config.threading.get_intra_op_parallelism_threads() == 2
assert not {"matplotlib", "scipy"} & {name.partition(".")[0] for name in sys.modules}
from tensorflow.python.keras.engine import data_adapter
import scipy.sparse
assert data_adapter.is_none_or_empty is not None
from tensorflow.python.keras.engine.training_v1 import issparse
assert issparse(scipy.sparse.eye(2)) and not issparse([1])
"""
        + GALLERY
    )
    done = python(code, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_process_that_trains_rings_needs_neither_matplotlib_nor_scipy():
    """They take 0.1 and 0.3 s to import; drawing processes have the one, plain films not the other."""
    code = """if True:
        import sys
        import numpy as np
        from nnviz_cli.recording.separability import separable_onset
        from nnviz_cli.draw.fonts import is_installed
        from nnviz_cli.draw.theme import THEMES

        assert all(is_installed(theme.text) for theme in THEMES.values())
        assert all(is_installed(theme.mono_font) for theme in THEMES.values())
        angle = np.linspace(0, 2 * np.pi, 400)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        frames = [np.concatenate([circle, circle / 2 + shift]) for shift in (0, 0.4, 0.9, 1.2)]
        assert separable_onset(frames, np.repeat([0, 1], 400)).first == 3
        print(*{"matplotlib", "scipy"} & sys.modules.keys())
    """
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
