"""The compiled loop takes the very steps of Keras's `fit`, and looks without disturbing."""

import keras
import numpy as np
import pytest

from nnviz_cli.data.table import DATASETS, kind
from nnviz_cli.errors import TrainingError
from nnviz_cli.recording.events import saturated
from nnviz_cli.recording.recording import Recording
from nnviz_cli.train import compiled
from nnviz_cli.train.compiled import Compiled
from nnviz_cli.train.record import _facts, prepare, record, schedule
from nnviz_cli.train.schedule import linear
from tests.conftest import CURVE, RINGS, spec_of

pytestmark = pytest.mark.process

# optimizer, loss, dataset, points (a class), batch size; 2·53 and 53 leave a remainder
FITS = [
    ("sgd", "mse", "rings", 32, 32),
    ("{name: sgd, momentum: 0.9, nesterov: true}", "mse", "rings", 53, 32),
    ("adam", "binary_crossentropy", "rings", 53, 20),
    ("rmsprop", "hinge", "rings", 53, 64),
    ("{name: adamw, weight_decay: 0.01}", "mae", "polynomial", 53, 16),
    ("{name: adam, clipnorm: 0.1}", "huber", "polynomial", 53, 7),
    ("lion", "log_cosh", "polynomial", 53, 53),
    ("adagrad", "mse", "polynomial", 53, 53),
]


@pytest.mark.parametrize(("optimizer", "loss", "dataset", "points", "batch"), FITS)
def test_steps_leave_the_weights_that_fit_leaves(optimizer, loss, dataset, points, batch):
    spec = spec_of(
        f"""
dataset: {{name: {dataset}, points: {points}}}
model:
  layers: [{{units: 3, kernel_regularizer: {{l2: 0.01}}}}, {{units: 2, use_bias: false}}, 1]
training: {{optimizer: {optimizer}, learning_rate: 0.02, loss: {loss}, batch_size: {batch},
           shuffle: false}}
"""
    )
    ours, theirs = prepare(spec), prepare(spec)
    epochs = 3
    theirs.model.fit(
        theirs.dataset.x,
        theirs.dataset.y,
        batch_size=batch,
        epochs=epochs,
        shuffle=False,
        verbose=0,
    )
    ours.steps.run_to(epochs * ours.steps.per_epoch)
    assert int(ours.model.optimizer.iterations) == int(theirs.model.optimizer.iterations)
    for mine, fitted in zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, fitted, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize(
    "text",
    [
        RINGS.replace("mse, batch_size: 32", "mse, batch_size: 50, validation_split: 0.2"),
        CURVE.replace("batch_size: 16", "batch_size: 16, loss: huber, optimizer: adam"),
        "dataset: {name: gaussians, points: 20}\nmodel: {layers: [4, 3]}\n",
    ],
    ids=["two classes", "a curve", "three classes"],
)
def test_shuffled_steps_leave_the_weights_that_fit_leaves_on_samples_in_that_order(text):
    spec = spec_of(text)
    ours, theirs = prepare(spec), prepare(spec)
    data = theirs.dataset
    y = np.eye(3, dtype=np.float32)[data.y[:, 0].astype(int)] if len(data.classes) == 3 else data.y
    x, y = data.x[~theirs.watched.held_out], y[~theirs.watched.held_out]
    for epoch in (1, 2, 3):
        ours.steps.run_to(epoch * ours.steps.per_epoch)
        order = ours.steps._order
        assert not np.array_equal(order, np.arange(len(x)))
        theirs.model.fit(
            x[order], y[order], batch_size=spec.training.batch_size, shuffle=False, verbose=0
        )
    for mine, fitted in zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, fitted, rtol=2e-4, atol=2e-6)


def test_steps_are_the_same_however_they_are_cut():
    spec = spec_of(RINGS.replace("batch_size: 32", "batch_size: 50"))  # 3 steps, the last of 20
    whole, cut = prepare(spec), prepare(spec)
    whole.steps.run_to(6)
    for step in (1, 2, 4, 5, 6):
        cut.steps.run_to(step)
    for one, other in zip(whole.model.get_weights(), cut.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_epoch_sees_every_sample_once_in_a_new_order():
    run = prepare(spec_of(RINGS))
    orders = []
    for epoch in (1, 2):
        run.steps.run_to(epoch * run.steps.per_epoch)
        orders.append(run.steps._order)
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(120))
    assert not np.array_equal(*orders)


