"""Pages whose numbers count: full of quantities or formulas, or questions with choices, and no others."""

import pytest

from pipeline.clean.calculating import calculates
from pipeline.clean.unit_hashes import units_of


def said(*texts, share=0.01):
    return [bool(one) for piece in units_of(texts) for one in calculates(piece, share)]


def test_a_page_calculates_from_three_quantities_in_a_hundred_words_on():
    def of(number, words):
        return " ".join(["5 kg"] * number + ["word"] * (words - 2 * number))

    assert said(of(3, 100), of(3, 101), of(2, 60), of(1, 10), "") == [True, False, True, False, False]


def test_numbers_in_formulas_are_quantities_and_prices_are_none():
    texts = ["How many strings has ${0, 1, 9}$ of length $C(10, 5)$?", "It cost $5 in 1990, $7 in 1995 and $9 now."]
    assert said(*texts) == [True, False]
    assert said(f"{texts[1]} $x$", f"$y$ {texts[1]}") == [False, False]


def test_prose_with_formulas_is_compared_as_it_is_judged():
    page = f"The spectral sequence converges, {'so that all is well and nothing moves, ' * 9}and $\\alpha_1$ is a root."
    assert said(page, page.replace("$", "")) == [True, False]
    assert said(page, share=None) == [False]


CHOICES = [
    "When did it end?\n(A) 1948 (B) 1949 (C) never\nIt ended in 1949, so the answer is (B).",
    "When did it end?\n  A. 1948\n  B. 1949\n  C. never",
    "When did it end?\nA) 1948 B) 1949\nC) never",
    "它是哪一年结束的？\nA．1948年 B．1949年 C．没有结束",
    "它是哪一年结束的？\nA、1948年\nB、1949年\nC、没有结束",
]
PROSE = [
    "The act of 1948 covers (A) cars, (B) lorries and (C) ships of the state.",
    "(A) cars of 1948, and B) lorries, and C. ships",
    "Plan A. was given up in 1948.\nPlan B. was not.\nPlan C. was never made.",
    "(a) cars of 1948\n(b) lorries\n(c) ships",
    f"(A) cars of 1948 {'and more ' * 40}(B) lorries (C) ships",
]


@pytest.mark.parametrize("gap", ["", "\n\n"])
def test_a_question_with_choices_is_another_one_with_another_number(gap):
    assert said(*(gap + text for text in CHOICES)) == [True] * len(CHOICES)
    assert said(*(gap + text for text in PROSE)) == [False] * len(PROSE)


def test_a_stretch_of_text_belongs_to_its_own_document():
    assert said("It costs $5 on 3 May", "and $7 on 9 May", "(A) x", "(B) y (C) z") == [False] * 4
