"""What a film shows, in words."""

from dataclasses import replace

import numpy as np

from nnviz_cli.recording.alt_text import alt_text
from nnviz_cli.recording.events import Event

SHOWN = ["the input plane", "hidden layer 1", "the loss"]


def test_it_tells_what_is_shown_how_it_went_and_what_happened(made_up):
    happened = [Event(3, "accuracy over 90 %"), Event(3, "the end"), Event(5, "Dead")]
    assert alt_text(made_up, SHOWN, "rings", happened) == (
        "of a neural network with layers of 2-2-1 units learning to classify points of two classes "
        "(dataset rings, 2 × 40 points), over 5 epochs. It shows the input plane, "
        "hidden layer 1 and the loss. The loss falls from 1 to 0.167 and the accuracy rises from "
        "0 % to 100 %. Epoch 3: accuracy over 90 % and the end; epoch 5: Dead."
    )


def test_a_curve_and_a_loss_that_stays(made_up):
    history = {"loss": np.full(6, 0.5), "val_loss": np.linspace(0.5, 0.6, 6)}
    facts = replace(made_up.facts, task="regression", classes=(), per_class=())
    still = replace(made_up, facts=facts, history=history)
    words = alt_text(still, ["the curve"], "sine", [])
    assert "learning a curve (dataset sine, 80 points)" in words
    assert "It shows the curve." in words
    assert words.endswith(
        "The loss stays at 0.5 and the loss on held-out points rises from 0.5 to 0.6."
    )


def test_a_training_that_diverged_is_told_by_its_last_numbers(made_up):
    loss = np.array([1.0, 0.5, 2.0, 2.0, 2.0, 2.0])
    step = np.array([0, 5, 10, 10, 10, 10])
    facts = replace(made_up.facts, diverged=2.5)
    ended = replace(made_up, facts=facts, step=step, history={"loss": loss})
    assert "over 2 epochs" in alt_text(ended, SHOWN, "rings", [])
    assert "The loss rises from 1 to 2." in alt_text(ended, SHOWN, "rings", [])
