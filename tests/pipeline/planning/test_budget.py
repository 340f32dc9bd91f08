"""The token table is what the run would read, for shares that move, corpora that run dry and sizes nobody knows."""

import pytest

from pipeline.planning.budget import budget, budget_of
from pipeline.planning.epoch_ends import EpochEnd
from pipeline.planning.supply import Piece, supply
from pipeline.recipe import load_recipe

STATIC = "kind: static\n          shares: {both: 1.0}"
EN_50K = ("tokens: 2M", "tokens: 50K")
ZH_1M = ("    license: CC0-1.0\ngroups", "    license: CC0-1.0\n    tokens: 1M\ngroups")
STEP, ROUND = 8 * 128, 32 * 8 * 128


@pytest.fixture
def recipe_with(sound_recipe):
    """Return a function: a mixture, as YAML, for the run of half a million tokens (488 steps) -> the recipe."""

    def make(mixture, *changes):
        text = sound_recipe.read_text()
        for old, new in ((STATIC, mixture), *changes):
            assert old in text
            text = text.replace(old, new, 1)
        sound_recipe.write_text(text)
        return load_recipe(sound_recipe)

    return make


@pytest.fixture
def rows_of(recipe_with, tmp_path):
    """Return a function: a mixture and changes of the recipe -> the rows of the run, by source."""

    def rows(mixture, *changes):
        return {r.source: r for r in budget(recipe_with(mixture, *changes), tmp_path) if r.run == "cpt"}

    return rows


@pytest.fixture
def tokens_of(rows_of):
    return lambda *arguments: {name: row.tokens for name, row in rows_of(*arguments).items()}


def test_static_shares_are_exact(rows_of):
    rows = rows_of(STATIC)
    assert {name: row.phases for name, row in rows.items()} == {"en-web": (250_000,), "zh-web": (250_000,)}
    assert {name: row.read for name, row in rows.items()} == {"en-web": (244 * STEP,), "zh-web": (244 * STEP,)}


def test_a_ramp_is_integrated(tokens_of):
    table = tokens_of("{kind: ramp, start: {en-web: 1.0}, end: {en-web: 0.4, zh-web: 0.6}}")
    # 488 steps are a little less than the phase, so the ramp ends a little early.
    assert table == pytest.approx({"en-web": 350_000, "zh-web": 150_000}, rel=1e-3)


def test_a_ramp_under_a_floor_to_one_percent(tokens_of):
    ramp = "{kind: ramp, start: {en-web: 1.0}, end: {zh-web: 1.0}}"
    table = tokens_of(f"{{kind: replay_floor, sources: [en-web], share: 0.3, of: {ramp}}}")
    # A straight line from 1 to 0.3 over seven tenths of the phase, then 0.3.
    assert table["en-web"] == pytest.approx(500_000 * (0.7 * 0.65 + 0.3 * 0.3), rel=0.01)
    assert sum(table.values()) == pytest.approx(500_000)


def test_steps_between_the_points(tokens_of):
    steps = "[{at: 0, shares: {en-web: 1.0}}, {at: 0.3337, shares: {zh-web: 1.0}}]"
    assert tokens_of(f"{{kind: steps, steps: {steps}}}")["en-web"] == pytest.approx(0.3337 * 500_000, rel=1e-3)


def test_a_cap_counts_what_is_read_along_the_way(rows_of):
    cap = "{kind: repetition_cap, epochs: 2, of: {kind: static, shares: {en-web: 0.5, zh-web: 0.5}}}"
    rows = rows_of(cap, EN_50K, ZH_1M)
    assert rows["en-web"].read[0] == pytest.approx(100_000, abs=128)
    assert rows["en-web"].read[0] + rows["zh-web"].read[0] == 488 * STEP


def test_where_an_epoch_ends(rows_of):
    row = rows_of(STATIC, EN_50K)["en-web"]
    # The 391st sequence of en-web holds token 50,000; rounds give 128 each, every other sequence, en-web first.
    assert row.ends[0] == EpochEnd(1, 3 * ROUND + 13 * 128, 0)
    assert [end.epoch for end in row.ends] == [1, 2, 3, 4]
    assert row.epochs == 244 * STEP / 50_000
    assert row.first_read(0) == row.unique_in(0) == 50_000


def test_too_little_text_under_a_cap_is_told_and_no_failure(recipe_with, tmp_path):
    cap = "{kind: repetition_cap, epochs: 2, of: {kind: static, shares: {en-web: 1.0}}}"
    recipe = recipe_with(cap, EN_50K)
    told = budget_of(recipe, "cpt", supply(recipe, "cpt", tmp_path, ()))
    # Three rounds fit into twice 50,000 tokens, a fourth does not.
    assert (told.stop.phase, told.stop.tokens) == (0, 3 * ROUND)
    assert "repetition_cap: 2 epochs of en-web" in told.stop.reason
    assert told.rows[0].read == (3 * ROUND,)


def test_shares_that_follow_unknown_sizes_are_unknown(rows_of):
    rows = rows_of("{kind: natural, sources: [en-web, zh-web]}")
    assert {name: row.phases for name, row in rows.items()} == {"en-web": (None,), "zh-web": (None,)}
    assert rows["en-web"].epochs is None
    assert rows["en-web"].ends == ()
    assert (rows["en-web"].basis, rows["zh-web"].basis) == ("estimate", "unknown")


def test_only_what_follows_them_is(recipe_with):
    ramp = "{kind: ramp, start: {both: 1.0}, end: {en-web: 1.0}}"
    recipe = recipe_with(ramp)
    pieces = {
        "en-web": Piece("en-web", "en-web", (), 10**6, None, "exact"),
        "zh-web/t=a": Piece("zh-web/t=a", "zh-web", (("t", "a"),), None, None, "unknown"),
        "zh-web/t=b": Piece("zh-web/t=b", "zh-web", (("t", "b"),), 10**6, None, "exact"),
    }
    rows = {row.slice: row for row in budget_of(recipe, "cpt", pieces).rows}
    assert rows["en-web"].phases[0] == pytest.approx(375_000, rel=1e-3)
    assert rows["zh-web/t=a"].phases == rows["zh-web/t=b"].phases == (None,)


def test_known_sizes_make_natural_shares_known(tokens_of):
    table = tokens_of("{kind: natural, sources: [en-web, zh-web]}", ZH_1M)
    assert table == pytest.approx({"en-web": 500_000 * 2 / 3, "zh-web": 500_000 / 3})
