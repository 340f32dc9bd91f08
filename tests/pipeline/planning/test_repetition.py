"""A run that keeps the told fraction of its sources repeats them as the run it stands for would."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_world import make_run

from pipeline.planning.budget import budget_of
from pipeline.planning.repetition import at_target, stretched
from pipeline.planning.supply import Piece
from pipeline.recipe import Recipe


def recipe_of(shares, tokens):
    run = make_run(
        [(tokens, shares), (tokens // 2, dict(reversed(shares.items())))], sequence_length=8, batch=4, round_steps=5
    )
    source = {"read": {"kind": "jsonl", "paths": ["x"]}, "profile": "en", "license": "x"}
    tokenizer = {"kind": "file", "path": "x"}
    return Recipe.model_validate(
        {
            "name": "r",
            "tokenizer": tokenizer,
            "sources": dict.fromkeys(shares, source),
            "runs": {"cpt": run.model_dump()},
        }
    )


def test_phases_are_stretched_alike():
    run = make_run([(700, {"a": 1.0}), (300, {"b": 1.0})], sequence_length=8, batch=4, round_steps=5)
    assert [phase.tokens for phase in stretched(run, 12_345).phases] == [8_641, 3_704]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 9), st.integers(2, 20), st.integers(500, 50_000), st.integers(500, 50_000))
def test_keeping_the_fraction_matches_the_epochs(tenths, factor, one, two):
    recipe = recipe_of({"a": tenths / 10, "b": 1 - tenths / 10}, 16_000)
    pieces = {n: Piece(n, n, (), size * factor, None, "exact") for n, size in (("a", one), ("b", two))}
    target = at_target(recipe, budget_of(recipe, "cpt", pieces), 24_000 * factor)
    assert target.keep == pytest.approx(1 / factor)
    kept = {n: replace(p, tokens=round(p.tokens * target.keep)) for n, p in pieces.items()}
    for row in budget_of(recipe, "cpt", kept).rows:
        # Steps and sequences are whole, so the two agree to within a step and a sequence.
        assert row.epochs == pytest.approx(target.epochs[row.slice], abs=2 * 32 / row.unique)
