"""Execution: runs the Python of a question and its solution in the sandbox, with its tests and its examples.

Code must run to its end and pass every assertion beside it; examples in the question (``>>> f(1)``, ``f(1) == 2``,
``1 -> 2``) must come out, so a solution of an induction must have the function that its examples call; where a question
shows code and asks what a call gives, the solution's last value must be that. Code that needs other packages than the
standard library is passed over, but not where code was asked for.
"""

from __future__ import annotations

import ast
from typing import Literal

from pydantic import Field

from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.code_text import (
    Blocks,
    asked_call,
    blocks,
    bound,
    called_in_examples,
    examples,
    functions,
    last_literal,
)
from pipeline.synthesize.sandbox.examination import Examination, examine
from pipeline.synthesize.sandbox.running import Limits, unavailable

_ELSEWHERE = ("ModuleNotFoundError", "ImportError", "NameError", "FileNotFoundError")
"""What code raises that counts on something beside it."""


class Execution(Check):
    """Only ever runs code in the sandbox; where there is none, an order with this check is refused."""

    kind: Literal["execution"] = "execution"
    limits: Limits = Limits()
    """What the code may use."""
    tests: int = Field(default=2, ge=0)
    """Fewest assertions where code with tests was asked for; together they must fail for code that does nothing."""

    def unable(self) -> str | None:
        """Return why code cannot be run isolated on this machine."""
        return unavailable()

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Run the solution's code, else the question's."""
        question, solution = blocks(candidate.pair.question), blocks(candidate.pair.solution)
        wanted = candidate.aim == "code"
        if broken := solution.broken or question.broken:
            return Rejection("code_is_broken", broken, "Python that can be parsed")
        if wrong := _rejected_prediction(candidate, question, self.limits):
            return wrong
        if candidate.aim == "induction" and not functions(question.code):
            called, written = called_in_examples(candidate.pair.question), bound(solution.code)
            if not (called & written if called else written):
                return _without_function(called, written)
        if not solution.code:
            return _without_code(wanted)
        if wanted and len(solution.tests) < self.tests:
            return Rejection("tests_missing", f"{len(solution.tests)} assertions", f"at least {self.tests}")
        return self._rejected_code(candidate, question, solution, wanted=wanted)

    def _rejected_code(
        self, candidate: Candidate, question: Blocks, solution: Blocks, *, wanted: bool
    ) -> Rejection | None:
        shown = list(dict.fromkeys(examples(candidate.pair.question, functions(solution.code))))
        tests = (
            *solution.tests,
            *question.tests,
            *(f"assert ({call}) == ({result})" for call, result in shown),
        )
        found = examine(solution.code, tests, (), self.limits)
        if found.problem:
            return _rejected_run(found, wanted=wanted)
        for number, why in found.failures.items():
            # A name that the question's assertion takes from elsewhere is no fault of the code.
            if number >= len(solution.tests) and why.startswith("NameError"):
                continue
            return Rejection("code_fails_a_test", f"{tests[number][:200]}: {why}", "every test passes")
        if wanted and found.vacuous:
            return Rejection("tests_cannot_fail", "pass with code that does nothing", "tests of what the code does")
        return None


def _without_function(called: set[str], written: set[str]) -> Rejection:
    allowed = f"the function {' or '.join(sorted(called))}" if called else "a function"
    return Rejection("no_code", ", ".join(sorted(written)) or "no function", allowed)


def _without_code(wanted: bool) -> Rejection | None:
    return Rejection("no_code", "no Python between fences", "a solution in Python") if wanted else None


def _rejected_run(found: Examination, *, wanted: bool) -> Rejection | None:
    if not wanted and found.problem.startswith(_ELSEWHERE):
        return None
    return Rejection("code_does_not_run", found.problem, "code that runs to its end by itself")


def _rejected_prediction(candidate: Candidate, question: Blocks, limits: Limits) -> Rejection | None:
    """Compare what a call gives with the solution's last value, where the question shows the code."""
    call = asked_call(candidate.pair.question, functions(question.code)) if question.code else None
    said = last_literal(candidate.pair.solution)
    if call is None or said is None:
        return None
    found = examine(question.code, (), (call,), limits)
    if found.problem or found.results[0].value is None:
        return None
    try:
        is_right = ast.literal_eval(found.results[0].value) == ast.literal_eval(said)
    except (ValueError, SyntaxError):
        return None
    if is_right:
        return None
    return Rejection("wrong_result", f"{call} gives {found.results[0].value}, not {said}", "what the code gives")
