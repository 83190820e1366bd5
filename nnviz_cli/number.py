"""Numbers as text, in one form everywhere: on screen, in captions, in alt text, in messages."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import ArrayLike

THIN = "\u202f"  # between thousands; no line breaks there
DIGITS = 3  # of a value that was measured
LARGEST, SMALLEST = 1e6, 1e-4  # outside, values are written with a power of ten
MOST_DECIMALS = 6
CLOSE = 0.01  # of the last digit, that is not seen


def epoch(value: float) -> str:
    """Epochs or steps: 20, 12345, 0.25; never with a power of ten, to a thousandth of an epoch.

    Thousands stand apart from five digits on: 12 345.
    """
    return grouped(np.format_float_positional(round(float(value), 3), trim="-"))


def grouped(text: str) -> str:
    """A decimal number of five digits or more with its thousands apart: 12345 to 12 345."""
    whole, point, decimals = text.partition(".")
    digits = whole.lstrip("-")
    if len(digits) > 4 and digits.isdecimal():
        whole = f"{int(whole):,}".replace(",", THIN)
    return f"{whole}{point}{decimals}"


def value(number: float) -> str:
    """A value to three significant digits: 0.0667, 12.5, 14 700, 6.9e-7, 1.47e13, nan."""
    number = float(number)
    if not np.isfinite(number):
        return str(number)
    if not is_plain(number):
        return scientific(number)
    return grouped(np.format_float_positional(float(f"{number:.{DIGITS}g}"), trim="-"))


def is_plain(number: float) -> bool:
    """Whether a number is written without a power of ten."""
    return number == 0 or SMALLEST <= abs(number) < LARGEST


def scientific(number: float, digits: int = DIGITS, *, fixed: bool = False) -> str:
    """A number as 1.47e13 and 6.9e-7; with `fixed`, zeros at the end of the digits stay."""
    mantissa, _, power = f"{float(number):.{digits - 1}e}".partition("e")
    if not fixed and "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(power)}"


def ticks(places: ArrayLike) -> list[str]:
    """Numbers along an axis, with the digits that distinguish each from the next: 0.0, 0.5, 1.0."""
    at = np.asarray(places, float)
    most = float(np.abs(at).max())
    last = _power(float(np.diff(at).min()) if len(at) > 1 else most)  # of ten, of the last digit
    for _ in range(2):
        parts = at / 10.0**last
        last -= bool((np.abs(parts - np.round(parts)) > CLOSE).any())
    if is_plain(most):
        decimals = max(0, -last)
        return [grouped(f"{round(each, decimals) or 0.0:.{decimals}f}") for each in at.tolist()]
    return [
        "0" if abs(each) < CLOSE * 10.0**last else scientific(each, 1 + max(0, _power(each) - last))
        for each in at.tolist()
    ]


def _power(number: float) -> int:
    """The power of ten of a number's first digit."""
    return int(np.floor(np.log10(abs(number)) + 1e-9)) if number else 0


def percent(share: float, *, fixed: bool = False) -> str:
    """A share in percent, rounded down, so that 99.96 % is never 100 %: '99.9 %', '50 %'.

    With `fixed` there is always one decimal.
    """
    number = float(share)
    if not np.isfinite(number):
        return f"{number} %"
    # repr, since 0.29 * 100 is 28.999…; a share that was counted in float32 is exact to 1e-7
    exact = Decimal(repr(round(number, 6))) * 100
    text = str(exact.quantize(Decimal("0.1"), ROUND_FLOOR))
    return f"{text if fixed else text.removesuffix('.0')} %"


def readings(values: Sequence[float]) -> list[str]:
    """Values that follow each other on screen, all as wide as the widest, right-aligned.

    Decimals are as many as the least needs for three significant digits, 6 at most; what is too
    small or too large for that has a power of ten.
    """
    numbers = np.asarray(values, float)
    plain = np.array([bool(np.isfinite(number)) and is_plain(number) for number in numbers])
    sizes = np.abs(numbers[plain & (numbers != 0)])
    if (numbers[plain] == np.round(numbers[plain])).all():
        decimals = 0
    else:
        decimals = int(np.clip(DIGITS - 1 - np.floor(np.log10(sizes.min())), 2, MOST_DECIMALS))
    return padded(
        [
            f"{number:.{decimals}f}" if simple else _special(number)
            for number, simple in zip(numbers, plain, strict=True)
        ]
    )


def _special(number: float) -> str:
    return scientific(number, fixed=True) if np.isfinite(number) else str(number)


def padded(texts: Sequence[str]) -> list[str]:
    """Texts of one width, right-aligned."""
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]
