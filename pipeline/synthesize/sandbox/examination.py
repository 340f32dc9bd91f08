"""An examination: what code does in the jail when it is run, tested and called."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pipeline.synthesize.sandbox.running import Limits, run

_EXAMINER = Path(__file__).parent / "examiner.py"


@dataclass(frozen=True)
class Result:
    """What a call gives: its value as Python writes it, or the problem."""

    value: str | None
    problem: str = ""


@dataclass(frozen=True)
class Examination:
    """What was found."""

    problem: str = ""
    """Why the code as a whole did not run to its end; empty where it did."""
    failures: Mapping[int, str] = field(default_factory=dict)
    """Number of a test -> what it raised."""
    results: Sequence[Result] = ()
    """What each call gives."""
    vacuous: bool = False
    """All tests pass, and would if the code did nothing."""


@lru_cache(maxsize=64)  # a family makes pairs of an answer, then the checks look at them
def examine(
    code: str, tests: tuple[str, ...] = (), calls: tuple[str, ...] = (), limits: Limits | None = None
) -> Examination:
    """Run code in the jail, then each test, then each call; raise IsolationError where nothing can be isolated."""
    mark = secrets.token_hex(8)
    program = f"{_EXAMINER.read_text(encoding='utf-8')}\n\nmain({code!r}, {list(tests)!r}, {list(calls)!r}, {mark!r})\n"
    outcome = run(program, limits or Limits())
    if not outcome.in_time:
        return Examination(problem="runs without an end")
    _, _, report = outcome.output.rpartition(mark)
    if not report or mark not in outcome.output:
        return Examination(problem=f"ends the process, status {outcome.status}")
    found = json.loads(report)
    if "problem" in found:
        return Examination(problem=found["problem"])
    return Examination(
        failures={int(number): why for number, why in found["failures"].items()},
        results=[Result(said, "") if kind == "value" else Result(None, said) for kind, said in found["results"]],
        vacuous=found["vacuous"],
    )
