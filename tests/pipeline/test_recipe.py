"""A recipe is one frozen object, and every broken reference in it is found."""

import pytest
from pydantic import ValidationError

from curricula.ascending import Ascending
from curricula.random_order import Random
from pipeline.recipe import load_recipe


def test_a_sound_recipe_loads(sound_recipe):
    recipe = load_recipe(sound_recipe)
    assert recipe.runs["base"].tokens == 1_000_000
    assert recipe.runs["cpt"].order_of("zh-web") == Ascending(signal="compression_ratio")
    assert recipe.runs["cpt"].order_of("en-web") == Random()
    assert recipe.sources["zh-web"].tokens is None


def test_it_is_frozen(sound_recipe):
    recipe = load_recipe(sound_recipe)
    with pytest.raises(ValidationError):
        recipe.seed = 2
    with pytest.raises(ValidationError):
        recipe.runs["base"].batch = 2


def test_it_survives_json(sound_recipe):
    recipe = load_recipe(sound_recipe)
    assert type(recipe).model_validate_json(recipe.model_dump_json()) == recipe


def test_the_same_text_is_the_same_recipe_and_its_place_does_not_matter(sound_recipe, tmp_path):
    other = tmp_path / "elsewhere" / "copy.yaml"
    other.parent.mkdir()
    other.write_text("# a comment changes nothing\n" + sound_recipe.read_text())
    assert load_recipe(other) == load_recipe(sound_recipe)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "shares: {en-web: 1.0}",
            "shares: {en-wab: 1.0}",
            "recipe.yaml:33: runs.base.phases.0.mixture.shares.en-wab: no such source or group; did you mean en-web? "
            "(allowed: both, en-web, zh-web)",
        ),
        (
            "    zh-web: 0.5",
            "    zh-wob: 0.5",
            "recipe.yaml:17: groups.both.zh-wob: no such source or group; did you mean zh-web? "
            "(allowed: en-web, zh-web)",
        ),
        (
            "    zh-web: 0.5",
            "    zh-web: 0.4",
            "recipe.yaml:15: groups.both: the shares sum to 0.9; shares inside a group sum to 1",
        ),
        ("slices: []", "slices: [topic]", "recipe.yaml:21: slices.0: no label makes the column topic"),
        (
            "signal: compression_ratio",
            "signal: compression",
            "recipe.yaml:46: runs.cpt.orders.zh-web.signal: no label makes the column compression; "
            "did you mean compression_ratio?",
        ),
        (
            "      zh-web: {kind: ascending",
            "      zh-wob: {kind: ascending",
            "recipe.yaml:46: runs.cpt.orders.zh-wob: no such source; did you mean zh-web?",
        ),
        (
            "run: base}",
            "run: cpt}",
            "recipe.yaml:38: runs.cpt.start.run: no run above this one is called cpt (allowed: base)",
        ),
        ("micro_batch: 4", "micro_batch: 3", "recipe.yaml:49: runs.cpt.micro_batch: 3 does not divide batch 8"),
        (
            "tokens: 1M",
            "tokens: 1000",
            "recipe.yaml:30: runs.base.phases.0.tokens: 1000 tokens are less than one step of 1024 tokens",
        ),
        ("kind: compression_ratio", "kind: length", "recipe.yaml:20: labels.1: length is computed twice"),
    ],
    ids=["mixture", "group", "group-sum", "slices", "signal", "order", "start", "micro-batch", "too-short", "twice"],
)
def test_broken_references(problems_of, old, new, told):
    assert any(line.startswith(told) for line in problems_of((old, new))), problems_of((old, new))


def test_a_tokenizer_learns_from_known_sources(problems_of):
    change = ("{kind: file, path: tokenizer.json}", "{kind: train, vocabulary_size: 512, sources: [en-web, de-web]}")
    (line,) = problems_of(change)
    assert line.startswith("recipe.yaml:3: tokenizer.sources.1: no such source; did you mean en-web?")


def test_groups_do_not_contain_themselves(problems_of):
    cycle = "groups:\n  first: {second: 1.0}\n  second: {en-web: 0.5, first: 0.5}\n"
    lines = problems_of(("groups:\n", cycle))
    assert lines == [
        "recipe.yaml:15: groups.first.second: group first contains itself",
        "recipe.yaml:16: groups.second.first: group second contains itself",
    ]


def test_a_group_may_hold_groups_and_is_not_named_like_a_source(problems_of):
    lines = problems_of(("groups:\n", "groups:\n  outer: {both: 1.0}\n  en-web: {zh-web: 1.0}\n"))
    assert lines == ["recipe.yaml:16: groups.en-web: is also the name of a source; a name means one thing"]


