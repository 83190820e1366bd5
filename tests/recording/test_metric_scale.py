"""Metrics on the scale of a loss, against the names that Keras knows."""

from nnviz_cli.recording.metric_scale import LOSS_LIKE, is_loss_like
from nnviz_cli.spec.keras_names import names_of


def test_every_loss_of_keras_but_the_cosine_has_the_scale_of_a_loss():
    losses = set(names_of("loss")) - {"cosine_similarity"}  # from -1 to 1
    assert losses | {"loss", "root_mean_squared_error"} == LOSS_LIKE


def test_shares_scores_and_counts_do_not_have_the_scale_of_a_loss():
    names = ["accuracy", "auc", "f1_score", "r2_score", "true_positives", "cosine_similarity"]
    assert not any(map(is_loss_like, names))


def test_a_number_that_keras_appends_is_ignored():
    assert is_loss_like("mean_squared_error_1")
    assert is_loss_like("hinge_12")
    assert not is_loss_like("accuracy_1")
    assert not is_loss_like("hinge_x")
