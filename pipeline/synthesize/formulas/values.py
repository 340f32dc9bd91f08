"""Values of expressions: whether two are equal, as exactly as they are written."""

from __future__ import annotations

import re
from typing import Any

from synth.symbolic import sympy

_POINTS = (0.3719, 1.1373, 2.7143, -0.6181, 4.2511, -1.7373)
_CLOSE = 1e-7
_LARGEST_DEGREE = 8
_NUMBER = re.compile(r"\d+(?:\.(\d+))?")


def number(expression: Any) -> float | None:
    """Return the real value of an expression without symbols, or None where it has none or is beyond a float."""
    if expression.free_symbols:
        return None
    try:
        is_plain = expression.is_Rational or expression.is_Float  # of which the general way takes a millisecond
        found = complex(float(expression)) if is_plain else complex(expression.evalf(25))
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return None
    real = abs(found.imag) <= 1e-9 * max(1.0, abs(found)) and abs(found) < 1e300
    return found.real if real else None


def rounding(written: str, value: float) -> float:
    """Return half of the last written digit of the first number, a little more; 0 where it has no decimals."""
    first = _NUMBER.search(written)
    if first is None or (first[1] is None and not re.search(r"10\s*\^", written)):
        return 0.0
    digit = 0.51 * 10.0 ** -len(first[1] or "")
    mantissa = float(first[0])
    return digit * abs(value) / mantissa if re.search(r"10\s*\^", written) and mantissa else digit


def agree(first: Any, second: Any, *, slack: float = 0.0) -> bool | None:
    """Whether two expressions have equal values at points where both have one; None where fewer than three do.

    ``slack`` is an absolute difference that is allowed, for numbers that were rounded.
    """
    names = sorted(first.free_symbols | second.free_symbols, key=str)
    compared = 0
    for shift in range(len(_POINTS) if names else 1):
        at = {name: _POINTS[(shift + i) % len(_POINTS)] + 0.01 * i for i, name in enumerate(names)}
        a, b = (number(e.subs(at) if names else e) for e in (first, second))
        if a is None or b is None:
            continue
        compared += 1
        if abs(a - b) > max(slack, _CLOSE * max(1.0, abs(a), abs(b))):
            return False
    return True if compared >= min(3, len(_POINTS) if names else 1) else None


def roots(equation: Any, name: Any) -> list[float] | None:
    """Return the real roots of a polynomial of degree 1 to 4 in one symbol; None where it is none."""
    if _degree(equation) > _LARGEST_DEGREE:
        return None
    try:
        polynomial = sympy().Poly(sympy().together(equation).as_numer_denom()[0], name)
        if not 1 <= polynomial.degree() <= 4 or len(str(polynomial)) > 300:
            return None
        return [float(root.real) for root in map(complex, polynomial.nroots(15, maxsteps=60)) if abs(root.imag) < 1e-7]
    except (sympy().PolynomialError, sympy().polys.polyerrors.CoercionFailed, TypeError, ValueError, ArithmeticError):
        return None
    except sympy().NoConvergence:
        return None


def _degree(expression: Any) -> int:
    """Return a bound of the degrees that multiplying out can meet."""
    if expression.is_Pow:
        exponent = expression.exp
        return _degree(expression.base) * (abs(int(exponent)) if exponent.is_Integer else 2)
    inside = [_degree(part) for part in expression.args]
    return (sum(inside) if expression.is_Mul else max(inside)) if inside else int(expression.is_Symbol)
