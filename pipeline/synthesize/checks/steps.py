"""Steps: computes again, with sympy, every step of a solution that can be read.

Looked at are equations between numbers (with roots, powers, binomials, angles), transformations of one side into the
next after a name (``y = A = B``), derivatives, values and integrals of functions that the text defines, and equations
in one unknown that are to follow from the one before. What can be read in two ways is passed over, so a wrong step may
be missed, while a right one is not called wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field

from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.code_text import prose
from pipeline.synthesize.formulas.functions import Functions, integrand
from pipeline.synthesize.formulas.statements import Statement, statements
from pipeline.synthesize.formulas.values import agree, number, roots, rounding
from synth.symbolic import installed, sympy

_OPERATION = re.compile(r"[-+*/^!×·÷√(]|\\(?:frac|dfrac|tfrac|sqrt|times|cdot|div|binom|sin|cos|tan|ln|exp|log)")
_REWRITTEN = re.compile(
    r"(?:factor\w*|expand\w*|simplif\w*|multiply\w*\s+out|completing the square"
    r"|因式分解|分解|展开|化简|配方)[^.。;；]{0,24}\Z",
    re.IGNORECASE,
)
_APART = re.compile(
    r"\b(?:at|when|if|for|or|and|case|suppose|let|with|try|where|since|because|is|are|was|next|second|other)\b"
    r"|[当若或设令和与及时是]|如果|另|[?？]",
    re.IGNORECASE,
)
_FAR = 60
"""Characters between two equations of which the second follows from the first."""


class Steps(Check):
    """Evaluates with sympy, reading formulas by a grammar of our own."""

    kind: Literal["steps"] = "steps"
    wrong: int = Field(default=0, ge=0)
    """How many wrong steps are allowed."""

    def unable(self) -> str | None:
        """Return that sympy is missing, where it is."""
        return None if installed() else "needs sympy: pip install 'headwater[synth]'"

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check every step of the solution."""
        found = list(wrong_steps(prose(candidate.pair.question), prose(candidate.pair.solution)))
        if len(found) > self.wrong:
            return Rejection("wrong_step", found[0], f"at most {self.wrong} wrong steps")
        return None


def wrong_steps(question: str, solution: str) -> Iterator[str]:
    """Yield each step of a solution that does not hold; functions may be defined by the question."""
    functions, own = Functions(), statements(solution)
    for statement in statements(question):
        functions.learn(statement)
    for statement in own:
        before = solution[max(0, statement.begin - 40) : statement.begin]
        yield from _wrong_sides(statement, functions, rewritten=bool(_REWRITTEN.search(before)))
        functions.learn(statement)
    yield from _wrong_successions(solution, own)


def _wrong_sides(statement: Statement, functions: Functions, *, rewritten: bool) -> Iterator[str]:
    same = len(statement.sides) > 2 or rewritten
    for i, ((left, right), sign) in enumerate(zip(pairwise(statement.sides), statement.signs, strict=True)):
        b = statement.value(i + 1)
        if b is None or sign == "≡":
            continue
        a, is_wrong = statement.value(i), False
        if (function := integrand(left)) is not None:
            is_wrong = agree(function.body, sympy().diff(b, function.variable), slack=1e-6) is False
        elif (expected := functions.expected(left)) is not None:
            is_wrong = not _holds(expected, b, left, right, sign)
        elif a is not None and (a.free_symbols or b.free_symbols):
            is_wrong = same and (i > 0 or rewritten) and _is_transformation(a, b) and agree(a, b) is False
        elif a is not None and (i or _OPERATION.search(left + right)):
            is_wrong = not _holds(a, b, left, right, sign)
        if is_wrong:
            yield f"{left} {sign} {right}"


def _is_transformation(a: Any, b: Any) -> bool:
    """Whether two sides are in the same one or two unknowns; with more, conditions are used that stand elsewhere."""
    return a.free_symbols == b.free_symbols and len(a.free_symbols) <= 2


def _holds(a: Any, b: Any, left: str, right: str, sign: str) -> bool:
    """Tell whether two sides are equal within the rounding of the right one; in doubt they are."""
    x, y = number(a), number(b)
    if x is None or y is None:
        return (a.free_symbols != b.free_symbols) or agree(a, b) is not False
    slack = 1e-9 * max(abs(x), abs(y))
    if sign == "≈" or re.search(r"[./÷]|frac|sqrt|√|pi|π|10\s*\^", left + right):
        slack = max(slack, rounding(right, y), rounding(left, x) if "." in left else 0.0)
    if sign == "≈":
        slack = max(slack, abs(x) / 50, 0.51 if b.is_Integer and "." not in right else 0.0)
    if "pi" in left + right or "π" in left + right:
        slack = max(slack, abs(x) / 1000)
    if not a.is_Integer and b.is_Integer and "." not in right:
        slack = max(slack, 0.51)
    return abs(x - y) <= slack


def _wrong_successions(text: str, own: Sequence[Statement]) -> Iterator[str]:
    """Yield an equation in one unknown that shares no root with the one right before it."""
    equations = [s for s in own if len(s.sides) == 2 and s.signs == ("=",)]
    for first, second in pairwise(equations):
        between = text[first.end : second.begin]
        if len(between) > _FAR or _APART.search(between):
            continue
        a, b = _equation(first), _equation(second)
        if a is None or b is None or a.free_symbols != b.free_symbols or len(a.free_symbols) != 1:
            continue
        if first.value(0).is_Symbol and second.value(0).is_Symbol:
            continue
        (name,) = a.free_symbols
        before, after = roots(a, name), roots(b, name)
        slack = rounding(second.sides[1], after[0]) if after and "." in second.sides[1] else 0.0
        if before and after and not any(_near(x, y, slack) for x in before for y in after):
            yield f"{' = '.join(first.sides)}, then {' = '.join(second.sides)}"


def _equation(statement: Statement) -> Any:
    left, right = statement.value(0), statement.value(1)
    return None if left is None or right is None else left - right


def _near(x: float, y: float, slack: float) -> bool:
    return abs(x - y) <= max(slack, 1e-6 * max(1.0, abs(x)))
