"""What the parameters of Keras's optimizers, losses, … mean, in one line each.

Names, defaults and which parameters there are come from Keras itself (`keras_names`).
"""

# by parameter, where it means the same wherever it stands
PARAMETERS = {
    "adam_beta_1": "decay per step of the mean gradient, for parameters that Adam trains",
    "adam_beta_2": "decay per step of the mean squared gradient, for parameters that Adam trains",
    "adam_lr_ratio": "learning rate of the parameters that Adam trains, as a multiple",
    "adam_weight_decay": "weight decay of the parameters that Adam trains",
    "alpha": "scale of the output for large negative inputs: it approaches -alpha",
    "amsgrad": "divide by the largest mean squared gradient so far, not by the newest",
    "apply_class_balancing": "weight the classes by alpha and 1 - alpha",
    "approximate": "use the faster formula with tanh",
    "average": "how the scores of the classes are combined: micro, macro or weighted; one per "
    "class if it is not given",
    "b": "width of the curved part around 0",
    "beta_1": "decay per step of the mean gradient",
    "beta_2": "decay per step of the mean squared gradient",
    "beta_2_decay": "exponent of the step number by which the second decay approaches 1",
    "centered": "divide by the variance of the gradient, not by its mean square",
    "class_aggregation": "how the scores of several outputs are combined",
    "clip_threshold": "largest root mean square of an update",
    "clipnorm": "largest norm of the gradient of each weight array",
    "clipvalue": "largest absolute value of each entry of the gradient",
    "curve": "the curve under which the area is measured: ROC or PR",
    "default_value": "the output for inputs that do not exceed the threshold",
    "delta": "error at which the loss turns from quadratic to linear",
    "distribution": "distribution that the weights are drawn from",
    "epsilon": "small number added to a divisor, so that it is never 0",
    "epsilon_1": "small number added to the squared gradient",
    "epsilon_2": "smallest root mean square of a weight array that scales its updates",
    "factor": "strength of the penalty",
    "from_logits": "whether the outputs are logits; by default they are probabilities",
    "from_sorted_ids": "whether the outputs are class numbers in descending order of probability",
    "gain": "factor that the matrix is multiplied by",
    "gamma": "how strongly samples that are classified well are weighted down",
    "global_clipnorm": "largest norm of the gradient of all weights together",
    "gradient_accumulation_steps": "steps whose gradients are averaged before the weights change",
    "initial_accumulator_value": "start of the sum of squared gradients",
    "k": "how many of the most probable classes count as a hit",
    "l1": "weight of the sum of absolute values",
    "l1_regularization_strength": "weight of the L1 penalty",
    "l2": "weight of the sum of squares",
    "l2_regularization_strength": "weight of the L2 penalty",
    "l2_shrinkage_regularization_strength": "weight of an L2 penalty on the gradient alone",
    "label_smoothing": "share by which the targets are moved towards equal probabilities",
    "learning_rate": "length of a step; `training.learning_rate` sets it, too",
    "learning_rate_power": "exponent by which the learning rate falls with the squared gradients",
    "max_value": "largest output; unbounded if it is not given",
    "maxval": "upper bound of the values",
    "mean": "mean of the values",
    "minval": "lower bound of the values",
    "momentum": "share of the previous update that is added to the next",
    "muon_a": "first coefficient of the Newton-Schulz iteration",
    "muon_b": "second coefficient of the Newton-Schulz iteration",
    "muon_c": "third coefficient of the Newton-Schulz iteration",
    "negative_slope": "slope for inputs below the threshold",
    "nesterov": "take the gradient where the momentum leads",
    "ns_steps": "iterations of Newton-Schulz per step",
    "num_regressors": "number of inputs, for the adjusted score; 0 gives the plain one",
    "num_thresholds": "number of thresholds at which the curve is computed",
    "precision": "precision that must be reached, from 0 to 1",
    "recall": "recall that must be reached, from 0 to 1",
    "relative_step": "let the learning rate fall with the number of steps",
    "rho": "decay per step of the mean squared gradient",
    "rms_rate": "root mean square of an update, as a multiple of the learning rate",
    "scale": "factor of the variance",
    "sensitivity": "sensitivity that must be reached, from 0 to 1",
    "specificity": "specificity that must be reached, from 0 to 1",
    "stddev": "standard deviation of the values",
    "summation_method": "how the area is summed: interpolation, minoring or majoring",
    "threshold": "input at which the function changes",
    "value": "the value of every weight",
    "warmup_steps": "steps over which the learning rate rises to its full value",
    "weight_decay": "share of each weight, times the learning rate, that is subtracted per step",
}
# where a parameter means something else: family, name, parameter
_OTHERWISE = {
    ("activation", "hard_shrink", "threshold"): "inputs of a smaller absolute value give 0",
    ("activation", "soft_shrink", "threshold"): "what absolute values are reduced by, down to 0",
    ("activation", "relu", "threshold"): "inputs below it are damped",
    ("initializer", "variance_scaling", "mode"): "number that the variance is divided by: "
    "fan_in (inputs), fan_out (outputs) or fan_avg (their mean)",
    ("loss", "binary_focal_crossentropy", "alpha"): "weight of class 1; class 0 has 1 - alpha",
    ("loss", "categorical_focal_crossentropy", "alpha"): "weight of every class",
    # Keras's own docstring has these two the other way round; its code computes this
    ("loss", "tversky", "alpha"): "weight of false negatives",
    ("loss", "tversky", "beta"): "weight of false positives",
    ("metric", "f_beta_score", "beta"): "weight of recall in relation to precision",
    ("optimizer", "adafactor", "learning_rate"): "upper bound of the length of a step; "
    "`training.learning_rate` sets it, too",
    ("optimizer", "ftrl", "beta"): "number added to the root of the squared gradients",
    ("optimizer", "lion", "beta_1"): "share of the mean gradient in the update",
    ("optimizer", "lion", "beta_2"): "decay per step of the mean gradient",
    ("optimizer", "adamax", "beta_2"): "decay per step of the largest gradient",
    ("regularizer", "orthogonal_regularizer", "mode"): "what is to be orthogonal: rows or columns",
}


def parameter_help(family: str, name: str, parameter: str) -> str:
    """What a parameter of one of Keras's objects means, in one line, or ''."""
    return _OTHERWISE.get((family, name, parameter)) or PARAMETERS.get(parameter, "")