@pytest.mark.parametrize("text", [RINGS, CURVE])
def test_a_look_agrees_with_keras_and_changes_nothing(text):
    spec = spec_of(
        text.replace("loss: mse, ", "").replace("[3,", "[{units: 3, kernel_regularizer: l2},")
    )
    run = prepare(spec)
    before = [weights.copy() for weights in run.model.get_weights()]
    seen = run.probe()
    for mine, kept in zip(run.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, kept)
    data = run.dataset
    metrics = ["accuracy"] if data.classes else []
    run.model.compile(loss=run.model.loss, metrics=metrics)  # the sigmoid's rule is Keras's own
    expected = run.model.evaluate(
        data.x, data.y, batch_size=len(data.x), verbose=0, return_dict=True
    )
    assert len(expected) == 1 + len(metrics)
    for name, value in expected.items():
        assert seen[f"history/{name}"] == pytest.approx(value, rel=1e-5), name
    answer = run.model.predict(data.watched_x, verbose=0)
    np.testing.assert_allclose(seen["output"], answer, atol=1e-6)


@pytest.mark.parametrize("probe", [-3, -2, -1, "hidden_1"])
def test_the_probe_is_the_layers_output_for_any_layer(probe):
    spec = spec_of(RINGS + f"probe: {probe}\nview: {{panels: loss}}\n")
    run = prepare(spec)
    seen = run.probe()
    x = run.dataset.watched_x
    for layer in run.model.layers[: spec.probe_index + 1]:
        x = layer(x)
    np.testing.assert_allclose(seen[f"activation/{spec.probe_index + 1}"], x, atol=1e-6)


def test_a_surface_is_that_of_keras(tmp_path):
    spec = spec_of(RINGS)
    recording = record(spec, tmp_path / "run.h5")
    surface = recording.surface((1.5, 1.0))
    rows, columns = surface.scores.shape[2:]
    assert (rows, columns) == (97, 145)
    x, y = (
        np.linspace(*ends, count)
        for ends, count in zip(surface.extent, (columns, rows), strict=True)
    )
    mesh = np.stack(np.meshgrid(x, y), axis=2).reshape(-1, 2)
    answer = prepare(spec).model.predict(mesh, verbose=0)[:, 0]
    np.testing.assert_allclose(1 / (1 + np.exp(-surface.scores[0].ravel())), answer, atol=1e-5)


@pytest.mark.parametrize(
    ("epochs_per_frame", "per_epoch", "steps"),
    [
        (1, 10, [0, 10, 20, 30]),
        (0.25, 10, [0, 2, 5, 8]),
        (2, 3, [0, 6, 12, 18]),
        (0.01, 3, [0, 1, 2, 3]),
    ],
)
def test_frames_are_cut_at_real_steps(epochs_per_frame, per_epoch, steps):
    assert linear(4, epochs_per_frame, per_epoch) == steps


@pytest.mark.parametrize(
    ("changes", "frames", "expected"),
    [
        ("epochs: 3", "6", [0, 2, 5, 7, 10, 12]),  # of 4 steps each: round(i * 12 / 5)
        ("epochs: 3", None, [0, 4, 8, 12]),  # one frame per epoch
        ("epochs: 99", None, range(0, 4 * 99 + 1, 4)),
        ("epochs: 250", None, [round(i * 1000 / 99) for i in range(100)]),
        ("epochs: 1, batch_size: 120", "2", [0, 1]),
        ("epochs: 2, validation_split: 0.5", None, [0, 2, 4]),  # fewer steps per epoch
    ],
)
def test_a_total_of_epochs_ends_with_the_last_step(changes, frames, expected):
    head = "dataset: {name: rings, points: 60}\nmodel: {layers: [3, 2, 1]}\n"
    text = head + f"training: {{{changes}}}\n" + (f"frames: {frames}\n" if frames else "")
    spec = spec_of(text)
    run = prepare(spec)
    assert schedule(spec, run) == list(expected)
    assert spec.frames == len(expected)
    for spacing in ("log", "change"):
        steps = schedule(spec_of(text + f"spacing: {spacing}\n"), run)
        assert (steps[0], steps[-1], len(steps)) == (0, expected[-1], len(expected))
        assert (np.diff(steps) >= 1).all()


