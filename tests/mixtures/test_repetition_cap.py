"""Nothing is read more often than the cap, and the freed share goes where the rule says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mixtures.base import Situation, Slice
from mixtures.repetition_cap import RepetitionCap
from mixtures.static import Static

INNER = Static(shares={"web": 0.5, "books": 0.3, "zh": 0.2})
LAW, MEDICINE, PHYSICS = "web/topic=law", "web/topic=medicine", "web/topic=physics"


def test_below_the_cap_nothing_changes(situation):
    here = situation(epochs={"books": 3.0}, round_tokens=100)
    assert RepetitionCap(of=INNER, epochs=4).choose(here) == INNER.choose(here)


def test_the_share_of_a_slice_that_is_out_goes_to_everyone_in_proportion(situation):
    shares = RepetitionCap(of=INNER, epochs=4).choose(situation(epochs={"books": 4.0}))
    assert shares["books"] == 0.0
    assert shares[PHYSICS] == pytest.approx(0.3 / 0.7, rel=1e-14)
    assert shares["zh"] == pytest.approx(0.2 / 0.7, rel=1e-14)


def test_or_first_to_the_slices_of_its_source(situation):
    capped = RepetitionCap(of=INNER, epochs=4, freed="within_source")
    shares = capped.choose(situation(epochs={LAW: 4.0}))
    assert shares == pytest.approx({LAW: 0, MEDICINE: 0.5 / 3, PHYSICS: 1 / 3, "books": 0.3, "zh": 0.2}, rel=1e-14)


def test_and_to_everyone_when_the_source_is_out(situation):
    epochs = {LAW: 4.0, MEDICINE: 4.0, PHYSICS: 5.0}
    shares = RepetitionCap(of=INNER, epochs=4, freed="within_source").choose(situation(epochs=epochs))
    assert shares == pytest.approx({LAW: 0, MEDICINE: 0, PHYSICS: 0, "books": 0.6, "zh": 0.4}, rel=1e-14)


def test_within_a_source_only_what_it_can_hold(situation):
    # One epoch of medicine is left (300 tokens of 1,000, share 0.3); nothing of the other topics.
    here = situation(epochs={LAW: 4.0, PHYSICS: 4.0, MEDICINE: 3.0}, round_tokens=1000)
    shares = RepetitionCap(of=INNER, epochs=4, freed="within_source").choose(here)
    assert shares == pytest.approx({LAW: 0, MEDICINE: 0.3, PHYSICS: 0, "books": 0.42, "zh": 0.28}, rel=1e-14)


def test_a_source_as_a_whole(situation):
    capped = RepetitionCap(of=INNER, epochs=2, per="source")
    assert capped.choose(situation(epochs={LAW: 9.0})) == INNER.choose(situation())
    shares = capped.choose(situation(epochs={LAW: 2.0, MEDICINE: 2.0, PHYSICS: 2.0}))
    assert shares == pytest.approx({LAW: 0, MEDICINE: 0, PHYSICS: 0, "books": 0.6, "zh": 0.4}, rel=1e-14)


def test_the_coming_round_stops_at_the_cap(situation):
    # 0.1 epoch of books is left: 50 tokens of a round of 1,000.
    shares = RepetitionCap(of=INNER, epochs=1, per="source").choose(situation(epochs={"books": 0.9}, round_tokens=1000))
    assert shares["books"] == pytest.approx(0.05, rel=1e-12)
    assert shares["zh"] == pytest.approx(0.95 * 0.2 / 0.7, rel=1e-12)


def test_what_is_counted(situation):
    slices = situation().slices
    by_source = RepetitionCap(of=INNER, epochs=2, per="source").counted(slices)
    assert {name: [p.tokens for p in mine] for name, mine in by_source.items()} == {
        "web": [100, 300, 600],
        "books": [500],
        "zh": [1500],
    }
    assert list(RepetitionCap(of=INNER, epochs=2).counted(slices)) == [LAW, MEDICINE, PHYSICS, "books", "zh"]


def test_everything_at_the_cap_is_told(situation):
    epochs = dict.fromkeys([LAW, MEDICINE, PHYSICS, "books"], 4.0)
    capped = RepetitionCap(of=Static(shares={"web": 0.5, "books": 0.5}), epochs=4)
    told = r"4 epochs of books, web/.*physics leave text for 0 % of the next round; raise epochs, add sources, or"
    with pytest.raises(ValueError, match=told):
        capped.choose(situation(epochs=epochs))


def test_too_little_left_for_a_round_is_told(situation):
    capped = RepetitionCap(of=Static(shares={"books": 1.0}), epochs=1)
    with pytest.raises(ValueError, match="leave text for 25 % of the next round"):
        capped.choose(situation(epochs={"books": 0.5}, round_tokens=1000))


def test_a_whole_source_has_no_slices_to_turn_to():
    with pytest.raises(ValidationError, match="freed: within_source needs per: slice"):
        RepetitionCap(of=INNER, epochs=4, per="source", freed="within_source")


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.floats(0, 5)), min_size=3, max_size=3),
    st.integers(1, 10**9),
    st.sampled_from(["everyone", "within_source"]),
)
def test_no_slice_passes_the_cap_and_the_total_stays(rows, round_tokens, freed):
    slices = tuple(Slice(name, name[0], (), tokens) for name, (tokens, _) in zip(("a1", "a2", "b1"), rows, strict=True))
    epochs = {piece.name: read for piece, (_, read) in zip(slices, rows, strict=True)}
    here = Situation(slices, {}, progress=0, tokens=0, epochs=epochs, round_tokens=round_tokens)
    capped = RepetitionCap(of=Static(shares={"a": 0.6, "b": 0.4}), epochs=4, freed=freed)
    try:
        shares = capped.choose(here)
    except ValueError:
        assert sum(max(0.0, 4 - epochs[p.name]) * p.tokens for p in slices) < round_tokens * (1 + 1e-8)
        return
    assert math.fsum(shares.values()) == pytest.approx(1.0, abs=1e-8)
    for piece in slices:
        after = epochs[piece.name] + shares[piece.name] * round_tokens / piece.tokens
        assert after <= max(4, epochs[piece.name]) * (1 + 1e-9)
