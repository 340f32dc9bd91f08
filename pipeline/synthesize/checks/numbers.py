"""Numbers: turns away solutions with numbers from nowhere.

A number is traceable if the snippet or the question has it, if it is an everyday constant, or if it is the result of
one operation on numbers that are (sums, products, quotients with remainder, powers, percentages and roots, rounded as
written), or of an equation that holds and has only such numbers on its left. The atomic masses of elements that a
question's formulas name count as constants. A restated fact has the snippet's numbers and no others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal

from curricula.settings import Share
from pipeline.synthesize.checks.arithmetic import equations
from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.formulas.statements import statements
from pipeline.synthesize.formulas.values import agree
from synth.formula import MASSES
from synth.symbolic import installed

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])|(?<=[A-Za-z_^{])\d+(?:\.\d+)?|\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d)(?:,|\{,\}|\\,)(?=\d{3}(?!\d))")
_LIST_NUMBER = re.compile(
    r"^\s*(?:\*\*)?(?:step\s*|第)?\d{1,2}(?:\.(?!\d)|[)、:：步]|\*\*)", re.IGNORECASE | re.MULTILINE
)
_CONSTANTS = (0.5, 3.14, 3.1416, 3.14159, 3.6, 8.314, 9.8, 9.81, 12, 24, 60, 90, 100, 180, 273.15, 360, 365, 1000, 3600)
_SMALL_VALUE = re.compile(r"\b(?:is|are|was|were|equals?|equal to)\s+(\d)(?![\w.,:/^*+%-]*[\w(])")
"""A value of one digit that a sentence says and ends with; inside a formula it would be an exponent or a count."""
_DIGITS = "zero one two three four five six seven eight nine"
_SPELT = {word: str(n) for n, word in enumerate(_DIGITS.split())}
_FORMULA = re.compile(r"(?<![A-Za-z])(?:\(?[A-Z][a-z]?(?:_?\{?\d+\}?)?\)?){2,}(?![A-Za-z])")
"""Two element symbols or more, with their numbers."""
_SMALL = 10
"""Whole numbers up to this one need no source: exponents, counts, steps."""
_MOST = 40
"""Most numbers whose results are looked at; beyond them a solution is a table."""


class Numbers(Check):
    """Follows the numbers of a solution from the first to the last."""

    kind: Literal["numbers"] = "numbers"
    untraceable: Share = 0.25
    """Greatest share of a worked solution's different numbers, small whole ones left out, that come from nowhere."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check the solution; of a restated fact also the question, against the snippet alone and without exception."""
        if candidate.aim in ("code", "induction"):
            return None
        if candidate.aim == "restatement":
            said = {*_above_small(candidate.pair.text), *_SMALL_VALUE.findall(candidate.pair.solution)}
            invented = sorted(said - _written_or_spelt(candidate.snippet))
            return _rejection(invented, "the snippet's numbers alone") if invented else None
        known = [*numbers(candidate.snippet), *numbers(candidate.pair.question)]
        known += (MASSES[element] for element in _elements(candidate.pair.question) if element in MASSES)
        own = list(dict.fromkeys(_above_small(candidate.pair.solution)))
        lost = _lost(candidate.pair.solution, own, known)
        if len(lost) > self.untraceable * len(own):
            return _rejection(lost, f"at most {self.untraceable} of {len(own)} numbers")
        return None


def numbers(text: str) -> list[str]:
    """Return the numbers of a text as written, without marks between thousands; numbers of list items do not count."""
    return _NUMBER.findall(_THOUSANDS.sub("", _LIST_NUMBER.sub(" ", text)))


def _elements(question: str) -> Iterator[str]:
    """Yield the elements of formulas such as ``Na_{2}CO_{3}``."""
    for formula in _FORMULA.findall(question):
        yield from re.findall(r"[A-Z][a-z]?", formula)


def _lost(solution: str, own: list[str], known: list[str]) -> list[str]:
    """Return the untraceable numbers; the right side of an equation whose left side is traceable is none of them."""
    lost = list(untraceable(own, known))
    sides = [(numbers(left), numbers(right)) for left, right in _equal(solution)] if lost else []
    while lost:
        found = {n for left, right in sides if not set(left) & set(lost) for n in right} & set(lost)
        if not found:
            break
        known = [*known, *sorted(found)]
        lost = list(untraceable(own, known))
    return lost


def _equal(solution: str) -> Iterator[tuple[str, str]]:
    """Yield both sides of equations: those in plain arithmetic, and those that sympy can read and finds to hold."""
    yield from ((left, right) for left, _, right in equations(solution))
    for statement in statements(solution) if installed() else ():
        for i, (left, right) in enumerate(pairwise(statement.sides)):
            a, b = statement.value(i), statement.value(i + 1)
            if a is not None and b is not None and not a.free_symbols | b.free_symbols and agree(a, b):
                yield left, right


def untraceable(own: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Yield the numbers, in order, that are neither known nor one operation away from those before them."""
    values = list(dict.fromkeys(float(number) for number in known))[:_MOST]
    for written in own:
        value, decimals = float(written), len(written.partition(".")[2])
        near = max(0.5 * 10**-decimals, 0.005 * value) if decimals else max(1e-9, 0.002 * value)
        if not any(abs(value - other) <= near for other in _reachable(values)):
            yield written
        if len(values) < _MOST:
            values.append(value)


def _reachable(values: list[float]) -> Iterator[float]:
    everything = [*values, *_CONSTANTS, *map(float, range(1, _SMALL + 1))]
    yield from everything
    for a in values:
        yield from (a * a, a**3 if a < 1e100 else a, math.sqrt(a), 1 / a if a else 0.0)
        for b in everything:
            yield from (a + b, abs(a - b), a * b, a * b / 100)
            if a and b:
                yield from (a / b, b / a, 100 * a / b, a // b, a % b)


def _written_or_spelt(text: str) -> set[str]:
    """Return the numbers of a text, those below ten in words too."""
    return {*numbers(text), *(_SPELT[word] for word in re.findall(r"[a-z]+", text.casefold()) if word in _SPELT)}


def _above_small(text: str) -> Iterator[str]:
    return (number for number in numbers(text) if "." in number or float(number) > _SMALL)


def _rejection(lost: list[str], allowed: str) -> Rejection:
    return Rejection("untraceable_numbers", f"from nowhere: {', '.join(lost[:5])}", allowed)
