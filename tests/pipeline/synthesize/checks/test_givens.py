import pytest

from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.checks.givens import Givens

QUESTION = "A car drives 90 km in 1.5 h and then 40 km in 30 min. How fast is it on the whole of the way?"


@pytest.mark.parametrize(
    ("question", "solution", "found"),
    [
        (QUESTION, "It drives $90 + 40 = 130$ km in $1.5 + 0.5 = 2$ h.\nAnswer: 65 km/h", None),
        (QUESTION, "Half of 30 is 15.\nAnswer: 15", None),  # a quarter of them
        (QUESTION, "The roots of $x^2 - 5x + 6$ are $2$ and $3$.\nAnswer: 2, 3", "0 of 4"),
        (QUESTION.replace("90", "9,000"), "The 9000.0 km take 5 days.", None),
        ("What is a third of 12, in 2 words?", "It is four: three times four makes a dozen.", None),  # 12 alone
    ],
)
def test_a_quarter_of_the_givens_is_wanted_where_there_are_two(question, solution, found):
    why = Givens().reject(Candidate(Pair(question, solution), "", "en", "problem"))
    assert (why and why.found[:6]) == found


def test_a_restated_fact_needs_none():
    assert Givens().reject(Candidate(Pair(QUESTION, "It is fast."), "", "en", "facts")) is None
