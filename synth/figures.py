"""Significant figures: numbers as measurements are written, and results rounded to as many figures as their data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from synth.problem import Draw
from synth.quantity import Quantity, quantity

FIGURES = 3
"""Significant figures of every measured value and of every result."""


@dataclass(frozen=True)
class Given:
    """A measured value as the question states it."""

    written: str
    """Three significant figures, trailing zeros kept."""
    unit: str

    @property
    def value(self) -> Fraction:
        """The number before the unit."""
        digits, _, power = self.written.partition(" \\times 10^")
        return Fraction(digits) * Fraction(10) ** int(power.strip("{}") or 0)

    @property
    def quantity(self) -> Quantity:
        """The value with its unit."""
        return quantity(self.value, self.unit)


def measured(draw: Draw, low: float, high: float, unit: str) -> Given:
    """Return a value between the bounds with three significant figures, each decade within them as likely."""
    exponents = [e for e in range(-6, 6) if 10.0 ** (e + 3) > low and 10.0 ** (e + 2) < high]
    while True:
        exponent = draw.one_of(exponents)
        value = Decimal(draw.whole(100, 999)).scaleb(exponent)
        if low <= value <= high and (exponent <= 0 or value % 10 != 0):
            return Given(f"{value:f}", unit)


def rounded(value: Fraction, figures: int = FIGURES) -> str:
    r"""Return a number of so many significant figures (halves away from zero), in powers of ten where zeros mislead.

    Examples of three figures: ``0.0450``, ``12.3``, ``1.20 \times 10^{2}``.
    """
    if value == 0:
        return "0"
    # Twenty figures more than needed: a tie is a tie only where the division ends.
    exact = Context(prec=figures + 20).divide(Decimal(value.numerator), Decimal(value.denominator))
    short = Context(prec=figures, rounding=ROUND_HALF_UP).create_decimal(exact)
    exponent = short.adjusted()
    digits = short.quantize(Decimal(1).scaleb(exponent - figures + 1))
    ends_in_zero = exponent >= figures - 1 and digits.as_tuple().digits[-1] == 0
    if exponent < -3 or exponent >= figures or (ends_in_zero and exponent > 0):
        return f"{digits.scaleb(-exponent):f} \\times 10^{{{exponent}}}"
    return f"{digits:f}"


def intermediate(value: Fraction, unit: str) -> Given:
    """Return a result on the way, with two figures more than the data."""
    return Given(rounded(value, FIGURES + 2), unit)
