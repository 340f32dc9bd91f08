"""Hierarchical shares: languages stay where the recipe puts them while topics are re-weighed inside the web alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtures.base import Situation, Slice, by_source
from mixtures.perplexity_feedback import PerplexityFeedback
from mixtures.repetition_cap import RepetitionCap
from mixtures.replay_floor import ReplayFloor
from mixtures.static import Static

GROUPS = {"zh": {"zh-web": 0.75, "zh-books": 0.25}, "en": {"en-web": 0.5, "en-books": 0.5}}
TOPICS = ("law", "art", "physics")
WEB = ("zh-web", "en-web")
INNER = Static(shares={"zh": 0.6, "en": 0.4})
FEEDBACK = PerplexityFeedback(of=INNER, sources=WEB, epochs=100)
WRITTEN = {"zh-web": 0.45, "zh-books": 0.15, "en-web": 0.2, "en-books": 0.2}


def slices(sizes):
    topics = list(zip(TOPICS, sizes, strict=True))
    web = [Slice(f"{source}/topic={t}", source, (("topic", t),), size) for source in WEB for t, size in topics]
    return (*web, *(Slice(s, s, (), 1000) for s in ("zh-books", "en-books")))


SIZES = st.tuples(*[st.integers(1, 1000)] * 3)
LOSSES = st.lists(st.floats(0.5, 9), min_size=8, max_size=8)


def rounds(method, sizes, losses, *, round_tokens=0):
    """Yield the shares of round after round, of slices and of sources, each in the situation that the last one left."""
    pieces, previous, read = slices(sizes), {}, {}
    earlier = {}
    for values in losses:
        now = {"validation_loss": {p.name: loss for p, loss in zip(pieces, values, strict=True)}}
        epochs = {p.name: read.get(p.name, 0.0) / p.tokens for p in pieces}
        shares = method.choose(
            Situation(pieces, GROUPS, 0.5, 1, previous, now, earlier, epochs, round_tokens=round_tokens)
        )
        yield shares, by_source(shares, pieces)
        read = {p.name: read.get(p.name, 0.0) + shares[p.name] * round_tokens for p in pieces}
        previous, earlier = shares, now


MANY = st.lists(LOSSES, min_size=2, max_size=6)


@given(SIZES, MANY)
def test_languages_are_fixed_and_topics_move_inside_the_web_only(sizes, losses):
    for _, sources in rounds(FEEDBACK, sizes, losses):
        assert sources == pytest.approx(WRITTEN, rel=1e-12)


def test_and_they_do_move():
    losses = [[3.0] * 8, [3.5, 3, 3, 3, 3, 2.5, 3, 3]]
    (first, _), (second, sources) = rounds(FEEDBACK, (100, 100, 100), losses)
    assert second["zh-web/topic=law"] > first["zh-web/topic=law"]
    assert second["en-web/topic=physics"] < first["en-web/topic=physics"]
    assert sources == pytest.approx(WRITTEN, rel=1e-12)
    assert all(second[name] == first[name] for name in ("zh-books", "en-books"))


@given(SIZES, MANY, st.floats(0.05, 0.9))
def test_under_a_floor_what_is_not_replayed_keeps_its_proportions(sizes, losses, share):
    method = ReplayFloor(of=FEEDBACK, sources=("en",), share=share)
    for _, sources in rounds(method, sizes, losses):
        english = sources["en-web"] + sources["en-books"]
        assert english == pytest.approx(max(share, 0.4), rel=1e-9)
        assert sources["zh-web"] / sources["zh-books"] == pytest.approx(3, rel=1e-9)
        assert sources["en-web"] / sources["en-books"] == pytest.approx(1, rel=1e-9)


@given(SIZES, MANY)
def test_a_topic_at_its_cap_gives_way_to_the_other_topics_of_its_source(sizes, losses):
    # Six rounds read the Chinese web 1.35 times on average: topics that gained reach the cap, the source never does.
    method = RepetitionCap(of=FEEDBACK, epochs=1.4, freed="within_source")
    tokens = min(sum(sizes) // 2, 1000)
    read = dict.fromkeys((p.name for p in slices(sizes)), 0.0)
    for shares, sources in rounds(method, sizes, losses, round_tokens=tokens):
        assert sources == pytest.approx(WRITTEN, rel=1e-9)
        for piece in slices(sizes):
            read[piece.name] += shares[piece.name] * tokens
            assert read[piece.name] <= 1.4 * piece.tokens * (1 + 1e-9)


@given(SIZES, MANY, st.floats(0.05, 0.9))
def test_floor_over_cap_over_feedback(sizes, losses, share):
    inner = RepetitionCap(of=FEEDBACK, epochs=1e6, freed="within_source")
    plain, wrapped = (ReplayFloor(of=method, sources=("en",), share=share) for method in (FEEDBACK, inner))
    for (one, _), (two, _) in zip(rounds(plain, sizes, losses), rounds(wrapped, sizes, losses), strict=True):
        assert one == pytest.approx(two, rel=1e-12)
