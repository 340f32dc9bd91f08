import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.deduplication import MinHash
from pipeline.synthesize.near_duplicates import Accepted, likeness
from pipeline.synthesize.pair import Pair

COPIES = MinHash()
QUESTION = "How long does a pendulum of one metre take for a full swing where gravity is that of the earth?"
SOLUTION = "Its period depends on its length and on gravity alone, so that it takes about two seconds for a full swing."
OTHER = "Cells divide once the genome inside their nucleus has been copied, which proteins see to; then they part."


def accepted(*pairs):
    """Offer the pairs in order; return why each was turned away."""
    known = Accepted(COPIES)
    found = [known.reject(f"d{number}", likeness(pair, COPIES)) for number, pair in enumerate(pairs)]
    known.close()
    return [why and why.found for why in found]


def test_text_and_question_are_each_compared_with_all_accepted_before():
    first = Pair(QUESTION, SOLUTION)
    assert accepted(
        first,
        first,
        Pair(QUESTION, OTHER),
        Pair(OTHER, SOLUTION),
        Pair(OTHER + " Why?", QUESTION),
    ) == [None, "text like that of d0", "question like that of d0", None, "question like that of d3"]


def test_what_was_turned_away_is_no_ground_to_turn_others_away():
    assert accepted(Pair(QUESTION, SOLUTION), Pair(QUESTION, OTHER), Pair("What is it?", OTHER))[2] is None


def test_problems_that_differ_in_a_number_are_none():
    one, two = (Pair(QUESTION.replace("one", number), SOLUTION) for number in ("7", "8"))
    assert accepted(one, two, one) == [None, None, "text like that of d0"]


@given(st.text(max_size=80), st.text(max_size=80))
def test_bands_are_the_same_for_the_same_pair_alone(question, solution):
    found, again = (likeness(Pair(question, solution), COPIES) for _ in range(2))
    assert found.bands.shape == (2, COPIES.bands)
    assert len(np.unique(found.bands)) == found.bands.size
    assert (found.bands == again.bands).all()
    assert (found.signatures == again.signatures).all()
