"""A recording holds the run; what follows from its weights agrees with what Keras computed."""

import h5py
import numpy as np
import pytest

from nnviz_cli.recording.activations import ACTIVATIONS
from nnviz_cli.recording.arrays import ARRAYS, LAYOUT, expected
from nnviz_cli.recording.forward import forward
from nnviz_cli.recording.recorder import write_compact
from nnviz_cli.recording.recording import Recording
from nnviz_cli.spec.load import load
from nnviz_cli.spec.yaml_reader import read_file
from tests.conftest import CONFIGS, RINGS, record, spec_of

TOLERANCE = 1e-5  # of the largest activation of a layer, at least 1


def differences(recording, frame):
    """By how much each of Keras's numbers differs from NumPy's, per layer's largest activation."""
    facts, units = recording.facts, recording.facts.units
    weights = [
        {name: array[frame] for name, array in recording.weights[layer].items()}
        for layer in range(1, len(units))
    ]
    places = np.concatenate([recording.x, recording.grid.reshape(-1, units[0])])
    every, _ = forward(facts.layers, weights, np.ascontiguousarray(places.T))
    count = len(recording.x)
    for layer, ours in enumerate(every, 1):
        largest = max(1.0, float(np.abs(ours).max()))
        yield np.abs(ours.min(axis=1) - recording.low[layer][frame]).max() / largest
        yield np.abs(ours.max(axis=1) - recording.high[layer][frame]).max() / largest
        if layer == facts.probe:
            yield np.abs(ours[:, :count].T - recording.recorded[frame]).max() / largest
    yield np.abs(ours[:, :count].T - recording.recorded_output[frame]).max() / largest


@pytest.mark.process
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_numpy_agrees_with_keras_at_every_frame_of_every_config(path, tmp_path):
    spec = load(read_file(path))
    recording = record(spec, tmp_path / "run.h5")
    assert recording.frames == spec.frames
    assert recording.facts.forward_error is None
    for frame in range(recording.frames):
        assert max(differences(recording, frame)) < TOLERANCE, frame


@pytest.mark.process
def test_a_pass_that_differs_is_noted_and_what_keras_computed_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", lambda x: np.tanh(x) + np.float32(0.01))
    recording = record(spec_of(RINGS), tmp_path / "run.h5")
    assert recording.facts.forward_error == pytest.approx(0.01, rel=0.5)
    assert recording.probed.activation is recording.recorded
    monkeypatch.undo()
    assert record(spec_of(RINGS), tmp_path / "run.h5").facts.forward_error is None


@pytest.mark.process
def test_a_compact_ring_film_is_small_and_shows_the_same(tmp_path):
    (path,) = (each for each in CONFIGS if each.stem == "ring_1-3-2-1")
    spec = load(read_file(path))
    whole = record(spec, tmp_path / "run.h5")
    write_compact(tmp_path / "run.h5", tmp_path / "compact.h5")
    assert whole.frames == 100
    assert (tmp_path / "compact.h5").stat().st_size < 300_000
    compact = Recording.open(tmp_path / "compact.h5")
    assert compact.recorded is None
    assert compact.recorded_output is None
    assert (compact.facts, compact.spec) == (whole.facts, whole.spec)
    assert list(compact.digests()) == list(whole.digests())
    for frame in (0, 50, 99):
        for ours, theirs in (
            (compact.probed.activation[frame], whole.recorded[frame]),
            (compact.output[frame], whole.recorded_output[frame]),
        ):
            np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_a_file_describes_its_arrays(make, tmp_path):
    recording = make((2, 3, 1))
    meanings = {entry.name.split("/")[0]: entry.meaning for entry in ARRAYS}
    sizes = {"frames": 5, "points": 40, "data": 40, "targets": 1}
    known = expected(recording.facts, sizes)
    with h5py.File(tmp_path / "invented.h5") as file:
        names = []
        file.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
        )
        assert {name for name, each in known.items() if not each.optional} <= set(names)
        for name in names:
            assert file[name].attrs["meaning"].decode() == meanings[name.split("/")[0]]
            if name in known and None not in known[name].shape:
                assert file[name].shape == known[name].shape, name
                assert file[name].dtype == known[name].entry.dtype, name
        assert file["step"].attrs["unit"].decode() == "optimizer steps"
        assert f'"layout": {LAYOUT}' in file["info"][...].tobytes().decode()


def test_layers_that_were_not_probed_follow_from_the_weights(make):
    recording = make((2, 4, 3, 1))
    for frame in range(recording.frames):
        answer = recording.x
        for layer in (1, 2, 3):
            kernel, bias = (recording.weights[layer][name][frame] for name in ("kernel", "bias"))
            weighted = answer @ kernel + bias
            answer = np.tanh(weighted) if layer < 3 else 1 / (1 + np.exp(-weighted))
            np.testing.assert_allclose(recording.looks[layer].activation[frame], answer, atol=1e-6)
        np.testing.assert_allclose(recording.output[frame], answer, atol=1e-6)
        surface = recording.surface((1.0, 1.0))
        assert surface.scores[frame].shape == (1, 97, 97)
