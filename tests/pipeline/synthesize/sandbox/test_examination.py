import pytest

from pipeline.synthesize.sandbox.examination import Examination, Result, examine
from pipeline.synthesize.sandbox.running import Limits, unavailable

pytestmark = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
DOUBLE = "def double(x):\n    print('noise')\n    return 2 * x\n"


def test_tests_and_calls():
    found = examine(
        DOUBLE, ("assert double(2) == 4", "assert double(2) == 5", "assert triple(2)"), ("double('a')", "1/0")
    )
    assert found == Examination(
        failures={1: "AssertionError", 2: "NameError: name 'triple' is not defined"},
        results=[Result("'aa'"), Result(None, "ZeroDivisionError: division by zero")],
    )


def test_tests_that_cannot_fail_are_told():
    assert examine(DOUBLE, ("assert double(2) == 4",)).vacuous is False
    assert examine(DOUBLE, ("double(2)", "assert True")).vacuous is True


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("def double(x:", "SyntaxError"),
        ("import numpy", "ModuleNotFoundError: No module named 'numpy'"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("import os; os._exit(0)", "ends the process, status 0"),
        ("while True: pass", "runs without an end"),
        ("input()", "RuntimeError: input(): lost sys.stdin"),
    ],
)
def test_what_does_not_run_to_its_end(code, problem):
    assert examine(code, ("assert True",), (), Limits(seconds=1)).problem.startswith(problem)
