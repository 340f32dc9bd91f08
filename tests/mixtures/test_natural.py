"""Natural shares are sizes."""

import pytest

from mixtures.natural import Natural


def test_shares_are_sizes_over_the_named_sources(situation):
    shares = Natural(sources=("web", "zh")).choose(situation())
    expected = {"web/topic=law": 0.04, "web/topic=medicine": 0.12, "web/topic=physics": 0.24, "books": 0, "zh": 0.6}
    assert shares == pytest.approx(expected, rel=1e-15)


def test_a_group_stands_for_its_sources_whatever_its_shares(situation):
    grouped = Natural(sources=("all",)).choose(situation(groups={"all": {"books": 0.99, "zh": 0.01}}))
    assert (grouped["books"], grouped["zh"]) == (0.25, 0.75)


def test_a_source_named_twice_counts_once(situation):
    here = situation(groups={"all": {"books": 0.5, "zh": 0.5}})
    assert Natural(sources=("all", "books")).choose(here) == Natural(sources=("all",)).choose(here)


def test_nothing_to_read_is_told(situation):
    with pytest.raises(ValueError, match="none of books, zh has any tokens"):
        Natural(sources=("books",)).choose(situation({"books": 0, "zh": 5}))
