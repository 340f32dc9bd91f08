"""Stratified shares are equal."""

import pytest

from mixtures.stratified import Stratified

SLICES = ("web/topic=law", "web/topic=medicine", "web/topic=physics", "books", "zh")


def test_every_slice_of_the_named_sources_gets_the_same(situation):
    shares = Stratified(sources=("web", "books")).choose(situation())
    assert shares == {name: 0.0 if name == "zh" else 0.25 for name in shares}


def test_empty_slices_do_not_count(situation):
    shares = Stratified(sources=("web",)).choose(situation({"web/topic=a": 0, "web/topic=b": 7, "web/topic=c": 1}))
    assert shares == {"web/topic=a": 0.0, "web/topic=b": 0.5, "web/topic=c": 0.5}


def test_nothing_to_read_is_told(situation):
    with pytest.raises(ValueError, match="has any tokens"):
        Stratified(sources=("en",)).choose(situation())


def test_all_means_every_source_of_the_recipe(situation):
    assert Stratified.model_validate({"sources": "all"}).choose(situation()) == dict.fromkeys(SLICES, 0.2)
