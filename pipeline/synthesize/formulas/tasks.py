"""Tasks: what a question asks to be computed, where sympy can answer it, and what an answer must then satisfy.

One file a reader of questions would grow with every kind of task; these are the ones whose wording leaves no doubt:
solve, differentiate, integrate, evaluate, and rewrite an expression that stands in the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.synthesize.formulas.functions import Functions, integrand
from pipeline.synthesize.formulas.statements import Statement, statements
from pipeline.synthesize.formulas.values import agree, number, rounding
from synth.symbolic import sympy

_DERIVATIVE = re.compile(r"\bdifferentiate\b|\bderivative of\b|求导|的导数", re.IGNORECASE)
_ANTIDERIVATIVE = re.compile(
    r"\bantiderivatives?\b|\bindefinite integral\b|\bintegrate\b|whose derivative is|have the derivative|不定积分"
    r"|原函数|函数的导数是",
    re.IGNORECASE,
)
_SOLVE = re.compile(
    r"\bsolve\b|\bsolutions?\b|\broots?\b|\bsatisf|\bfind (?:the )?(?:values? of|all|real|numbers?)"
    r"|\bwhat is (?:the value of )?\$?[a-z]\$?[ ?]|解方程|方程|求.{0,12}(?:解|值|根)|满足",
    re.IGNORECASE,
)
_EVALUATE = re.compile(
    r"(?:\b(?:compute|calculate|evaluate|work out|what is|find|simplify|factor|factori[sz]e|expand)"
    r"(?: (?:the )?(?:exact )?(?:value|sum|product|integral|definite integral|expression)(?: of)?)?"
    r"|计算(?:定积分)?|求(?:值)?|化简|因式分解|展开|等于多少)[\s:：$\\(\[]*\Z",
    re.IGNORECASE,
)
_HIGHER = re.compile(r"\b(?:second|third|partial)\b|二阶|三阶|偏导|remainder|modulo|余数|个位", re.IGNORECASE)
_AT = re.compile(r"\bat\b|\bwhere\b|处|[当在].{0,8}[=＝时]", re.IGNORECASE)
Verdict = Callable[[Any, str], bool | None]
"""Given an answer as sympy has it and as written, says whether it is right; None where that cannot be said."""


def wrong_answer(question: str, solution: str) -> str | None:
    """Return a final answer that is not what the question asks for, as written, or None where none is surely wrong."""
    asked = statements(question)
    if not asked or not (final := list(_final(solution))):
        return None
    if _ANTIDERIVATIVE.search(question):
        return _expression(final, _antiderivative(asked))
    if _DERIVATIVE.search(question):
        one = not _HIGHER.search(question) and not _AT.search(question)
        return _expression(final, _derivative(asked)) if one else None
    if _SOLVE.search(question) and (wrong := _unsolved(asked, solution)):
        return wrong
    if len(asked) == 1 and _EVALUATE.search(question[: asked[0].begin]) and not _HIGHER.search(question):
        return _expression(final, _value(asked[0]))
    return None


def _final(solution: str) -> Iterator[tuple[Any, str]]:
    """Yield the last expression or side of a solution that can be read."""
    for statement in reversed(statements(solution)):
        place = len(statement.sides) - 1
        value = statement.value(place)
        if value is not None and (len(statement.sides) > 1 or statement.is_formula):
            if number(value) is None or re.search(r"\d", statement.sides[place]):
                yield value, statement.sides[place]
            return
        if statement.is_formula:
            return


def _expression(final: Sequence[tuple[Any, str]], right: Verdict | None) -> str | None:
    if right is None:
        return None
    return next((written for value, written in final if right(value, written) is False), None)


def _only(asked: Sequence[Statement]) -> Any:
    """Return the one expression, or right side of a definition, of a question; None where there are several."""
    found = [
        statement.value(len(statement.sides) - 1)
        for statement in asked
        if len(statement.sides) <= 2
        and (statement.value(0) is None or not statement.value(0).is_Symbol or statement.signs)
    ]
    return found[0] if len(found) == 1 else None


def _derivative(asked: Sequence[Statement]) -> Verdict | None:
    body = _only(asked)
    if body is None:
        named = [found for statement in asked if (found := Functions().expected(statement.sides[0])) is not None]
        wanted = named[0] if len(named) == 1 else None
    else:
        wanted = sympy().diff(body, next(iter(body.free_symbols))) if len(body.free_symbols) == 1 else None
    if wanted is None or len(wanted.free_symbols) > 1:
        return None
    variables = wanted.free_symbols
    return lambda value, _: agree(value, wanted) if value.free_symbols <= variables else None


def _antiderivative(asked: Sequence[Statement]) -> Verdict | None:
    named = [function for statement in asked for side in statement.sides if (function := integrand(side))]
    body = named[0].body if len(named) == 1 else _only(asked)
    if body is None or len(body.free_symbols) != 1:
        return None
    (variable,) = body.free_symbols
    return lambda value, _: agree(sympy().diff(value, variable), body) if variable in value.free_symbols else None


def _value(asked: Statement) -> Verdict | None:
    """Return the verdict on the value of the one expression or definite integral of a question."""
    if len(asked.sides) != 1:
        return None
    wanted = asked.value(0)
    if wanted is None:
        wanted = Functions().expected(asked.sides[0])
    if wanted is None or wanted.is_Symbol:
        return None

    def right(value: Any, written: str) -> bool | None:
        x = number(wanted)
        if value.free_symbols != wanted.free_symbols:
            return None
        slack = 0.0 if x is None else max(rounding(written, x), 1e-6 * abs(x))
        return agree(wanted, value, slack=slack)

    return right


def _unsolved(asked: Sequence[Statement], solution: str) -> str | None:
    """Return values of the unknowns that the equations of a question refute."""
    equations = [s for s in asked if len(s.sides) == 2 and s.signs == ("=",)]
    sides = [(s.value(0), s.value(1)) for s in equations]
    if not sides or any(a is None or b is None for a, b in sides):
        return None
    unknowns = set[Any]().union(*(a.free_symbols | b.free_symbols for a, b in sides))
    is_definition = any(a.is_Symbol and len(unknowns) > 1 and not b.is_number for a, b in sides)
    if not 1 <= len(unknowns) <= 4 or len(unknowns) > len(sides) or is_definition:
        return None
    if any(a.is_Symbol and b.is_number for a, b in sides):
        return None
    found = _assignments(solution, unknowns)
    if set(found) != unknowns:
        return None
    values = {name: value for name, (value, _) in found.items()}
    for a, b in sides:
        if _refuted(a - b, values, found):
            return ", ".join(f"{name} = {written}" for name, (_, written) in sorted(found.items(), key=str))
    return None


def _assignments(solution: str, unknowns: set[Any]) -> dict[Any, tuple[Any, str]]:
    """Return the last value that each unknown is given."""
    found: dict[Any, tuple[Any, str]] = {}
    for statement in statements(solution):
        name = statement.value(0)
        if len(statement.sides) < 2 or name not in unknowns:
            continue
        value = statement.value(len(statement.sides) - 1)
        if value is not None and number(value) is not None:
            found[name] = value, statement.sides[-1]
    return found


def _refuted(difference: Any, values: dict[Any, Any], found: dict[Any, tuple[Any, str]]) -> bool:
    """Whether a difference that should be zero is not, however the values were rounded."""
    at = number(difference.subs(values))
    if at is None:
        return False
    slack = 1e-6 * max(1.0, *(abs(float(number(v) or 0)) for v in values.values()))
    for name, (value, written) in found.items():
        if (digit := rounding(written, float(number(value) or 0))) > 0:
            moved = number(difference.subs({**values, name: value + digit}))
            back = number(difference.subs({**values, name: value - digit}))
            if moved is None or back is None:
                return False
            slack += 1.5 * max(abs(moved - at), abs(back - at))
    return abs(at) > slack