def test_a_recording_begins_untrained_and_comes_back_from_its_file(tmp_path):
    spec = spec_of(RINGS)
    told = []
    made = record(spec, tmp_path / "run.h5", lambda frame, loss: told.append((frame, loss)))
    assert made.frames == 4
    assert made.step.tolist() == [0, 4, 8, 12]
    fresh = prepare(spec).probe()
    np.testing.assert_array_equal(made.probed.activation[0], fresh["activation/2"])
    assert [frame for frame, _ in told] == [0, 1, 2, 3]
    np.testing.assert_allclose([loss for _, loss in told], made.history["loss"])
    assert made.history["loss"][-1] < made.history["loss"][0]
    again = Recording.open(tmp_path / "run.h5")
    assert again.facts == made.facts
    np.testing.assert_array_equal(again.kernels[3], made.kernels[3])


def test_a_training_on_trial_leaves_no_trace(tmp_path):
    even = record(spec_of(RINGS), tmp_path / "even.h5")
    dense = record(spec_of(RINGS + "spacing: change\n"), tmp_path / "dense.h5")
    assert dense.step[[0, -1]].tolist() == even.step[[0, -1]].tolist()
    np.testing.assert_array_equal(dense.kernels[3][-1], even.kernels[3][-1])


def test_points_held_out_are_measured_apart_and_never_trained_on(tmp_path):
    more = "training: {validation_split: 0.25, metrics: [accuracy, mae], "
    spec = spec_of(RINGS.replace("training: {", more))
    run = prepare(spec)
    assert run.watched.held_out.mean() == pytest.approx(0.25)
    run.steps.run_to(8)
    seen = run.probe()
    run.model.compile(loss=run.model.loss, metrics=["accuracy", "mean_absolute_error"])
    data = run.dataset
    parts = {
        "val_": run.watched.held_out,
        "": ~run.watched.held_out,
        "of all ": np.full(len(data.x), True),
    }
    expected = {
        prefix + name: value
        for prefix, part in parts.items()
        for name, value in run.model.evaluate(
            data.x[part], data.y[part], batch_size=len(data.x), verbose=0, return_dict=True
        ).items()
    }
    for name in ("loss", "accuracy", "mean_absolute_error"):
        assert seen[f"history/val_{name}"] == pytest.approx(expected[f"val_{name}"], rel=1e-5)
        assert seen[f"history/{name}"] == pytest.approx(expected[name], rel=1e-5)
        assert expected[name] != pytest.approx(expected[f"of all {name}"], rel=1e-4), "they differ"
    assert run.steps.samples == len(data.x) - run.watched.held_out.sum()


def test_gradients_are_those_of_a_step_over_all_training_points():
    more = "training: {validation_split: 0.5, "
    run = prepare(spec_of(RINGS.replace("training: {", more) + "view: {panels: weights}\n"))
    run.steps.run_to(2)
    seen = run.probe()
    x, y = run.dataset.x[~run.watched.held_out], run.dataset.y[~run.watched.held_out]
    kernels = [dense.kernel for dense in run.model.layers]
    before = [kernel.numpy() for kernel in kernels]
    run.model.compile(keras.optimizers.SGD(1.0), "mse")
    run.model.fit(x, y, batch_size=len(x), verbose=0)
    steps = [np.linalg.norm(a - b) for a, b in zip(kernels, before, strict=True)]
    np.testing.assert_allclose(seen["gradient_norm"], steps, rtol=1e-3)


