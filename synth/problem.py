"""A problem: a question with a worked solution, its answer, and a second way to the answer that checks the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np

_Choice = TypeVar("_Choice")


@dataclass(frozen=True)
class Problem:
    """What a template makes."""

    question: str
    solution: str
    answer: Fraction
    """The number that the solution arrives at."""
    recomputed: Fraction
    """The same number by another way, which shares no step with the solution."""


class Draw:
    """Chooses numbers and wordings from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both possible."""
        return int(self._generator.integers(low, high + 1))

    def one_of(self, choices: Sequence[_Choice]) -> _Choice:
        """Return one of the choices."""
        return choices[self.whole(0, len(choices) - 1)]


Template = Callable[[Draw, str], Problem]
"""Makes a problem in a language, ``en`` or ``zh``."""


def number(value: Fraction) -> str:
    """Return a number as LaTeX: whole, decimal where it ends within three places, else a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    if 1000 % value.denominator == 0:
        sign, thousandths = "-" if value < 0 else "", abs(value.numerator) * (1000 // value.denominator)
        return f"{sign}{thousandths // 1000}.{thousandths % 1000:03d}".rstrip("0")
    return fraction(value)


def fraction(value: Fraction) -> str:
    """Return a number as a LaTeX fraction, whole numbers as they are."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def quotient(top: int, bottom: int) -> str:
    """Return a division as a LaTeX fraction, with its value behind it where that is written differently."""
    value = Fraction(top, bottom)
    written = f"\\frac{{{top}}}{{{bottom}}}"
    return written if number(value) == written else f"{written} = {number(value)}"


def signed(value: int) -> str:
    """Return a number as a term that follows others: ``+ 3`` or ``- 3``."""
    return f"+ {value}" if value >= 0 else f"- {-value}"
