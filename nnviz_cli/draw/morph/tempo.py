"""How fast a morph goes."""

from dataclasses import dataclass
from typing import Self

UNHURRIED = 6  # layers that are shown without hurry


@dataclass(frozen=True)
class Tempo:
    """How long things take, in seconds."""

    motion: float = 1.2
    hold: float = 0.4  # after a motion
    rest: float = 0.8  # more, when a layer is done
    first: float = 1.2
    last: float = 2.5

    @classmethod
    def of(cls, motion: float) -> Self:
        """A tempo by how long a motion takes; what follows it is in proportion, 0.4 s at most."""
        hold = 0.4 * min(1.0, motion / 1.2)
        return cls(motion, hold, 2 * hold)

    @classmethod
    def fitting(cls, layers: int) -> Self:
        """Slow enough to follow; faster for many layers, so that the film is not too long."""
        return cls.of(1.2 * max(0.4, min(1.0, UNHURRIED / layers)))
