"""A problem: a question with a worked solution, its answer, and a second way to the answer that checks the first."""

from __future__ import annotations

import hashlib
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
    answer: object
    """What the solution arrives at: a number, a tuple of them, or their text."""
    recomputed: object
    """The same by another way, which shares no step with the solution."""


def verified(name: str, problem: Problem) -> Problem:
    """Return the problem, or raise ValueError if its two answers differ."""
    if problem.answer != problem.recomputed:
        raise ValueError(
            f"template {name}: the solution says {problem.answer}, recomputing gives {problem.recomputed}: "
            f"{problem.question}"
        )
    return problem


class UnclearError(Exception):
    """The numbers drawn make a problem with more than one defensible answer; a template asks for others so."""


class Draw:
    """Chooses numbers and wordings from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))

    @classmethod
    def named(cls, seed: int, *names: str | int) -> Draw:
        """Return a generator that depends on the seed and on every name, in order."""
        text = "\x1f".join([str(seed), *map(str, names)])
        return cls(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both possible."""
        return int(self._generator.integers(low, high + 1))

    def one_of(self, choices: Sequence[_Choice]) -> _Choice:
        """Return one of the choices."""
        return choices[self.whole(0, len(choices) - 1)]

    def nonzero(self, largest: int) -> int:
        """Return a whole number other than 0 with at most this absolute value."""
        return self.whole(1, largest) * self.one_of((-1, 1))

    def several(self, choices: Sequence[_Choice], count: int) -> list[_Choice]:
        """Return ``count`` different choices in random order."""
        return [choices[i] for i in self._generator.permutation(len(choices))[:count]]


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
