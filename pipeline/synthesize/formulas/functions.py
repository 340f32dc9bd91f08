"""Functions named in a text: what ``f(x) = ...`` says, and what follows for ``f'(x)``, ``f(3)`` and integrals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pipeline.synthesize.formulas.expression import UnreadError, read, symbol
from pipeline.synthesize.formulas.statements import Statement
from pipeline.synthesize.formulas.values import number
from synth.symbolic import sympy

_VALUE = re.compile(
    r"([A-Za-z])\s*('{0,2}|\^\{\\prime\}|\^\\prime)\s*(?:\\left)?\(\s*([^()]{1,20}?)\s*(?:\\right)?\)\Z"
)
_PRIMED = re.compile(r"([a-z])\s*('{1,2}|\^\{\\prime\}|\^\\prime)\Z")
_LEIBNIZ = re.compile(r"\\[dt]?frac\{(?:d|\\mathrm\{d\})\s*([a-z])\}\{(?:d|\\mathrm\{d\})\s*([a-z])\}\Z")
_OPERATOR = re.compile(r"\\[dt]?frac\{(?:d|\\mathrm\{d\})\}\{(?:d|\\mathrm\{d\})\s*([a-z])\}\s*(.+)\Z", re.DOTALL)
_INTEGRAL = re.compile(
    r"\\int\s*(?:\\limits)?\s*(?:_\s*(\{[^{}]*\}|[^\s{}^\\])\s*\^\s*(\{[^{}]*\}|[^\s{}\\]))?"
    r"(.+?)(?:\\[,;: ]|\s)*(?:d|\\mathrm\{d\})\s*([a-z])\Z",
    re.DOTALL,
)
_NODES = (24, 40)


@dataclass(frozen=True)
class Function:
    """An expression in one symbol."""

    body: Any
    variable: Any

    def derived(self, times: int) -> Any:
        """Return its derivative."""
        return sympy().diff(self.body, self.variable, times) if times else self.body


class Functions:
    """The functions that a text has named so far; a name that is used anew means what it was given last."""

    def __init__(self) -> None:
        self._known: dict[str, Function | None] = {}

    def learn(self, statement: Statement) -> None:
        """Take over what a statement defines."""
        if len(statement.sides) < 2 or "≡" in statement.signs:
            return
        named = _VALUE.match(statement.sides[0])
        name, variable = (named[1], named[3]) if named and not named[2] else (statement.sides[0], "")
        is_name = len(name) == 1 and name.isalpha() and (not named or variable.isalpha())
        if not is_name:
            return
        body = statement.value(len(statement.sides) - 1)
        symbols = sorted(map(str, body.free_symbols)) if body is not None else []
        if len(symbols) == 1 and symbols[0] != name and variable in ("", symbols[0]):
            self._known[name] = Function(body, symbol(symbols[0]))
        elif named or name in self._known:
            self._known[name] = None

    def expected(self, side: str) -> Any | None:
        """Return what a side such as ``f'(x)``, ``F(3)`` or an integral must be equal to, or None where none knows."""
        try:
            return self._value(side) or self._derivative(side) or _definite(side)
        except (UnreadError, ArithmeticError, TypeError, ValueError, AttributeError):
            return None

    def _value(self, side: str) -> Any | None:
        found = _VALUE.match(side)
        function = self._known.get(found[1]) if found else None
        if found is None or function is None:
            return None
        body, argument = function.derived(_primes(found[2])), read(found[3])
        if not found[2] and argument == function.variable:
            return None  # its definition
        return body.subs(function.variable, argument)

    def _derivative(self, side: str) -> Any | None:
        if found := _OPERATOR.match(side):
            return sympy().diff(read(found[2]), symbol(found[1]))
        if found := _LEIBNIZ.match(side):
            function = self._known.get(found[1])
            return function.derived(1) if function and str(function.variable) == found[2] else None
        if found := _PRIMED.match(side):
            function = self._known.get(found[1])
            return function.derived(_primes(found[2])) if function else None
        return None


def integrand(side: str) -> Function | None:
    """Return what an indefinite integral integrates, or None for anything else."""
    found = _INTEGRAL.match(side)
    if found is None or found[1] is not None:
        return None
    try:
        body = read(found[3])
    except UnreadError:
        return None
    return Function(body, symbol(found[4])) if body.free_symbols <= {symbol(found[4])} else None


def _definite(side: str) -> Any | None:
    """Return a definite integral by quadrature of two orders, which must agree."""
    found = _INTEGRAL.match(side)
    if found is None or found[1] is None:
        return None
    body, low, high = read(found[3]), read(found[1].strip("{}")), read(found[2].strip("{}"))
    a, b = number(low), number(high)
    if a is None or b is None or not body.free_symbols <= {symbol(found[4])}:
        return None
    first, second = (_quadrature(body, symbol(found[4]), a, b, nodes) for nodes in _NODES)
    if first is None or second is None or abs(first - second) > 1e-8 * max(1.0, abs(first)):
        return None
    return sympy().Float(second, 17)


def _quadrature(body: Any, variable: Any, low: float, high: float, nodes: int) -> float | None:
    import numpy as np

    total, half = 0.0, (high - low) / 2
    for node, weight in zip(*np.polynomial.legendre.leggauss(nodes), strict=True):
        value = number(body.subs(variable, low + half * (1 + float(node))))
        if value is None:
            return None
        total += half * float(weight) * value
    return total


def _primes(written: str) -> int:
    return len(written) if written.startswith("'") else int(bool(written))
