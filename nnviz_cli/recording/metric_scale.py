"""Which metrics are measured on the scale of a loss: from 0 without bound, lower is better."""

import re

LOSS_LIKE = frozenset(
    {
        *("loss", "binary_crossentropy", "categorical_crossentropy", "kl_divergence", "poisson"),
        *("sparse_categorical_crossentropy", "binary_focal_crossentropy", "dice", "tversky"),
        *("categorical_focal_crossentropy", "hinge", "squared_hinge", "categorical_hinge"),
        *("huber", "log_cosh", "mean_absolute_error", "mean_absolute_percentage_error"),
        *("mean_squared_error", "mean_squared_logarithmic_error", "root_mean_squared_error"),
    }
)


def is_loss_like(name: str) -> bool:
    """Whether a metric has the scale of a loss; a number that Keras appended is ignored."""
    return re.sub(r"_\d+$", "", name) in LOSS_LIKE
