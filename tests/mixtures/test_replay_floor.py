"""The old distribution keeps its floor under any inner method."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtures.base import Situation, Slice
from mixtures.ramp import Ramp
from mixtures.replay_floor import ReplayFloor
from mixtures.static import Static


def test_above_the_floor_nothing_changes(situation):
    inner = Static(shares={"web": 0.3, "books": 0.1, "zh": 0.6})
    floor = ReplayFloor(of=inner, sources=("web", "books"), share=0.4)
    assert floor.choose(situation()) == inner.choose(situation())


def test_below_it_the_old_are_lifted_together_and_the_rest_shrinks_in_proportion(situation):
    inner = Static(shares={"web": 0.08, "books": 0.02, "zh": 0.9})
    shares = ReplayFloor(of=inner, sources=("web", "books"), share=0.25).choose(situation())
    expected = {"web/topic=law": 0.02, "web/topic=medicine": 0.06, "web/topic=physics": 0.12, "books": 0.05, "zh": 0.75}
    assert shares == pytest.approx(expected, rel=1e-14)


def test_groups_are_followed_down_to_sources(situation):
    inner = Static(shares={"zh": 1.0})
    floor = ReplayFloor(of=inner, sources=("old",), share=0.5)
    shares = floor.choose(
        situation({"a": 1, "b": 3, "zh": 9}, groups={"old": {"a": 0.5, "inner": 0.5}, "inner": {"b": 1}})
    )
    assert shares == {"a": 0.125, "b": 0.375, "zh": 0.5}


def test_an_old_distribution_without_text_is_told(situation):
    with pytest.raises(ValueError, match="none of old has any tokens"):
        ReplayFloor(of=Static(shares={"zh": 1.0}), sources=("old",), share=0.5).choose(situation({"old": 0, "zh": 9}))


def test_an_empty_source_of_the_inner_method_is_not_hidden(situation):
    inner = Static(shares={"zh": 0.4, "old": 0.1, "gone": 0.5})
    shares = ReplayFloor(of=inner, sources=("old",), share=0.5).choose(situation({"old": 5, "zh": 9}))
    assert math.fsum(shares.values()) == pytest.approx(0.5)


def test_a_ramp_stops_at_the_floor(situation):
    floor = ReplayFloor(of=Ramp(start={"books": 1.0}, end={"zh": 1.0}), sources=("books",), share=0.3)
    progress = [0.0, 0.5, 0.7, 0.8, 1.0]
    old = [floor.choose(situation(progress=p))["books"] for p in progress]
    assert old == pytest.approx([1.0, 0.5, 0.3, 0.3, 0.3], rel=1e-12)


@given(st.lists(st.integers(0, 100), min_size=3, max_size=3).filter(any), st.floats(0, 1))
def test_never_below_and_always_a_distribution(weights, share):
    shares = dict(zip(("a", "b", "c"), (w / sum(weights) for w in weights), strict=True))
    slices = tuple(Slice(name, name, (), size) for name, size in (("a", 3), ("b", 5), ("c", 7)))
    given_to = ReplayFloor(of=Static(shares=shares), sources=("a", "b"), share=share).choose(
        Situation(slices, {}, progress=0.0, tokens=0)
    )
    assert math.fsum(given_to.values()) == pytest.approx(1.0, abs=1e-12)
    assert given_to["a"] + given_to["b"] >= share - 1e-12
