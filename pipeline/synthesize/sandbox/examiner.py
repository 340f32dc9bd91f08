"""The examiner: runs inside the jail, where it executes code and tests it; its report goes out beside what code prints.

Sent as text in front of a call of ``main``, so it imports the standard library alone. Code that sets out to deceive
could write a report of its own; what keeps the machine safe is the jail, not this.
"""

from __future__ import annotations

import builtins
import json
import os
import random
import sys
import types
from typing import Any

LONGEST = 600
"""Characters of a result that are reported."""


def main(code: str, tests: list[str], calls: list[str], mark: str) -> None:
    """Report, behind a mark, how the code ran, which tests fail, whether they can, and what calls give."""
    report, sink = os.dup(1), os.open("/work/printed", os.O_CREAT | os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(sink, descriptor)
    os.close(0)
    sys.stdin = None
    try:
        found = _examine(code, tests, calls)
    except BaseException as error:  # a recursion or the memory may end anywhere
        found = {"problem": _said(error)}
    os.write(report, f"{mark}{json.dumps(found)}".encode("utf-8", "replace"))
    os._exit(0)


def _examine(code: str, tests: list[str], calls: list[str]) -> dict[str, Any]:
    space = _space()
    if problem := _run(code, space):
        return {"problem": problem}
    failures = {}
    for number, test in enumerate(tests):
        if problem := _run(test, space):
            failures[number] = problem
    results = [_result(call, space) for call in calls]
    return {
        "failures": failures,
        "results": results,
        "vacuous": bool(tests) and not failures and _pass_anyway(code, tests),
    }


def _pass_anyway(code: str, tests: list[str]) -> bool:
    """Whether the tests pass as well where every function and class of the code does nothing."""
    space = _space()
    _run(code, space)
    for name, value in list(space.items()):
        if isinstance(value, types.FunctionType | type):
            space[name] = lambda *_, **__: None
    return not any(_run(test, space) for test in tests)


def _space() -> dict[str, Any]:
    random.seed(0)
    return {"__name__": "solution", "__builtins__": builtins}


def _run(code: str, space: dict[str, Any]) -> str:
    """Execute code; return what was wrong, or nothing."""
    try:
        exec(compile(code, "<code>", "exec"), space)
    except BaseException as error:  # SystemExit too: code that ends itself has not passed
        return _said(error)
    return ""


def _result(call: str, space: dict[str, Any]) -> list[str]:
    """Return ["value", repr] or ["problem", what]."""
    try:
        value = repr(eval(compile(call, "<call>", "eval"), space))
    except BaseException as error:
        return ["problem", _said(error)]
    return ["value", value] if len(value) <= LONGEST else ["problem", "a long result"]


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200].rstrip(": ")
