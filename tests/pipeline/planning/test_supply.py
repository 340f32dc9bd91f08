"""A supply is slices where the stream is made, and whole sources before that."""

from stream_world import World

from pipeline.planning.budget import budget_of
from pipeline.planning.supply import supply
from pipeline.recipe import load_recipe


def test_slices_of_a_fresh_stream_are_exact(sound_recipe, tmp_path):
    World(tmp_path, {"en-web": [700, 300], "zh-web": [500]})
    recipe = load_recipe(sound_recipe)
    pieces = supply(recipe, "cpt", tmp_path, {"stream/cpt"})
    assert {n: (p.tokens, p.documents, p.basis) for n, p in pieces.items()} == {
        "en-web": (1000, 2, "exact"),
        "zh-web": (500, 1, "exact"),
    }
    rows = budget_of(recipe, "cpt", pieces).rows
    assert [row.epochs for row in rows] == [244 * 1024 / 1000, 244 * 1024 / 500]


def test_a_stale_stream_does_not_count(sound_recipe, tmp_path):
    World(tmp_path / "made", {"en-web": [700, 300], "zh-web": [500]})
    pieces = supply(load_recipe(sound_recipe), "cpt", tmp_path, ())
    assert {n: (p.tokens, p.basis) for n, p in pieces.items()} == {
        "en-web": (2_000_000, "estimate"),
        "zh-web": (None, "unknown"),
    }
