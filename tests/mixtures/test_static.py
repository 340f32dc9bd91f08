"""Static shares, exactly."""

import pytest
from pydantic import ValidationError

from mixtures.base import Situation, Slice, divide_by_size, expand
from mixtures.static import Static


def situation(slices, groups=None):
    return Situation(slices=tuple(slices), groups=groups or {}, progress=0.0, tokens=0)


def test_shares_of_sources_without_slices_are_the_written_ones():
    slices = [Slice("en", "en", (), 10), Slice("zh", "zh", (), 990)]
    assert Static(shares={"zh": 0.25, "en": 0.75}).choose(situation(slices)) == {"en": 0.75, "zh": 0.25}


def test_inside_a_source_slices_follow_their_sizes():
    law, physics = Slice("web|a", "web", (("t", "a"),), 300), Slice("web|b", "web", (("t", "b"),), 100)
    slices = [law, physics, Slice("qa", "qa", (), 5)]
    shares = Static(shares={"web": 0.8, "qa": 0.2}).choose(situation(slices))
    assert shares == pytest.approx({"web|a": 0.6, "web|b": 0.2, "qa": 0.2}, rel=1e-15)


def test_a_source_that_is_not_named_gets_nothing():
    slices = [Slice("en", "en", (), 10), Slice("zh", "zh", (), 10)]
    assert Static(shares={"en": 1.0}).choose(situation(slices)) == {"en": 1.0, "zh": 0.0}


def test_groups_unfold_to_sources_and_paths_add_up():
    groups = {"science": {"papers": 0.5, "math": 0.5}, "math": {"proofs": 0.75, "papers": 0.25}}
    assert expand({"science": 0.8, "papers": 0.2}, groups) == pytest.approx(
        {"papers": 0.8 * (0.5 + 0.5 * 0.25) + 0.2, "proofs": 0.8 * 0.5 * 0.75}
    )


def test_an_empty_slice_gets_nothing_and_does_not_divide_by_zero():
    assert divide_by_size({"a": 1.0}, (Slice("a", "a", (), 0),)) == {"a": 0.0}


@pytest.mark.parametrize("shares", [{"a": 0.5, "b": 0.4}, {"a": 0.5, "b": 0.5 + 1e-5}])
def test_shares_sum_to_one(shares):
    with pytest.raises(ValidationError, match="the shares sum to"):
        Static(shares=shares)


@pytest.mark.parametrize("shares", [{}, {"a": -0.5, "b": 1.5}, {"a": float("nan")}])
def test_shares_are_fractions(shares):
    with pytest.raises(ValidationError):
        Static(shares=shares)
