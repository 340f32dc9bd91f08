import re
from collections import Counter
from fractions import Fraction
from itertools import islice

import pytest

from synth.arithmetic import TEMPLATES, Arithmetic
from synth.problem import Draw, Problem, fraction, number, quotient, verified


@pytest.mark.parametrize("name", sorted(TEMPLATES))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_ways_agree_and_the_solution_states_the_answer(name, language):
    draw = Draw(1)
    for _ in range(200):
        problem = verified(name, TEMPLATES[name](draw, language))
        assert number(problem.answer) in problem.solution or fraction(problem.answer) in problem.solution
        assert "{" not in re.sub(r"[$][^$]*[$]", "", problem.solution), "LaTeX outside of formulas"
        assert problem.solution.count("$") % 2 == 0


def test_a_wrong_answer_is_refused():
    with pytest.raises(ValueError, match="template t: the solution says 4, recomputing gives 5"):
        verified("t", Problem("q", "a", Fraction(4), Fraction(5)))


def values(formula):
    """Return the value of every side of a formula that holds numbers only, else nothing. Reads LaTeX on its own."""
    plain = formula.replace("\\times", "*").replace("\\div", "/")
    plain = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", plain)
    plain = re.sub(r"(?<=[\d)])\(", "*(", plain)
    sides = [side for side in plain.split("=") if re.fullmatch(r"[\d\s.()*/+-]+", side)]
    return [eval(re.sub(r"\d+(?:\.\d+)?", r"Fraction('\g<0>')", side.strip())) for side in sides]


def test_every_equation_between_numbers_is_true():
    checked = 0
    for document in islice(Arithmetic().documents(0), 3000):
        for formula in re.findall(r"[$]([^$]*=[^$]*)[$]", document.answer):
            found = values(formula)
            assert len(set(found)) <= 1, (formula, document.text)
            checked += len(found) > 1
    assert checked > 4000


def test_all_templates_in_both_languages_appear():
    made = Counter(document.made_by for document in islice(Arithmetic().documents(0), 3000))
    assert set(made) == {f"arithmetic/{name}/{language}" for name in TEMPLATES for language in ("en", "zh")}


def test_numbers_are_written_exactly():
    assert [number(Fraction(n)) for n in ("7", "-5/2", "1/3", "-2/3", "1/8", "0")] == [
        "7",
        "-2.5",
        r"\frac{1}{3}",
        r"-\frac{2}{3}",
        "0.125",
        "0",
    ]
    assert quotient(6, 4) == r"\frac{6}{4} = 1.5"
    assert quotient(2, 3) == r"\frac{2}{3}"
