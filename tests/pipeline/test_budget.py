"""The token table is right for shares that move, and for corpora that run dry."""

import pytest

from pipeline.budget import budget
from pipeline.errors import UserError
from pipeline.recipe import load_recipe

STATIC = "kind: static\n          shares: {both: 1.0}"


@pytest.fixture
def tokens_of(sound_recipe, tmp_path):
    """Return a function: a mixture, as YAML, for the run of half a million tokens -> the tokens of each source."""

    def tokens(mixture, *changes):
        text = sound_recipe.read_text()
        for old, new in ((STATIC, mixture), *changes):
            assert old in text
            text = text.replace(old, new, 1)
        sound_recipe.write_text(text)
        return {r.source: r.phases[0] for r in budget(load_recipe(sound_recipe), tmp_path) if r.run == "cpt"}

    return tokens


def test_static_shares_are_exact(tokens_of):
    assert tokens_of(STATIC) == {"en-web": 250_000, "zh-web": 250_000}


def test_a_ramp_is_integrated(tokens_of):
    table = tokens_of("{kind: ramp, start: {en-web: 1.0}, end: {en-web: 0.4, zh-web: 0.6}}")
    assert table == pytest.approx({"en-web": 350_000, "zh-web": 150_000}, rel=1e-9)


def test_a_ramp_under_a_floor_to_one_percent(tokens_of):
    ramp = "{kind: ramp, start: {en-web: 1.0}, end: {zh-web: 1.0}}"
    table = tokens_of(f"{{kind: replay_floor, sources: [en-web], share: 0.3, of: {ramp}}}")
    # A straight line from 1 to 0.3 over seven tenths of the phase, then 0.3.
    assert table["en-web"] == pytest.approx(500_000 * (0.7 * 0.65 + 0.3 * 0.3), rel=0.01)
    assert sum(table.values()) == pytest.approx(500_000)


def test_steps_between_the_points(tokens_of):
    steps = "[{at: 0, shares: {en-web: 1.0}}, {at: 0.3337, shares: {zh-web: 1.0}}]"
    assert tokens_of(f"{{kind: steps, steps: {steps}}}")["en-web"] == pytest.approx(0.3337 * 500_000, rel=1e-9)


def test_a_cap_counts_what_is_read_along_the_way(tokens_of):
    cap = "{kind: repetition_cap, epochs: 2, of: {kind: static, shares: {en-web: 0.5, zh-web: 0.5}}}"
    sizes = (
        ("tokens: 2M", "tokens: 50K"),
        ("    license: CC0-1.0\ngroups", "    license: CC0-1.0\n    tokens: 1M\ngroups"),
    )
    assert tokens_of(cap, *sizes) == pytest.approx({"en-web": 100_000, "zh-web": 400_000}, rel=1e-5)


def test_too_little_text_under_a_cap_is_told(tokens_of):
    cap = "{kind: repetition_cap, epochs: 2, of: {kind: static, shares: {en-web: 1.0}}}"
    with pytest.raises(
        UserError, match=r"phase 'bilingual', after 1\d\d,\d{3} tokens: repetition_cap: 2 epochs of en-web"
    ):
        tokens_of(cap, ("tokens: 2M", "tokens: 50K"))
