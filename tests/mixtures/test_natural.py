"""Natural shares are sizes."""

import pytest
from pydantic import ValidationError

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


def test_all_means_every_source_of_the_recipe(situation):
    named = Natural(sources=("web", "books", "zh"))
    everything = Natural.model_validate({"sources": "all"})
    assert everything.choose(situation()) == named.choose(situation())
    assert (everything.reads_everything, named.reads_everything) == (True, False)
    assert everything.mentions() == {}


@pytest.mark.parametrize("dump", [Natural.model_dump, lambda method: Natural.model_dump(method, mode="json")])
def test_all_is_written_down_as_it_was_written(dump):
    assert dump(Natural.model_validate({"sources": "all"}))["sources"] == "all"
    assert dump(Natural(sources=("zh",)))["sources"] == ["zh"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("every", "found 'every'; a list of sources and groups is needed, or all"),
        ([], "is empty; at least one source or group is needed, or all"),
        (None, "valid tuple"),
    ],
)
def test_what_sources_may_be(wrong, told):
    with pytest.raises(ValidationError, match=told):
        Natural.model_validate({"sources": wrong})


def test_a_source_or_group_that_is_called_all_is_named_in_a_list(situation):
    grouped = Natural.model_validate({"sources": ["all"]})
    assert not grouped.reads_everything
    assert grouped.mentions() == {("sources", 0): "all"}
