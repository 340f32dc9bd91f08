"""Final answer: computes the result again from the question, and wants the stated answer to be what the steps reach.

Where the question says in formulas what is to be solved, differentiated, integrated, evaluated or rewritten, sympy
judges the answer without regard to the steps. In every solution, the numbers of a last line ``Answer: ...`` must
stand, up to rounding, somewhere in the steps or the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.checks.numbers import numbers
from pipeline.synthesize.code_text import prose
from pipeline.synthesize.formulas.statements import statements
from pipeline.synthesize.formulas.tasks import wrong_answer
from pipeline.synthesize.formulas.values import number
from synth.symbolic import installed

_LINE = re.compile(
    r"(?:\n|\A|(?<=[.。]))[\s*#>_]*(?:the\s+)?(?:final\s+)?(?:answer|答案)\s*(?:is)?[\s*_]*[:：](.+)\Z",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST = 200
_SMALL = 10
_SCALES = (1, 100, 0.01, 1000, 0.001)
"""Percent and the usual prefixes of units."""


class FinalAnswer(Check):
    """Judges only what can be computed without doubt."""

    kind: Literal["final_answer"] = "final_answer"

    def unable(self) -> str | None:
        """Return that sympy is missing, where it is."""
        return None if installed() else "needs sympy: pip install 'headwater[synth]'"

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Recompute the answer, then look where its numbers come from."""
        question, solution = prose(candidate.pair.question), prose(candidate.pair.solution)
        if wrong := wrong_answer(question, solution):
            return Rejection("wrong_answer", wrong, "what the question, computed again, gives")
        if lost := _unreached(question, solution):
            return Rejection("answer_not_reached", f"in the answer alone: {lost}", "a result of the steps")
        return None


def _unreached(question: str, solution: str) -> str | None:
    """Return the last line's first number where nothing before the line has any of its numbers, however scaled."""
    line = _LINE.search(solution)
    if line is None or len(line[1]) > _LONGEST or not (steps := solution[: line.start()].strip()):
        return None
    known, written = [float(n) for n in numbers(f"{question}\n{steps}")], numbers(f"= {line[1]}")
    if not written or any(_is_known(each, known) for each in written):
        return None
    return None if any(_is_known(each, list(_computed(steps))) for each in written) else written[0]


def _computed(steps: str) -> Iterator[float]:
    """Yield the values of all sides that can be read."""
    for statement in statements(steps):
        for side in range(len(statement.sides)):
            if (value := statement.value(side)) is not None and (found := number(value)) is not None:
                yield found


def _is_known(written: str, known: list[float]) -> bool:
    value, decimals = float(written), len(written.partition(".")[2])
    near = max(0.51 * 10**-decimals, 0.006 * value)
    return value <= _SMALL or any(abs(abs(x) * scale - value) <= near for x in known for scale in _SCALES)
