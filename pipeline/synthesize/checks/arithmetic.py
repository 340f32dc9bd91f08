"""Arithmetic: recomputes every equation between plain numbers, and turns away solutions with a wrong one.

What stands between equals signs is looked at only where it surely is plain arithmetic: no letter touches it, no
function or unit stands inside. So a wrong result may be missed, while a right one is not called wrong.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from pydantic import Field

from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.code_text import prose

_LATEX = (
    (re.compile(r"\\(?:text|mathrm|mathbf|boxed)\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\times|\\cdot|×|·"), "*"),
    (re.compile(r"\\div|÷"), "/"),
    (re.compile(r"−|–"), "-"),
    (re.compile(r"\\approx|≈"), "≈"),
    (re.compile(r"\^\{([^{}]*)\}"), r"**(\1)"),
    (re.compile(r"\^"), "**"),
    (re.compile(r"(?<=\d)(?:,|\{,\}|\\,)(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\\left|\\right|\\[,;!: ]|\\quad|\$|\\\(|\\\)|\\\[|\\\]|&"), " "),
)
_RELATION = re.compile(r"[=≈]")
_PIECE = re.compile(r"[\n;。；，：]|,\s|\.\s|[:<>≤≥]|[^\W\d_]{2,}\s+(?=[\d(])")
_LEFT = re.compile(r"\s*(?:-(?=\d))?[\d(][\d\s.+\-*/()]*\Z")
_RIGHT = re.compile(r"\s*[-(]?[\d(][\d\s.+\-*/()]*")
_FUNCTION = re.compile(r"\\?(?:sin|cos|tan|cot|log|ln|exp|sqrt|mod|lim|max|min|sum|times|over|choose|plus|minus|of)\Z")
_PRODUCT = re.compile(r"(?<=[\d)])(?=\()")
_LONGEST, _LARGEST_POWER = 120, 64


class Arithmetic(Check):
    """Evaluates with exact fractions."""

    kind: Literal["arithmetic"] = "arithmetic"
    wrong: int = Field(default=0, ge=0)
    """How many wrong equations are allowed."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check every equation of the solution."""
        found = list(wrong_equations(prose(candidate.pair.solution)))
        if len(found) > self.wrong:
            return Rejection("wrong_arithmetic", found[0], f"at most {self.wrong} wrong equations")
        return None


def wrong_equations(text: str) -> Iterator[str]:
    """Yield each equation between plain numbers that does not hold, within the rounding of its right side."""
    for left, sign, right in equations(text):
        if not _holds(left, right, sign):
            yield f"{left} {sign} {right}"


def equations(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (left side, = or ≈, right side) for each equation between plain numbers, written plainly."""
    for pattern, plain in _LATEX:
        text = pattern.sub(plain, text)
    for piece in _pieces(text):
        sides = _RELATION.split(piece)
        signs = _RELATION.findall(piece)
        for i, sign in enumerate(signs):
            left, right = _left(sides[i]), _right(sides[i + 1], last=i + 1 == len(signs))
            # A number before the first sign may be the end of a ratio or a name, unless the other side is worked out.
            if left and right and left != right and (i or re.search(r"[+\-*/]", left + right)):
                yield left, sign, right


def _pieces(text: str) -> Iterator[str]:
    """Yield what stands between two marks of punctuation or words, where it holds an equation."""
    begin = 0
    for mark in _PIECE.finditer(text):
        if _FUNCTION.search(mark[0].rstrip()) or text[mark.start() - 1 : mark.start()] == "\\":
            continue
        yield text[begin : mark.start()]
        begin = mark.end()
    yield text[begin:]


def _left(side: str) -> str:
    """Return the whole left side as arithmetic, or nothing: the end of something else is not recomputed."""
    return side.strip() if _LEFT.fullmatch(side) else ""


def _right(side: str, last: bool) -> str:
    """Return the right side; the last one may be followed by a unit, but by no further number, sign or percent."""
    found = _RIGHT.match(side)
    if not found:
        return ""
    rest = side[found.end() :]
    written = found[0].rstrip(" .\n").lstrip()
    touches = rest[:1].isalpha() and not found[0][-1:].isspace()
    if (rest.strip() and not last) or touches or re.search(r"[\d%°!\\+*^]", rest) or written[-1:] in "+-*/(":
        return ""
    return written


def _holds(left: str, right: str, sign: str) -> bool:
    """Tell whether an equation holds; one that cannot be evaluated is given the benefit of the doubt."""
    a, b = _value(left), _value(right)
    if a is None or b is None:
        return True
    if sign == "=" and not re.search(r"[./]", left + right):
        return a == b
    rounding = Fraction(51, 100) * _last_digit(right, b)
    return abs(a - b) <= (max(rounding, abs(a) / 50) if sign == "≈" else rounding)


def _last_digit(right: str, value: Fraction) -> Fraction:
    """Return what one more in the last digit of the first number would add: 0.01 for 3.14, 10^21 for 6.02 * 10**23."""
    first = re.search(r"\d+(?:\.(\d+))?", right)
    assert first is not None, "a side holds a number"
    digit = Fraction(1, 10 ** len(first[1] or ""))
    mantissa = Fraction(first[0])
    return digit * abs(value) / mantissa if "**" in right and mantissa else digit


def _value(written: str) -> Fraction | None:
    if len(written) > _LONGEST:
        return None
    try:
        return _evaluate(ast.parse(_PRODUCT.sub("*", written), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None


def _evaluate(node: ast.expr) -> Fraction:
    """Return the value of a tree of numbers and operators; raise ValueError for anything else."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return Fraction(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _evaluate(left), _evaluate(right)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div():
                    return a / b
                case ast.Pow() if b.denominator == 1 and abs(b) <= _LARGEST_POWER and abs(a) < 10**9:
                    return Fraction(a**b.numerator)
    raise ValueError("not plain arithmetic")
