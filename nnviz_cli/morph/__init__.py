"""A film in which a trained network bends space, layer by layer.

After Chris Olah, "Neural Networks, Manifolds, and Topology", 2014: each layer turns, stretches
and moves what it gets, and bends it by its activation. Numbers and geometry come from a
Recording; nothing here knows Keras. The parts are imported where they are needed, so that
the command line starts at once.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tempo:
    """How long things take, in seconds."""

    motion: float = 1.2
    hold: float = 0.4  # after a motion
    rest: float = 0.8  # more, when a layer is done
    first: float = 1.2
    last: float = 2.5
