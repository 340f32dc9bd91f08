"""Temperature: p in proportion to size ** (1 / T)."""

import pytest
from pydantic import ValidationError

from mixtures.natural import Natural
from mixtures.temperature import Temperature


def test_square_roots_at_temperature_two(situation):
    shares = Temperature(sources=("en", "zh"), temperature=2).choose(situation({"en": 900, "zh": 100}))
    assert shares == pytest.approx({"en": 0.75, "zh": 0.25}, rel=1e-14)


def test_one_is_natural_and_a_large_one_uniform(situation):
    names = ("web", "books", "zh")
    natural = Natural(sources=names).choose(situation())
    assert Temperature(sources=names, temperature=1).choose(situation()) == pytest.approx(natural, rel=1e-14)
    uniform = Temperature(sources=names, temperature=1e9, over="slices").choose(situation())
    assert uniform == pytest.approx(dict.fromkeys(natural, 0.2), rel=1e-6)


def test_below_one_lifts_what_is_large(situation):
    assert Temperature(sources=("books", "zh"), temperature=0.5).choose(situation())["zh"] == pytest.approx(0.9)


def test_over_names_a_group_is_one_thing_that_keeps_its_inner_shares(situation):
    here = situation({"en": 800, "zh-a": 50, "zh-b": 50}, groups={"zh": {"zh-a": 0.9, "zh-b": 0.1}})
    shares = Temperature(sources=("en", "zh"), temperature=3).choose(here)
    assert shares == pytest.approx({"en": 2 / 3, "zh-a": 0.3, "zh-b": 1 / 30}, rel=1e-14)


def test_over_slices_each_topic_is_one_thing(situation):
    here = situation({"web/topic=a": 100, "web/topic=b": 400, "zh": 900})
    shares = Temperature(sources=("web", "zh"), temperature=2, over="slices").choose(here)
    assert shares == pytest.approx({"web/topic=a": 1 / 6, "web/topic=b": 2 / 6, "zh": 3 / 6}, rel=1e-14)


def test_sizes_of_any_magnitude(situation):
    shares = Temperature(sources=("en", "zh"), temperature=0.01).choose(situation({"en": 10**18, "zh": 1}))
    assert shares == {"en": 1.0, "zh": 0.0}


@pytest.mark.parametrize("temperature", [0, -1, float("inf"), float("nan")])
def test_it_is_positive(temperature):
    with pytest.raises(ValidationError):
        Temperature(sources=("en",), temperature=temperature)


@pytest.mark.parametrize("over", ["names", "slices"])
def test_all_means_every_source_of_the_recipe_each_for_itself(situation, over):
    named = Temperature(sources=("books", "web", "zh"), temperature=3, over=over)
    everything = Temperature.model_validate({"sources": "all", "temperature": 3, "over": over})
    assert everything.choose(situation(groups={"both": {"zh": 0.5, "web": 0.5}})) == named.choose(situation())
    assert everything.reads_everything
