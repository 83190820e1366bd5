"""The order in which a film shows its frames."""

from fractions import Fraction

LOOPS = ("none", "bounce")


def order(
    frames: int, fps: Fraction, hold: tuple[float, float] = (0.0, 0.0), loop: str = "none"
) -> list[int]:
    """Indices of the frames in the order they are shown; `hold` is seconds at start and end.

    With loop "bounce" the film then runs backwards, without repeating either end.
    """
    first, last = (round(seconds * fps) for seconds in hold)
    forth = [0] * first + list(range(frames)) + [frames - 1] * last
    back = list(range(frames - 2, 0, -1)) if loop == "bounce" else []
    return forth + back
