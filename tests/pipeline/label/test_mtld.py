import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label import lexical_diversity
from pipeline.label.signals import Mtld


def plain(words, section=None):
    """MTLD as the paper says it, word by word."""

    def factors(words):
        count, types, length = 0.0, set(), 0
        for word in words:
            length += 1
            types.add(word)
            if 25 * len(types) < 18 * length:
                count, types, length = count + 1, set(), 0
        return count + ((1 - len(types) / length) / (1 - 0.72) if length else 0)

    pieces = -(-len(words) // section) if section else 1
    parts = [words[len(words) * i // pieces : len(words) * (i + 1) // pieces] for i in range(pieces)]
    both = [sum(factors(part) for part in side) for side in (parts, [part[::-1] for part in parts])]
    return np.mean([len(words) / count if count else np.nan for count in both])


def measured(*texts):
    return Mtld().measure(texts, [{}] * len(texts))["mtld"]


def test_by_hand():
    # a b a: 2/3 < 0.72 closes a factor at the third word, in either direction; 6 words in 2 factors.
    assert measured("a b a c d c") == 3.0
    # a b c a: 3/4 is no factor but (1 - 0.75) / 0.28 of one; 4 words.
    assert measured("A b c a") == pytest.approx(4 * 0.28 / 0.25)
    assert np.isnan(measured("every word is different", "", "！？")).all()


@given(st.lists(st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz字词句"), max_size=400), max_size=5))
def test_equals_the_plain_loop(documents):
    found = measured(*[" ".join(words) for words in documents])
    np.testing.assert_allclose(found, [plain(words) if words else np.nan for words in documents], rtol=1e-5)


def test_long_texts_are_read_in_sections(monkeypatch):
    monkeypatch.setattr(lexical_diversity, "SECTION", 100)
    words = [f"w{i * i % 83}" for i in range(1234)]
    assert measured(" ".join(words)) == pytest.approx(plain(words, section=100), rel=1e-5)
    assert measured(" ".join(words)) == pytest.approx(plain(words), rel=0.1)


def test_a_richer_text_scores_higher():
    poor, rich = "the cat saw the dog and the dog saw the cat " * 30, " ".join(f"w{i % 190}" for i in range(600))
    low, high = measured(poor, rich)
    assert low < high
