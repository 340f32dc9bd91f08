from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from pipeline.synthesize.seeds.quotas import PATIENCE, TOLERANCE, Filling, cells, counter, shared_anew
from pipeline.tokens.encode import EncoderFacts

NAMES = st.text("abc/", min_size=1, max_size=4)


def test_cells_are_disciplines_or_disciplines_at_a_level():
    assert cells({"physics": 5, "biology": {"easy": 1, "hard": 2}}) == {
        "physics": 5,
        "biology/easy": 1,
        "biology/hard": 2,
    }


@given(st.integers(1000, 10**6), st.data())
def test_documents_of_at_most_twice_the_tolerance_always_meet_a_quota_within_it(quota, data):
    filling = Filling(quota)
    while not filling.is_met:
        tokens = data.draw(st.integers(int(TOLERANCE * quota), int(2 * TOLERANCE * quota)))
        if filling.fits(tokens):
            filling.take(tokens)
        else:
            filling.refuse()
    assert (1 - TOLERANCE) * quota <= filling.accepted <= (1 + TOLERANCE) * quota


@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**5), max_size=60))
def test_whatever_is_offered_a_cell_never_goes_beyond_the_tolerance_nor_pays_for_much_in_vain(quota, offered):
    filling, refused = Filling(quota), 0
    for tokens in offered:
        if filling.is_met:
            break
        if filling.fits(tokens):
            filling.take(tokens)
            refused = 0
        else:
            filling.refuse()
            refused += 1
    assert filling.accepted <= (1 + TOLERANCE) * quota
    assert refused <= PATIENCE


@given(st.dictionaries(NAMES, st.tuples(st.integers(1, 10**12), st.floats(1e-6, 1e6)), min_size=1, max_size=9))
def test_quotas_are_shared_anew_in_proportion_and_their_sum_stays(given_ones):
    quotas = {name: quota for name, (quota, _) in given_ones.items()}
    factors = {name: factor for name, (_, factor) in given_ones.items()}
    found = shared_anew(quotas, factors)
    assert sum(found.values()) == sum(quotas.values())
    total = sum(quotas[name] * factors[name] for name in quotas)
    for name in quotas:
        exact = sum(quotas.values()) * quotas[name] * factors[name] / total
        assert abs(found[name] - exact) <= 1 + 1e-4 * max(exact, 1) + sum(quotas.values()) * 1e-6


def test_equal_factors_leave_quotas_as_they_are_and_remainders_go_to_the_largest():
    assert shared_anew({"a": 7, "b": 11}, {"a": 2.5, "b": 2.5}) == {"a": 7, "b": 11}
    assert shared_anew({"a": 10, "b": 10}, {"a": 2.0, "b": 1.0}) == {"a": 13, "b": 7}


def test_tokens_are_counted_by_the_tokenizer_that_is_named(tmp_path):
    words = Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2, "end": 3}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    EncoderFacts("tokenizer.json", 4, 3, "end").write(tmp_path)
    assert counter(tmp_path)("a b a long") == 4
    assert counter(None)("a b a long") == 3
