"""Every template in both languages and all levels, and every answer checked again from the text alone."""

import re
from collections import Counter
from fractions import Fraction
from itertools import islice

import pytest

from synth.code_induction import CodeInduction
from synth.levelled import MOST_REPEATS, distinct
from synth.mathematics import Mathematics
from synth.problem import Draw, UnclearError, verified
from synth.science import Science
from synth.synthesizer import Synthesized

KINDS = [Mathematics(), Science(), CodeInduction()]
EACH = [(kind, name, level) for kind in KINDS for name in sorted(kind.templates()) for level in (1, 2, 3)]


def problem_of(synthesizer, name, level, language, index):
    draw = Draw.named(index, name, level, language)
    while True:
        try:
            return verified(name, synthesizer.templates()[name](draw, language, level))
        except UnclearError:
            continue


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("synthesizer", "name", "level"), EACH, ids=[f"{n}-{level}" for _, n, level in EACH])
def test_both_ways_agree_and_the_text_is_whole(synthesizer, name, level, language):
    asked = set()
    for index in range(15):
        problem = problem_of(synthesizer, name, level, language, index)
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", problem.question + problem.solution, flags=re.DOTALL)
        assert prose.count("$") % 2 == 0
        if not isinstance(synthesizer, CodeInduction):
            assert "{" not in re.sub(r"[$]+[^$]*[$]+", "", prose), "LaTeX outside of formulas"
        assert bool(re.search("[一-鿿]", prose)) == (language == "zh")
        asked.add(problem.question)
    assert len(asked) >= 8


@pytest.mark.parametrize("synthesizer", KINDS, ids=lambda s: s.kind)
def test_a_document_is_made_again_from_seed_and_index(synthesizer):
    assert synthesizer.document(3, 41) == synthesizer.document(3, 41) != synthesizer.document(4, 41)


@pytest.mark.parametrize("synthesizer", KINDS, ids=lambda s: s.kind)
def test_every_template_and_level_appears(synthesizer):
    only = type(synthesizer)(languages=("zh",), levels=(2,))
    made = Counter(document.made_by for document in islice(only.documents(0), 300))
    assert set(made) == {f"{only.kind}/{name}/2/zh" for name in only.templates()}
    assert max(made.values()) < 3 * 300 / len(made)


def test_repeated_questions_are_left_out_and_an_exhausted_supply_ends():
    documents = [Synthesized(q, "a", "m", 0) for q in ("one", "two", "one ", "three")] + [
        Synthesized("one", "b", "m", 1)
    ]
    assert [d.question for d in distinct(iter(documents))] == ["one", "two", "three"]
    endless = (Synthesized("same", "a", "m", 0) for _ in iter(int, 1))
    assert len(list(distinct(endless))) == 1
    assert MOST_REPEATS < 10**6


_NUMBER = r"\d+(?:\.\d+)?"


def values(formula):
    """Return the value of every side that holds numbers only: pairs of the relation before it and the value."""
    plain = formula.replace("\\times", "*").replace("\\div", "/").replace("\\left", "").replace("\\right", "")
    plain = re.sub(r"\\binom\{(\d+)\}\{(\d+)\}", r"(comb(\1, \2))", plain)
    plain = re.sub(r"(\d+)!", r"(factorial(\1))", plain)
    plain = re.sub(r"\^\{?(-?\d+)\}?", r"**(\1)", plain)
    for _ in range(3):
        plain = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", plain)
    plain = re.sub(r"\\ \\text\{[^{}]*\}", "", plain).replace("\\approx", "≈")
    plain = re.sub(r"(?<=[\d)])\s*\((?=[\d(c])", "*(", plain.replace("**(", "@"))
    pieces = re.split(r"([=≈])", plain.replace("@", "**("))
    for relation, side in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        if re.fullmatch(r"(?:[\d\s.()*/+,-]|comb|factorial)+", side) and re.search(r"\d", side):
            yield relation, evaluate(side.strip())


def evaluate(side):
    import math

    exact = re.sub(rf"(?<!\*\*\(-)(?<!\*\*\()(?<![\w.]){_NUMBER}", r"Fraction('\g<0>')", side)
    names = {"Fraction": Fraction, "comb": lambda n, k: Fraction(math.comb(int(n), int(k)))}
    return eval(exact, {**names, "factorial": lambda n: Fraction(math.factorial(int(n)))})


@pytest.mark.parametrize(
    ("synthesizer", "least"), [(Mathematics(), 1000), (Science(), 1200)], ids=["mathematics", "science"]
)
def test_every_equation_between_numbers_is_true(synthesizer, least):
    checked = 0
    for document in islice(synthesizer.documents(0), 1000):
        for formula in re.findall(r"[$]([^$]*[=≈x][^$]*)[$]", document.answer):
            if "equiv" in formula:
                continue
            before = None
            for relation, value in values(formula):
                if before is not None and relation == "=":
                    assert value == before, (formula, document.text)
                if before is not None and relation == "≈":
                    assert abs(value - before) <= abs(before) / 190, (formula, document.text)
                checked += before is not None
                before = value
    assert checked > least