def test_several_classes_train_as_fit_does():
    text = "dataset: {name: gaussians, blobs: 3, points: 30}\nmodel: {layers: [4, 3]}\n"
    text += "training: {shuffle: false, batch_size: 30, optimizer: adam}\n"
    ours, theirs = prepare(spec_of(text)), prepare(spec_of(text))
    ours.steps.run_to(6)
    labels = np.eye(3)[ours.dataset.y[:, 0].astype(int)]
    theirs.model.fit(theirs.dataset.x, labels, batch_size=30, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-6)
    seen = ours.probe()
    answer = ours.model.predict(ours.dataset.x, verbose=0)
    accuracy = (answer.argmax(axis=1) == ours.dataset.y[:, 0]).mean()
    assert seen["history/accuracy"] == pytest.approx(accuracy)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        record(spec_of(RINGS + f"seed: {seed}\n"), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_changing_the_batch_size_moves_neither_data_nor_weights():
    one, other = (prepare(spec_of(RINGS.replace("32", size))) for size in ("32", "8"))
    np.testing.assert_array_equal(one.dataset.x, other.dataset.x)
    for mine, theirs in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_without_xla_the_same_program_runs(monkeypatch, caplog):
    import tensorflow as tf

    caplog.set_level("INFO", logger="nnviz_cli")
    real = tf.function

    def no_xla(function, **options):
        if options.get("jit_compile"):

            def refuse(*_):
                raise tf.errors.UnimplementedError(None, None, "no XLA here")

            return refuse
        return real(function)

    spec = spec_of(RINGS)
    with_xla = prepare(spec)
    with_xla.steps.run_to(8)
    monkeypatch.setattr(compiled.tf, "function", no_xla)
    without = prepare(spec)
    without.steps.run_to(8)
    for one, other in zip(with_xla.model.get_weights(), without.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert "XLA cannot compile" in caplog.text
    assert "no XLA here" in caplog.text


def test_compiled_runs_under_xla_when_it_can():
    run = prepare(spec_of(RINGS))
    run.steps.run_to(1)
    assert run.steps._program._call._jit_compile is True
    assert isinstance(run.steps._program, Compiled)


def test_what_keras_refuses_is_told_in_one_line(tmp_path):
    spec = spec_of(
        RINGS.replace(
            "[3, 2, 1]",
            "[3, {units: 2, kernel_initializer: {name: variance_scaling, mode: fan_nowhere}}, 1]",
        )
    )
    with pytest.raises(TrainingError, match="^Keras could not train this model: .*mode") as caught:
        record(spec, tmp_path / "run.h5")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_can_be_learnt(name, tmp_path):
    outputs = kind(name, {}).outputs
    spec = spec_of(
        f"""
dataset: {{name: {name}, points: 100}}
model: {{layers: [16, 16, {outputs}]}}
training: {{optimizer: adam, learning_rate: 0.01, batch_size: 10, epochs_per_frame: 100}}
frames: 2
view: {{panels: loss}}
"""
    )
    made = record(spec, tmp_path / "run.h5")
    if made.facts.task == "regression":
        share = made.history["loss"] / made.data_y.var()  # of the variance that is left
        assert share[0] > 0.5
        assert share[-1] < 0.2
    else:
        assert made.history["accuracy"][0] < 0.8
        assert made.history["accuracy"][-1] > 0.97


def test_a_saturated_output_has_no_gradient_and_is_recognised(tmp_path):
    import tensorflow as tf

    spec = spec_of(
        """
dataset: {name: moons, points: 60}
model: {layers: [4, 2, 1], activation: relu}
training: {optimizer: sgd, learning_rate: 300, loss: mse, batch_size: 20}
frames: 6
"""
    )
    recording = record(spec, tmp_path / "run.h5")
    assert saturated(recording) == 1
    assert recording.misclassified[-1] == 60
    run = prepare(spec)
    run.steps.run_to(int(recording.step[1]))
    with tf.GradientTape() as tape:
        loss = run.model.compute_loss(
            run.dataset.x, run.dataset.y, run.model(run.dataset.x, training=True)
        )
    gradients = tape.gradient(loss, run.model.trainable_variables)
    assert max(float(tf.reduce_max(tf.abs(each))) for each in gradients) < 1e-12


def test_the_points_of_a_run_are_those_that_it_trains_on(tmp_path):
    """Held out by class: of 40 and 10 points a fifth."""
    text = "dataset: {name: moons, points: [40, 10]}\nmodel: {layers: [2, 1]}\nframes: 1\n"
    run = prepare(spec_of(f"{text}training: {{validation_split: 0.2, batch_size: 8}}\n"))
    assert _facts(spec_of(text), run).points == "32 + 8 points"


def test_keras_is_version_3():
    assert keras.__version__.startswith("3.")
