"""An expression as sympy has it, read from LaTeX or plain text by a grammar of our own.

sympy's own readers evaluate what they are given as Python; a model's text never is. Sizes are bounded, so that nothing
takes long. What can be meant in two ways (``1/2x``, ``log 3``, ``f(x + 1)``) is not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

from synth.symbolic import sympy

LONGEST = 240
"""Characters of an expression that is read."""
_LARGEST_POWER, _LARGEST_BASE, _LARGEST_COUNT, _DEEPEST = 128, 10**12, 120, 24
_TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+|[A-Za-z]+|[-+*/^_!(){}\[\]|%]|.)", re.DOTALL)
_PLAIN = (
    (re.compile(r"\\(?:left|right|bigg?|Bigg?|displaystyle|limits|[,;:! ])(?![A-Za-z])|[~&]"), " "),
    (re.compile(r"\\[dt]frac"), r"\\frac"),
    (re.compile(r"\\(?:text|mathrm|mathbf|operatorname)\{\s*(sin|cos|tan|ln|exp|gcd|lcm|e|d)\s*\}"), r"\\\1 "),
    (re.compile(r"(?<=\d)(?:,|\{,\}|\\,)(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])|[×·⋅]|\*(?!\*)"), " * "),
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"\\div(?![A-Za-z])|÷"), " / "),
    (re.compile(r"[−–]"), "-"),
    (re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\\degree|°"), r" \\degree "),
    (re.compile("²"), "^2"),
    (re.compile("³"), "^3"),
    (re.compile("√"), r"\\sqrt "),
    (re.compile("π"), r"\\pi "),
    (re.compile(r"\\(?:boxed|mathbf|mathit)(?=\{)"), ""),
)
_UNCLEAR = re.compile(r"\^[A-Za-z]{2,}|\^\d*[A-Za-z]\d|(?<![\\A-Za-z])[A-E]\)|\.\.|\\[cl]?dots|frac\s*\{\s*d")
_FUNCTIONS = ("sin", "cos", "tan", "cot", "sec", "csc", "ln", "exp", "arcsin", "arccos", "arctan", "sinh", "cosh")
_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "theta",
    "lambda",
    "mu",
    "nu",
    "rho",
    "sigma",
    "tau",
    "phi",
    "omega",
    "Delta",
    "Omega",
    "eta",
    "kappa",
    "varphi",
]
_APPLIED = frozenset("fghFGHPQRST")
"""Letters that, before a parenthesis, name a function rather than a factor; any letter may, before ``(3)``."""


class UnreadError(ValueError):
    """A text is no expression that can be read in one way alone."""


@cache
def symbol(name: str) -> Any:
    """Return the symbol of a name."""
    return sympy().Symbol(name)


def read(text: str) -> Any:
    """Return the expression; raise UnreadError where it is none, is ambiguous, too long, or too large."""
    if not text.strip() or len(text) > LONGEST:
        raise UnreadError(text[:20])
    if _UNCLEAR.search(text):
        raise UnreadError("two readings")
    for pattern, plain in _PLAIN:
        text = pattern.sub(plain, text)
    reader = _Reader(_tokens(text))
    try:
        found = reader.sum()
    except (ArithmeticError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise UnreadError(text) from error
    if reader.next is not None or found.has(sympy().zoo, sympy().nan, sympy().oo):
        raise UnreadError(text)
    return found


def _tokens(text: str) -> list[str]:
    found = []
    for match in _TOKEN.finditer(text.rstrip()):
        token = match[1]
        if token.isascii() and token.isalpha() and token not in (*_FUNCTIONS, "sqrt", "pi", "gcd", "lcm"):
            found += list(token)  # letters side by side are factors
        else:
            found.append(token.removeprefix("\\") if token.isalpha() else token)
    return [f"\\{token}" if token in (*_FUNCTIONS, "sqrt", "pi", "gcd", "lcm") else token for token in found]


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    @property
    def next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def sum(self) -> Any:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnreadError("too deep")
        found = self._product()
        while self.next in ("+", "-"):
            found = found + self._product() if self._take() == "+" else found - self._product()
        self._depth -= 1
        return found

    def _product(self) -> Any:
        found, divided = self._signed(), False
        while self.next is not None:
            if self.next in ("*", "/"):
                divided = self._take() == "/"
                other = self._signed()
                found = found / other if divided else found * other
            elif self._begins_factor():
                if divided or self._tokens[self._at][0].isdigit() or self._is_mixed_number():
                    raise UnreadError("two readings")
                found = found * self._power()
            else:
                break
        return found

    def _begins_factor(self) -> bool:
        token = self.next or ""
        return token in ("(", "{", "[") or token.isalnum() or (token.startswith("\\") and token != "\\degree")

    def _is_mixed_number(self) -> bool:
        return self.next == "\\frac" and self._tokens[self._at - 1][0].isdigit()

    def _signed(self) -> Any:
        if self.next in ("-", "+"):
            return -self._signed() if self._take() == "-" else self._signed()
        return self._power()

    def _power(self) -> Any:
        found = self._atom()
        while self.next in ("^", "!", "%", "\\degree"):
            token = self._take()
            if token == "^":
                found = _power(found, self._argument())
            elif token == "!":
                found = sympy().factorial(_count(found))
            else:
                found = found / 100 if token == "%" else found * sympy().pi / 180
        return found

    def _argument(self) -> Any:
        """Read what stands behind ``^`` or a command: a group, or one token with its sign."""
        if self.next in ("{", "("):
            return self._atom()
        return -self._atom() if self._if_next("-") else self._atom()

    def _atom(self) -> Any:
        token = self._take()
        if token[0].isdigit() or (token[0] == "." and len(token) > 1):
            fraction = Fraction(token if token[0] != "." else f"0{token}")
            return sympy().Rational(fraction.numerator, fraction.denominator)
        if token in ("(", "{", "["):
            found = self.sum()
            self._expect({"(": ")", "{": "}", "[": "]"}[token])
            return found
        if token.startswith("\\"):
            return self._command(token[1:])
        if token.isascii() and token.isalpha():
            return self._letter(token)
        raise UnreadError(token)

    def _letter(self, token: str) -> Any:
        closes = self._tokens[self._at + 2 : self._at + 3] == [")"]
        if self.next == "(" and (token in _APPLIED or closes):
            raise UnreadError("a function's value")
        name = token + self._subscript()
        if name == "e":
            if self.next != "^":
                raise UnreadError("the number e or a letter")
            return sympy().E
        return symbol(name)

    def _subscript(self) -> str:
        if not self._if_next("_"):
            return ""
        if not self._if_next("{"):
            return f"_{self._take()}"
        inside = []
        while (token := self._take()) != "}":
            inside.append(token)
        return "_" + "".join(inside)

    def _command(self, name: str) -> Any:
        if name in ("frac", "binom"):
            top, bottom = self._atom(), self._atom()
            return top / bottom if name == "frac" else sympy().binomial(_count(top), _count(bottom))
        if name == "sqrt":
            root = self._atom() if self.next == "[" else sympy().Integer(2)
            return _power(self._atom(), 1 / root)
        if name == "pi":
            return sympy().pi
        if name in ("e", "d"):
            return self._letter(name)
        if name in ("gcd", "lcm"):
            raise UnreadError(name)
        if name in _FUNCTIONS:
            return self._function(name)
        if name in _GREEK:
            return symbol(name + self._subscript())
        raise UnreadError(name)

    def _function(self, name: str) -> Any:
        exponent = self._argument() if self._if_next("^") else None
        if exponent == -1:
            raise UnreadError("an inverse function or a quotient")
        argument = self._atom() if self.next in ("(", "{") else self._power()
        if self.next == "^":
            exponent = self._argument() if exponent is None and self._if_next("^") else None
        if self.next is not None and self._begins_factor() and self._tokens[self._at] not in ("(", "{", "["):
            # sin 2x: the factors behind a number belong to the argument, up to the next function
            while self._begins_factor() and self.next not in [f"\\{other}" for other in _FUNCTIONS]:
                argument = argument * self._power()
        is_circular = name in ("sin", "cos", "tan", "cot", "sec", "csc")
        if is_circular and argument.is_Rational and argument != 0:
            raise UnreadError("degrees or radians")
        known: dict[str, Callable[[Any], Any]] = {"ln": sympy().log, "arcsin": sympy().asin}
        known |= {"arccos": sympy().acos, "arctan": sympy().atan}
        value = known.get(name, getattr(sympy(), name, None))
        assert value is not None, "every function has a name in sympy"
        return value(argument) if exponent is None else _power(value(argument), exponent)

    def _take(self) -> str:
        if self._at >= len(self._tokens):
            raise UnreadError("the end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _if_next(self, token: str) -> bool:
        self._at += (found := self.next == token)
        return found

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise UnreadError(token)


def _power(base: Any, exponent: Any) -> Any:
    if base.is_Rational and exponent.is_Rational:
        too_large = abs(exponent) > _LARGEST_POWER or max(abs(base.p), base.q) > _LARGEST_BASE
        if too_large or exponent.q > 6 or (base < 0 and exponent.q > 1) or (base == 0 and exponent <= 0):
            raise UnreadError("too large")
    elif (exponent.is_Rational and abs(exponent) > _LARGEST_POWER) or (
        not exponent.is_Rational and exponent.is_number and abs(exponent.evalf(6)) > _LARGEST_POWER
    ):
        raise UnreadError("too large")
    return base**exponent


def _count(value: Any) -> Any:
    if not value.is_Integer or not 0 <= value <= _LARGEST_COUNT:
        raise UnreadError("not a count")
    return value
