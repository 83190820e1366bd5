"""How fast a morph goes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tempo:
    """How long things take, in seconds."""

    motion: float = 1.2
    hold: float = 0.4  # after a motion
    rest: float = 0.8  # more, when a layer is done
    first: float = 1.2
    last: float = 2.5
