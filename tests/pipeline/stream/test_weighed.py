"""Slices that mixtures name are looked up as soon as the stream that should hold them is there."""

import pytest
from cut_world import Source, stream_stage, write_source
from pydantic import TypeAdapter

from pipeline.cli import main
from pipeline.progress import Progress
from pipeline.recipe import load_recipe
from pipeline.stage import Where, make_stale
from pipeline.stream.buckets import AnyCut
from pipeline.stream.weighed import unknown_by_now, weighed_by

FEEDBACK = """kind: repetition_cap
          epochs: 4
          of:
            kind: perplexity_feedback
            of: {kind: static, shares: {both: 1.0}}
            sources: [en-web]
            weights: {"en-web/language=enn": 2, "en-web/language=fra": 1}"""


@pytest.fixture
def recipe(sound_recipe):
    text = sound_recipe.read_text().replace("slices: []", "slices: [language]")
    text = text.replace("kind: compression_ratio\n", "kind: language\n", 1)
    text = text.replace("    orders:\n      zh-web: {kind: ascending, signal: compression_ratio}\n", "")
    sound_recipe.write_text(text.replace("kind: static\n          shares: {both: 1.0}", FEEDBACK))
    return sound_recipe


def make_stream(root, cuts):
    labels = {"language": ["eng", "fra"], "topic": ["a", "b"]}
    sources = {name: Source([2, 3], labels) for name in ("en-web", "zh-web")}
    for name, source in sources.items():
        write_source(root, name, source)
    cuts = [TypeAdapter(AnyCut).validate_python(cut) for cut in cuts]
    make_stale((stream_stage(sources, cuts),), Where(root, progress=Progress(quiet=True)))


def test_names_are_found_through_wrappers(recipe):
    where = ("runs", "cpt", "phases", 0, "mixture", "of", "weights")
    assert weighed_by(load_recipe(recipe), "base") == ()
    assert weighed_by(load_recipe(recipe), "cpt") == (
        ((*where, "en-web/language=enn"), "en-web/language=enn"),
        ((*where, "en-web/language=fra"), "en-web/language=fra"),
    )


def test_before_there_is_a_stream_nothing_can_be_said(recipe, tmp_path):
    assert list(unknown_by_now(load_recipe(recipe), tmp_path)) == []


def test_a_stream_that_is_cut_in_another_way_says_nothing(recipe, tmp_path):
    make_stream(tmp_path, ["topic"])
    assert list(unknown_by_now(load_recipe(recipe), tmp_path)) == []


def test_check_names_file_line_and_field(recipe, tmp_path, capsys):
    make_stream(tmp_path / "root", ["language"])
    line = next(i for i, text in enumerate(recipe.read_text().splitlines(), start=1) if "language=enn" in text)
    assert main(["check", str(recipe), "--root", str(tmp_path / "root")]) == 2
    assert (
        f"{recipe}:{line}: runs.cpt.phases.0.mixture.of.weights.en-web/language=enn: no such slice; "
        "did you mean en-web/language=eng? (allowed: en-web/language=eng, en-web/language=fra)"
    ) in capsys.readouterr().err
