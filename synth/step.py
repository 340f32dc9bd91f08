"""A step: one expression over a value, of a stated kind, with what it does in words. Chains of steps are programs.

Only functions of the standard library that depend on nothing but their arguments are used, and all of them are ours
to choose, so that they run in this process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from synth.problem import UnclearError

MODULES: tuple[str, ...] = (
    "bisect",
    "codecs",
    "collections",
    "functools",
    "heapq",
    "itertools",
    "math",
    "operator",
    "re",
    "statistics",
)
MODULES += ("string", "textwrap")
LARGEST_NUMBER, LONGEST = 100_000, 160
"""Bounds of every intermediate result: absolute value, and characters as written."""


@dataclass(frozen=True)
class Step:
    """An expression in ``{x}``, with the kinds of value it takes and gives: number, numbers, text, words or pairs."""

    takes: str
    gives: str
    expression: str
    en: str
    zh: str
    choices: tuple[str, ...] = ("",)
    """What may stand for ``{a}``, as literals."""

    def written(self, name: str, choice: str) -> str:
        """Return the expression for a variable."""
        return self.expression.replace("{x}", name).replace("{a}", choice)

    def said(self, language: str, choice: str) -> str:
        """Return what it does."""
        return {"en": self.en, "zh": self.zh}[language].replace("{a}", choice)


@cache
def namespace() -> dict[str, Any]:
    """Return the modules by name."""
    return {name: __import__(name) for name in MODULES}


@cache
def compiled(expression: str) -> Any:
    """Return a function of one value for an expression in ``x``."""
    return eval(f"lambda x: {expression}", dict(namespace()))


def evaluate(expression: str, value: Any) -> Any:
    """Return the expression's value; raise UnclearError where it has none or is too large to show."""
    try:
        result = compiled(expression)(value)
    except (AttributeError, ValueError, TypeError, IndexError, ArithmeticError, RecursionError) as error:
        raise UnclearError from error
    too_large = isinstance(result, int) and abs(result) > LARGEST_NUMBER
    if too_large or (isinstance(result, list | str) and len(result) > LONGEST) or len(repr(result)) > LONGEST:
        raise UnclearError
    return result


@cache
def single_steps(steps: tuple[Step, ...], takes: str) -> tuple[str, ...]:
    """Return every expression of one step on a kind of value, in ``x``."""
    fitting = [step for step in steps if step.takes == takes]
    return tuple(step.written("x", choice) for step, choice in _pairs(fitting))


def _pairs(steps: list[Step]) -> list[tuple[Step, str]]:
    return [pair for step in steps for pair in product([step], step.choices)]
