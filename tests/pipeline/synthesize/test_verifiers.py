"""How well the checks that recompute tell planted wrong solutions from right ones, over problems made by program."""

from itertools import islice

import pytest

from pipeline.synthesize.amounts import chinese_share
from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.checks.arithmetic import Arithmetic
from pipeline.synthesize.checks.numbers import Numbers
from pipeline.synthesize.corruption import Corruptible, corrupt
from synth import arithmetic

PROBLEMS = 300


@pytest.fixture(scope="module")
def problems():
    made = islice(arithmetic.Arithmetic().documents(1), PROBLEMS)
    return [Corruptible(str(i), "mathematics", Pair(each.question, each.answer)) for i, each in enumerate(made)]


def caught(pair):
    candidate = Candidate(pair, "", "zh" if chinese_share(pair.question) > 0.2 else "en", "problem")
    return any(check.reject(candidate) for check in (Arithmetic(), Numbers()))


def test_right_solutions_are_kept(problems):
    assert sum(caught(each.pair) for each in problems) <= 0.03 * PROBLEMS


def test_no_right_equation_is_called_wrong(problems):
    check = Arithmetic()
    assert [each.pair for each in problems if check.reject(Candidate(each.pair, "", "en", "problem"))] == []


def test_changed_numbers_are_caught(problems):
    spoilt = corrupt(problems, 1.0, 0, ["numbers_replaced"])
    assert sum(caught(pair) for pair, way in spoilt if way) >= 0.88 * PROBLEMS


def test_one_changed_result_is_caught(problems):
    """Only the last number is changed, by one: an answer that is just off."""
    wrong = []
    for each in problems:
        before, equals, result = each.pair.solution.rpartition("= ")
        digits = "".join(c for c in result if c.isdigit())
        if equals and result[:1].isdigit() and digits == result.split("$")[0]:
            wrong.append(Pair(each.pair.question, before + equals + result.replace(digits, str(int(digits) + 1), 1)))
    assert len(wrong) > 30
    assert sum(map(caught, wrong)) >= 0.8 * len(wrong)
