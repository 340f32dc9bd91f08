"""Mistakes inside a section are told as ``file:line: field: found, allowed``, all of them."""

# ruff: noqa: E501 (a row of the table is one line, however long its message)

import pytest

from pipeline.errors import UserError
from pipeline.recipe import load_recipe


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("seed: 1", "sead: 1", "recipe.yaml:2: sead: unknown key; did you mean seed? (allowed: clean, "),
        (
            "peak: 1e-4",
            "peak: 1e-4, warm_up: 1M",
            "recipe.yaml:50: runs.cpt.learning_rate.warm_up: unknown key; did you mean warmup?",
        ),
        ("peak: 1e-4", "warmup: 1K", "recipe.yaml:50: runs.cpt.learning_rate.peak: is missing"),
        (
            "kind: wsd",
            "kind: wds",
            "recipe.yaml:36: runs.base.learning_rate: unknown kind 'wds'; did you mean wsd? (allowed: cosine, cycles, decay_now, infinite, warmup_constant, wsd)",
        ),
        ("{kind: wsd, peak", "{peak", "recipe.yaml:36: runs.base.learning_rate: kind is missing (allowed: "),
        (
            "kind: static",
            "kind: statik",
            "recipe.yaml:31: runs.base.phases.0.mixture: unknown kind 'statik'; did you mean static?",
        ),
        (
            "shares: {both: 1.0}",
            "shares: {both: 0.7}",
            "recipe.yaml:44: runs.cpt.phases.0.mixture.shares: the shares sum to 0.7; shares are fractions of tokens and sum to 1",
        ),
        (
            "shares: {both: 1.0}",
            "shares: {both: -1.0}",
            "recipe.yaml:44: runs.cpt.phases.0.mixture.shares.both: found -1.0; input should be greater than or equal to 0",
        ),
        (
            "tokens: 1M",
            "tokens: -1M",
            "recipe.yaml:30: runs.base.phases.0.tokens: '-1M' is negative; an amount of tokens is 0 or more",
        ),
        (
            "tokens: 1M",
            "tokens: 1 million",
            "recipe.yaml:30: runs.base.phases.0.tokens: '1 million' is not an amount; write 7.5B",
        ),
        ("tokens: 1M", "tokens: 0", "recipe.yaml:30: runs.base.phases.0.tokens: "),
        ("name: small", "name: Small one", "recipe.yaml:1: name: found 'Small one'; string should match pattern"),
        ("name: small", "name: 3", "recipe.yaml:1: name: found 3; text is needed"),
        ("kind: jsonl", "kind: json", "recipe.yaml:6: sources.en-web.read: unknown kind 'json'; did you mean jsonl?"),
        ("[en.jsonl]", "en.jsonl", "recipe.yaml:6: sources.en-web.read.paths: found 'en.jsonl'; a list is needed"),
        ("[en.jsonl]", "[]", "recipe.yaml:6: sources.en-web.read.paths: is empty; at least one entry is needed"),
        ("  zh-web:\n", "  ZH web:\n", "recipe.yaml:10: sources.ZH web: found 'ZH web'; string should match pattern"),
        (
            "profile: zh",
            "profile: cn",
            "recipe.yaml:12: sources.zh-web.profile: found 'cn' (allowed: code, en, mail, mathematics, qa, zh)",
        ),
        (
            "    license: CC0-1.0\n    tokens: 2M\n",
            "    tokens: 2M\n",
            "recipe.yaml:5: sources.en-web.license: is missing: licence of the text; travels to the report, "
            "such as CC-BY-4.0",
        ),
        (
            "    batch: 8\n    learning_rate: {kind: wsd, peak: 1e-3}",
            "    batch: 8\n    max_steps: 9\n    learning_rate: {kind: wsd, peak: 1e-3}",
            "recipe.yaml:36: runs.base.max_steps: unknown key; a recipe says that by phases.tokens (allowed here: attention, batch, ",
        ),
        (
            "{kind: file, path: tokenizer.json}",
            "tokenizer.json",
            "recipe.yaml:3: tokenizer: found 'tokenizer.json'; a mapping is needed",
        ),
        (
            "num_key_value_heads: 2",
            "num_key_value_heads: 3",
            "recipe.yaml:26: runs.base.start.architecture: num_key_value_heads: 3 does not divide num_heads 4",
        ),
        (
            "license: CC0-1.0",
            "licence: CC0-1.0",
            "recipe.yaml:8: sources.en-web.licence: unknown key; did you mean license?",
        ),
        (
            "peak: 1e-3",
            "peak: .inf",
            "recipe.yaml:36: runs.base.learning_rate.peak: found inf; input should be a finite number",
        ),
        ("batch: 8", "batch: 8\n    batch: 16", "recipe.yaml:36: runs.base.batch: written twice; first on line 35"),
    ],
)
def test_one_mistake(problems_of, old, new, told):
    lines = problems_of((old, new))
    assert any(line.startswith(told) for line in lines), lines


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: static", "kind: statik"),
        ("tokens: 1M", "tokens: -1M"),
        ("[en.jsonl]", "[]"),
        ("shares: {both: 1.0}", "shares: {both: 0.7}"),
    ],
)
def test_one_mistake_is_told_once(problems_of, old, new):
    assert len(problems_of((old, new))) == 1


