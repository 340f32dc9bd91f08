"""The topic update of Llama-3-SynE: its formula by hand, its sign in the paper's examples, its guards for any input."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from mixtures.base import Situation, Slice
from mixtures.perplexity_feedback import PerplexityFeedback
from mixtures.ramp import Ramp
from mixtures.static import Static

LAW, MEDICINE, PHYSICS = TOPICS = ("web/topic=law", "web/topic=medicine", "web/topic=physics")
WEB = Static(shares={"web": 1.0})
EQUAL = dict.fromkeys(TOPICS, 1 / 3)
ALIKE = dict.fromkeys(TOPICS, 100)


def loss(*perplexities):
    return {"validation_loss": dict(zip(TOPICS, map(math.log, perplexities), strict=False))}


def feedback(**settings):
    return PerplexityFeedback(**{"of": WEB, "sources": ("web",), **settings})


def test_the_three_examples_of_the_papers_figure(situation):
    here = situation(ALIKE, previous=EQUAL, earlier_signals=loss(1.26, 1.82, 1.54), signals=loss(1.32, 1.45, 1.60))
    shares = feedback().choose(here)
    assert shares[LAW] > 1 / 3  # 1.26 -> 1.32: worse, more of it
    assert shares[MEDICINE] < 1 / 3  # 1.82 -> 1.45: better, less of it
    assert shares[PHYSICS] > 1 / 3  # 1.54 -> 1.60: worse, more of it


def test_the_formula_by_hand(situation):
    # Moves +1, -2, +1 give delta 1/4, -1/2, 1/4; alpha 0.2 gives factors 1.05, 0.9, 1.05 and r*f sums to 0.99.
    old = {LAW: 0.2, MEDICINE: 0.4, PHYSICS: 0.4}
    here = situation(ALIKE, previous=old, earlier_signals=loss(3, 6, 8), signals=loss(4, 4, 9))
    expected = {LAW: 0.21 / 0.99, MEDICINE: 0.36 / 0.99, PHYSICS: 0.42 / 0.99}
    assert feedback(alpha=0.2, largest_change=1).choose(here) == pytest.approx(expected, rel=1e-12)


def test_weights_say_how_much_a_topic_matters(situation):
    here = situation(ALIKE, previous=EQUAL, earlier_signals=loss(3, 6, 8), signals=loss(4, 4, 9))
    shares = feedback(alpha=0.2, largest_change=1, weights={LAW: 2.0, PHYSICS: 0.0}).choose(here)
    assert shares == pytest.approx({LAW: 1.1 / 3, MEDICINE: 0.9 / 3, PHYSICS: 1 / 3}, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ("perplexity", (1, -1, 8)),
        ("relative", (1 / 2, -1 / 4, 1)),
        ("nll", (math.log(1.5), math.log(0.75), math.log(2))),
    ],
)
def test_ways_to_measure_a_change(situation, change, moves):
    here = situation(ALIKE, previous=EQUAL, earlier_signals=loss(2, 4, 8), signals=loss(3, 3, 16))
    factors = [1 + 0.1 * move / math.fsum(map(abs, moves)) for move in moves]
    expected = dict(zip(TOPICS, (f / math.fsum(factors) for f in factors), strict=True))
    assert feedback(alpha=0.1, change=change).choose(here) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("now", [(3, 6, 8), (3 * 1.5, 6 * 1.5, 8 * 1.5)])
def test_all_equal_changes_leave_the_shares(situation, now):
    old = {LAW: 0.2, MEDICINE: 0.5, PHYSICS: 0.3}
    here = situation(ALIKE, previous=old, earlier_signals=loss(3, 6, 8), signals=loss(*now))
    assert feedback(change="relative").choose(here) == pytest.approx(old, rel=1e-14)


def test_at_the_start_shares_are_the_inner_methods(situation):
    assert feedback().choose(situation(signals=loss(3, 6, 8))) == WEB.choose(situation())


def test_nothing_moves_between_two_measurements(situation):
    old = {LAW: 0.2, MEDICINE: 0.5, PHYSICS: 0.3}
    here = situation(previous=old, earlier_signals=loss(3, 6, 8), signals=loss(3, 6, 8))
    assert feedback().choose(here) == pytest.approx({**old, "books": 0, "zh": 0}, rel=1e-15)


def test_the_source_keeps_its_share_and_other_sources_their_slices(situation):
    inner = Ramp(start={"web": 0.6, "books": 0.4}, end={"web": 0.2, "books": 0.8})
    old = {**dict.fromkeys(TOPICS, 0.2), "books": 0.4}
    here = situation(progress=0.5, previous=old, earlier_signals=loss(3, 6, 8), signals=loss(4, 4, 9))
    shares = feedback(of=inner).choose(here)
    assert math.fsum(shares[name] for name in TOPICS) == pytest.approx(0.4, rel=1e-14)
    assert shares["books"] == inner.choose(here)["books"]


def test_each_source_is_re_weighed_for_itself():
    slices = tuple(Slice(f"{s}/t={t}", s, (("t", t),), 100) for s in ("en", "zh") for t in ("a", "b"))
    old = {"en/t=a": 0.2, "en/t=b": 0.2, "zh/t=a": 0.3, "zh/t=b": 0.3}
    before = {"validation_loss": dict.fromkeys(old, 1.0)}
    after = {"validation_loss": {**before["validation_loss"], "en/t=a": 1.1}}
    here = Situation(slices, {"web": {"en": 0.4, "zh": 0.6}}, 0.0, 0, old, after, before)
    shares = PerplexityFeedback(of=Static(shares={"web": 1.0}), sources=("web",)).choose(here)
    assert shares["en/t=a"] > 0.2 > shares["en/t=b"]
    assert shares["zh/t=a"] == shares["zh/t=b"] == pytest.approx(0.3, rel=1e-15)


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_topic_without_a_signal_keeps_its_share(situation, missing):
    old = {LAW: 0.2, MEDICINE: 0.5, PHYSICS: 0.3}
    now = loss(4, 4, 9)
    now["validation_loss"][MEDICINE] = missing
    if missing is None:
        del now["validation_loss"][MEDICINE]
    here = situation(ALIKE, previous=old, earlier_signals=loss(3, 6, 12), signals=now)
    shares = feedback().choose(here)
    assert shares[MEDICINE] == 0.5
    assert shares[LAW] > 0.2
    assert shares[LAW] + shares[PHYSICS] == pytest.approx(0.5, rel=1e-14)


def test_a_slice_that_is_new_starts_with_the_inner_methods_share(situation):
    shares = feedback().choose(situation(ALIKE, previous={LAW: 0.5, MEDICINE: 0.5}))
    assert shares == pytest.approx({LAW: 0.375, MEDICINE: 0.375, PHYSICS: 0.25}, rel=1e-14)


def test_one_update_moves_at_most_three_percent_and_in_the_same_direction(situation):
    here = situation(ALIKE, previous=EQUAL, earlier_signals=loss(3, 6, 8), signals=loss(9, 3, 8))
    free, held = feedback(alpha=1, largest_change=1).choose(here), feedback(alpha=1).choose(here)
    moved = {name: held[name] - EQUAL[name] for name in TOPICS}
    assert math.fsum(map(abs, moved.values())) / 2 == pytest.approx(0.03, rel=1e-12)
    step = 0.03 / (math.fsum(abs(free[name] - EQUAL[name]) for name in TOPICS) / 2)
    assert moved == pytest.approx({name: step * (free[name] - EQUAL[name]) for name in TOPICS}, rel=1e-9)


@pytest.mark.parametrize(("worse", "bound", "last"), [(8, "cap", 0.15), (-8, "floor", 0.09)])
def test_for_ever_worse_or_better_ends_at_the_bound(situation, worse, bound, last):
    method = feedback(floor=0.9, cap=1.5, largest_change=0.02)
    shares = method.choose(situation({LAW: 100, MEDICINE: 300, PHYSICS: 600}))
    for _ in range(30):
        shares = method.choose(
            situation(
                {LAW: 100, MEDICINE: 300, PHYSICS: 600},
                previous=shares,
                earlier_signals=loss(10, 10, 10),
                signals=loss(10 + worse, 10, 10),
            )
        )
    assert shares[LAW] == pytest.approx(last, rel=1e-12), bound


def test_a_topic_that_has_been_read_often_enough_leaves_step_by_step(situation):
    shares, seen = EQUAL, []
    for _ in range(15):
        here = situation(
            ALIKE,
            previous={name: share for name, share in shares.items() if share},  # as a ledger keeps them
            epochs={LAW: 4.0},
            earlier_signals=loss(3, 6, 8),
            signals=loss(4, 6, 8),
        )
        shares = feedback().choose(here)
        seen.append(shares[LAW])
    assert seen[0] == pytest.approx(1 / 3 - 0.03)
    assert seen[-3:] == [0.0, 0.0, 0.0]
    assert all(later < earlier or not later for earlier, later in pairwise(seen))


def test_when_all_topics_have_been_read_often_enough_the_shares_stay(situation):
    here = situation(
        ALIKE,
        previous=EQUAL,
        epochs=dict.fromkeys(TOPICS, 4.0),
        earlier_signals=loss(3, 6, 8),
        signals=loss(4, 6, 8),
    )
    assert feedback().choose(here) == pytest.approx(EQUAL, rel=1e-15)


def test_weights_for_slices_that_do_not_exist_are_told(situation):
    with pytest.raises(
        ValueError, match=r"perplexity_feedback.weights: no such slice: web/topic=lore \(there are: web/"
    ):
        feedback(weights={"web/topic=lore": 2.0}).choose(situation())
    assert feedback(weights={LAW: 2.0}).choose(situation({"web": 100})) == {"web": 1.0}


@pytest.mark.parametrize("wrong", [{"alpha": 0}, {"floor": 1.1}, {"cap": 0.9}, {"sources": ()}, {"change": "bits"}])
def test_settings(wrong):
    with pytest.raises(ValidationError):
        feedback(**wrong)


TOPIC = st.tuples(st.integers(1, 10**12), st.floats(1e-3, 1.0), st.floats(0, 1000), st.floats(0, 1000), st.floats(0, 8))


@given(
    st.lists(TOPIC, min_size=1, max_size=22),
    st.floats(0.01, 1.0),
    st.sampled_from(["perplexity", "relative", "nll"]),
)
def test_guards_hold_for_any_signals(topics, alpha, change):
    names = [f"web/topic={i}" for i in range(len(topics))]
    slices = tuple(Slice(n, "web", (("topic", n),), row[0]) for n, row in zip(names, topics, strict=True))
    drawn = math.fsum(row[1] for row in topics)
    size = sum(piece.tokens for piece in slices)
    natural = {piece.name: piece.tokens / size for piece in slices}
    old = {n: 0.5 * natural[n] + 0.5 * row[1] / drawn for n, row in zip(names, topics, strict=True)}
    earlier, now = ({n: row[i] for n, row in zip(names, topics, strict=True)} for i in (2, 3))
    here = Situation(
        slices,
        {},
        progress=0.5,
        tokens=1,
        previous=old,
        signals={"validation_loss": now},
        earlier_signals={"validation_loss": earlier},
        epochs={n: row[4] for n, row in zip(names, topics, strict=True)},
    )
    shares = feedback(alpha=alpha, change=change).choose(here)
    assert math.fsum(shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert all(share >= 0 for share in shares.values())
    assert math.fsum(abs(shares[n] - old[n]) for n in names) / 2 <= 0.03 + 1e-12
    for n in names:
        low, high = 0.25 * natural[n], 4 * natural[n]
        fresh = here.epochs[n] < 4
        assert shares[n] >= min(old[n], low) * (1 - 1e-9) or not fresh
        assert shares[n] <= max(old[n], high) * (1 + 1e-9)


@given(st.lists(st.tuples(st.floats(1.0, 100.0), st.floats(1.0, 100.0)), min_size=2, max_size=11), st.floats(0.01, 1))
def test_the_topic_that_got_worst_gains_most_and_the_one_that_improved_most_loses_most(pairs, alpha):
    names = [f"web/topic={i}" for i in range(len(pairs))]
    slices = tuple(Slice(n, "web", (("topic", n),), 100) for n in names)
    moves = {n: now - earlier for n, (earlier, now) in zip(names, pairs, strict=True)}
    worst, best = max(names, key=moves.__getitem__), min(names, key=moves.__getitem__)
    assume(moves[worst] - moves[best] > 1e-3)
    signals = [
        {"validation_loss": {n: math.log(pair[i]) for n, pair in zip(names, pairs, strict=True)}} for i in (0, 1)
    ]
    old = dict.fromkeys(names, 1 / len(names))
    here = Situation(slices, {}, 0.5, 1, old, signals[1], signals[0])
    shares = feedback(alpha=alpha).choose(here)
    assert shares[worst] == max(shares.values()) > 1 / len(names)
    assert shares[best] == min(shares.values()) < 1 / len(names)


@given(st.floats(-1, 1), st.floats(0.001, 1), st.floats(0, 1))
def test_factors_are_positive_up_to_alpha_one_without_the_clip(delta, alpha, weight):
    factor = 1 + alpha * delta * weight
    assert factor >= 0
    assert feedback(alpha=alpha)._factor(delta, weight) == min(max(factor, 0.5), 2.0) > 0