def test_all_broken_references_are_reported_at_once(problems_of):
    lines = problems_of(
        ("shares: {en-web: 1.0}", "shares: {en-wab: 1.0}"),
        ("run: base}", "run: none}"),
        ("slices: []", "slices: [topic]"),
        ("micro_batch: 4", "micro_batch: 3"),
    )
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("cuts", "told"),
    [
        (
            "[characters]",
            "slices.0: characters holds numbers, and every number would be a slice of its own; name buckets: "
            "{column: characters, quantiles: 4} or {column: characters, edges: [...]}",
        ),
        ("[{column: language, quantiles: 4}]", "slices.0: language holds words, which have no buckets; write language"),
        ("[{column: carracters, quantiles: 4}]", "slices.0: no label makes the column carracters; did you mean char"),
        ("[language, language]", "slices.1: language cuts already; a column cuts once"),
        ("[{column: units, quantile: 4}]", "slices.0.quantile: unknown key; did you mean quantiles?"),
        ("[{column: units, quantiles: 1}]", "slices.0.quantiles: found 1; input should be greater than or equal to 2"),
        ("[{column: units, edges: [2, 1]}]", "slices.0.edges: the edges are [2.0, 1.0]; each is larger than the one"),
        ("[{column: units, edges: [2], quantiles: 3}]", "slices.0: quantiles and edges are two ways to make buckets"),
        ("[{quantiles: 4}]", "slices.0.column: is missing"),
        ("[4]", "slices.0: found 4; a mapping is needed"),
    ],
)
def test_cuts_that_are_refused(problems_of, cuts, told):
    (line,) = problems_of(("slices: []", f"slices: {cuts}"), ("kind: compression_ratio", "kind: language"), ORDERLESS)
    assert line.partition(": ")[2].startswith(told), line


ORDERLESS = ("    orders:\n      zh-web: {kind: ascending, signal: compression_ratio}\n", "")


def test_a_run_that_reads_everything_has_every_source(sound_recipe):
    text = sound_recipe.read_text()
    recipe = load_recipe(sound_recipe)
    assert recipe.read_by("base") == ("en-web",)
    static, natural = "kind: static\n          shares: {en-web: 1.0}", "kind: natural\n          sources: all"
    sound_recipe.write_text(text.replace(static, natural))
    recipe = load_recipe(sound_recipe)
    assert recipe.read_by("base") == ("en-web", "zh-web")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("every", "found 'every'; a list of sources and groups is needed, or all"),
        ("[]", "is empty; at least one source or group is needed, or all"),
        ("[all]", "no such source or group (allowed: both, en-web, zh-web)"),
        ("[en-web, 3]", "found 3; text is needed"),
        ("", "found nothing; a list is needed"),
    ],
)
def test_sources_that_are_refused(problems_of, written, told):
    natural = f"kind: natural\n          sources: {written}"
    (line,) = problems_of(("kind: static\n          shares: {en-web: 1.0}", natural))
    assert "runs.base.phases.0.mixture.sources" in line
    assert told in line


def test_cuts_are_written_as_they_were_read(sound_recipe):
    text = sound_recipe.read_text().replace("slices: []", "slices: [{column: units, quantiles: 4}]")
    sound_recipe.write_text(text)
    recipe = load_recipe(sound_recipe)
    assert recipe.slices[0].names[0] == "q1of4"
    assert recipe.model_dump(mode="json")["slices"] == [{"column": "units", "quantiles": 4}]
    assert type(recipe).model_validate_json(recipe.model_dump_json()) == recipe


FEEDBACK = """kind: perplexity_feedback
          of: {kind: static, shares: {both: 1.0}}
          sources: [en-web]
          weights: {WEIGHTS}"""


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ('"en-wob/units=q1of4": 2', "no such slice: en-wob is no source; did you mean en-web?"),
        ('"en-web/topic=law": 2', "no such slice: slices of en-web are called en-web/units=..."),
        ('"en-web": 2', "no such slice: slices of en-web are called en-web/units=..."),
        ('"en-web/units=q5of4": 2', "no such slice: units has no bucket q5of4; did you mean q"),
    ],
)
def test_weights_name_slices_that_can_exist(problems_of, weights, told):
    mixture = FEEDBACK.replace("WEIGHTS", weights)
    (line,) = problems_of(
        ("slices: []", "slices: [{column: units, quantiles: 4}]"),
        ("kind: static\n          shares: {both: 1.0}", mixture),
    )
    assert "runs.cpt.phases.0.mixture.weights." in line
    assert told in line