# The mixture of run cpt stands on lines 43 to 49.
NESTED = """kind: replay_floor
          sources: [en-web]
          share: 0.25
          of:
            kind: repetition_cap
            epochs: 4
            of: {kind: static, shares: {both: 1.0}}"""
PLAIN = "kind: static\n          shares: {both: 1.0}"
INSIDE = "runs.cpt.phases.0.mixture"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "kind: replay_floor",
            "kind: replay_flor",
            f"42: {INSIDE}: unknown kind 'replay_flor'; did you mean replay_floor? (allowed: natural, perplexity_feedback, ramp, ",
        ),
        (
            "[en-web]\n",
            "[en-wob]\n",
            f"44: {INSIDE}.sources.0: no such source or group; did you mean en-web? (allowed: both, en-web, zh-web)",
        ),
        ("[en-web]\n", "[]\n", f"44: {INSIDE}.sources: is empty; at least one entry is needed"),
        ("share: 0.25", "share: 2", f"45: {INSIDE}.share: found 2; input should be less than or equal to 1"),
        ("share: 0.25", "shares: 0.25", f"45: {INSIDE}.shares: unknown key; did you mean share?"),
        (
            "kind: repetition_cap",
            "kind: repetition",
            f"46: {INSIDE}.of: unknown kind 'repetition'; did you mean repetition_cap?",
        ),
        (
            "epochs: 4",
            "epoch: 4",
            f"48: {INSIDE}.of.epoch: unknown key; did you mean epochs? (allowed: epochs, freed, kind, of, per)",
        ),
        ("epochs: 4", "epochs: four", f"48: {INSIDE}.of.epochs: found 'four'; input should be a valid number"),
        (
            "epochs: 4",
            "epochs: 4\n            freed: within",
            f"49: {INSIDE}.of.freed: found 'within'; did you mean within_source? (allowed: everyone, "
            "within_source)",
        ),
        ("{kind: static, shares", "{shares", f"49: {INSIDE}.of.of: kind is missing (allowed: natural, "),
        ("both: 1.0}}", "both: 0.7}}", f"49: {INSIDE}.of.of.shares: the shares sum to 0.7"),
        ("both: 1.0}}", "bath: 1.0}}", f"49: {INSIDE}.of.of.shares.bath: no such source or group; did you mean both?"),
        (
            "of: {kind: static, shares: {both: 1.0}}",
            "of: static",
            f"49: {INSIDE}.of.of: found 'static'; a mapping is needed",
        ),
        (
            "{kind: static, shares: {both: 1.0}}",
            "{kind: steps, steps: [{at: 0, shares: {both: 1.0}}, {at: 0, shares: {both: 1.0}}]}",
            f"49: {INSIDE}.of.of.steps: the steps are at [0.0, 0.0]; the first is at 0",
        ),
        (
            "{kind: static, shares: {both: 1.0}}",
            "{kind: steps, steps: [{at: 0, shares: {both: 0.5}}]}",
            f"49: {INSIDE}.of.of.steps.0.shares: the shares sum to 0.5",
        ),
        (
            "{kind: static, shares: {both: 1.0}}",
            "{kind: ramp, start: {both: 1.0}, end: {en-wob: 1.0}}",
            f"49: {INSIDE}.of.of.end.en-wob: no such source or group; did you mean en-web?",
        ),
        ("of: {kind: static, shares: {both: 1.0}}", "per: slice", f"46: {INSIDE}.of.of: is missing"),
    ],
)
def test_one_mistake_in_a_nested_mixture(problems_of, old, new, told):
    lines = problems_of((PLAIN, NESTED.replace(old, new, 1)))
    assert any(line.startswith(f"recipe.yaml:{told}") for line in lines), lines


def test_all_mistakes_are_told_at_once(problems_of):
    lines = problems_of(
        ("seed: 1", "sead: 1"),
        ("kind: jsonl", "kind: json"),
        ("profile: zh", "profile: cn"),
        ("tokens: 1M", "tokens: -1M"),
        ("batch: 8", "batch: 8\n    batch: 16"),
        ("peak: 1e-4", "warmup: 1K"),
    )
    assert sorted(int(line.split(":")[1]) for line in lines) == [2, 6, 12, 30, 36, 51]


@pytest.mark.parametrize("text", ["- a\n", "x\n", "3\n"])
def test_a_file_that_holds_no_mapping(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"recipe.yaml:1: recipe: found .*; a mapping is needed"):
        load_recipe(path)


def test_an_experiment_is_no_recipe_and_a_tab_is_no_indent(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("name: x\nfactors: {}\n")
    with pytest.raises(UserError, match="an experiment, and a recipe is needed here; `headwater tune` takes"):
        load_recipe(path)
    path.write_text("name: x\nsources:\n\ta: 1\n")
    with pytest.raises(UserError, match=r"x.yaml:3: not valid YAML: found character .*; indent with spaces"):
        load_recipe(path)
