"""The facts of a plan, and what it warns of, on a small recipe whose numbers can be worked out by hand."""

import json
from dataclasses import asdict

import pytest

from pipeline import artifact
from pipeline.planning.fields import plan_fields
from pipeline.planning.text import as_text
from pipeline.recipe import load_recipe

STATIC = "kind: static\n          shares: {both: 1.0}"
EN = "{kind: static, shares: {en-web: 1.0}}"
ZH = "{kind: static, shares: {zh-web: 1.0}}"
EN_50K = ("tokens: 2M", "tokens: 50K")
ZH_1M = ("    license: CC0-1.0\ngroups", "    license: CC0-1.0\n    tokens: 1M\ngroups")
STEP, ROUND = 8 * 128, 32 * 8 * 128


@pytest.fixture
def plan(sound_recipe, tmp_path):
    """Return a function: mixture of the second run and changes -> the fields, its rows by slice, its warnings."""

    def make(mixture=STATIC, *changes, fresh=(), target=None):
        text = sound_recipe.read_text()
        for old, new in ((STATIC, mixture), *changes):
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "changed.yaml"
        path.write_text(text)
        fields = plan_fields(load_recipe(path), tmp_path, fresh, target)
        rows = {row["slice"]: row for row in fields["rows"] if row["run"] == "cpt"}
        return fields, rows, [text for text in fields["warnings"] if text.startswith("cpt")]

    return make


def test_a_sound_plan_warns_only_of_what_nobody_knows(plan):
    _, rows, told = plan()
    assert (rows["en-web"]["size"], rows["zh-web"]["size"]) == ("estimate", "unknown")
    assert len(told) == 1
    assert told[0].startswith("cpt: nobody knows the size of zh-web,")
    assert told[0].endswith("given as sources.zh-web.tokens")


def test_nothing_to_warn_of(plan):
    fields, rows, told = plan(STATIC, ZH_1M)
    assert told == []
    assert rows["en-web"]["epochs"] == 244 * STEP / 2e6
    assert rows["en-web"]["epoch_ends"] == []
    phase = fields["runs"]["cpt"]["phases"][0]
    assert (phase["read_tokens"], phase["first_read_tokens"], phase["epochs"]) == (488 * STEP, 488 * STEP, 1.0)


def test_repetition_and_exhaustion(plan):
    fields, rows, told = plan(STATIC, EN_50K, ZH_1M)
    assert told == [
        "cpt: more than 4 epochs of the same text rarely pay: en-web (5.0 times)",
        "cpt: phase 'bilingual' asks for more than is left unread of en-web (249,856 tokens, 50,000 unread); "
        "the rest is read again",
    ]
    assert rows["en-web"]["epoch_ends"][0] == {"epoch": 1, "tokens": 3 * ROUND + 13 * 128, "phase": 1}
    phase = fields["runs"]["cpt"]["phases"][0]
    assert phase["exhausted"] == ["en-web"]
    assert phase["first_read_tokens"] == phase["unique_tokens"] == 50_000 + 244 * STEP


def test_a_phase_that_comes_too_late(plan):
    phases = f"{EN}\n      - name: late\n        tokens: 16384\n        mixture: {EN}"
    fields, _, told = plan(phases, ("tokens: 2M", "tokens: 500K"))
    # 488 steps hold 499,712 of 500,000 tokens; the 16 steps after them find 288 unread.
    assert told == [
        "cpt: phase 'late' asks for more than is left unread of en-web (16,384 tokens, 288 unread); "
        "the rest is read again"
    ]
    assert [phase["first_read_tokens"] for phase in fields["runs"]["cpt"]["phases"]] == [499_712, 288]


def test_a_cap_that_is_reached(plan):
    _, rows, told = plan("{kind: repetition_cap, epochs: 2, of: {kind: static, shares: {both: 1.0}}}", EN_50K, ZH_1M)
    # Six rounds read 98,304 tokens of en-web; the seventh all but 32 of the 100,000.
    assert told[1] == (
        "cpt: en-web reaches its cap (epochs: 2) in phase 'bilingual', after 229,376 tokens; others take over its share"
    )
    assert rows["en-web"]["epochs"] <= 2 + 128 / 50_000


def test_a_cap_that_runs_dry_is_a_warning(plan):
    fields, _, told = plan(f"{{kind: repetition_cap, epochs: 2, of: {EN}}}", EN_50K)
    assert told[0].startswith(
        "cpt: cannot go on after 98,304 of 500,000 tokens: phase 'bilingual', after 98,304 tokens"
    )
    stop = fields["runs"]["cpt"]["stop"]
    assert (stop["phase"], stop["tokens"]) == (1, 98_304)


def test_caps_beside_unknown_sizes(plan):
    _, _, told = plan("{kind: repetition_cap, epochs: 2, of: {kind: static, shares: {both: 1.0}}}")
    assert told[1] == "cpt: the plan takes it that no repetition cap is reached by what is of unknown size"


def test_natural_shares_of_unknown_sizes(plan):
    fields, rows, told = plan("{kind: natural, sources: [en-web, zh-web]}")
    assert told[1] == "cpt: shares that follow unknown sizes are unknown too: en-web, zh-web"
    assert rows["en-web"]["phases"] == rows["en-web"]["read"] == [None]
    assert fields["runs"]["cpt"]["phases"][0]["read_tokens"] is None
    assert fields["runs"]["cpt"]["replay"]["shares"] == (None,)


def test_an_empty_source(plan):
    _, _, told = plan(STATIC, ("tokens: 2M", "tokens: 0"), ZH_1M)
    assert told[0].startswith("cpt: cannot go on after 0 of 500,000 tokens: phase 'bilingual': shares sum to 0.5")
    assert told[1] == "cpt: phase 'bilingual' names en-web, which has no tokens"


def test_a_phase_too_short_for_a_share(plan):
    # 8 sequences: 0.01 of them is none.
    _, _, told = plan(
        "{kind: static, shares: {en-web: 0.99, zh-web: 0.01}}",
        ("tokens: 0.5M\n        mixture", "tokens: 1024\n        mixture"),
        ZH_1M,
    )
    assert told == ["cpt: phase 'bilingual' is too short to give zh-web a single sequence"]


def test_replay_of_the_run_that_it_starts_from(plan):
    fields, _, _ = plan(STATIC, ZH_1M)
    assert fields["runs"]["cpt"]["replay"] == {"start": "base", "sources": ("en-web",), "shares": (0.5,)}
    assert fields["runs"]["base"]["replay"] is None


@pytest.mark.parametrize(("share", "much"), [(0.0, "nothing"), (0.04, "only 4.0%"), (0.05, None)])
def test_too_little_replay(plan, share, much):
    _, _, told = plan(f"{{kind: static, shares: {{en-web: {share}, zh-web: {1 - share}}}}}", ZH_1M)
    expected = (
        f"cpt: phase 'bilingual' reads {much} of what base had read (en-web); below about 5% of replay a model "
        "forgets (25 % for a new language)"
    )
    assert told == ([expected] if much else [])


CHECKPOINT = ("{kind: run, run: base}", "{kind: checkpoint, path: models/llama}")


def test_nobody_knows_what_a_checkpoint_read(plan):
    fields, _, told = plan(ZH, CHECKPOINT, ZH_1M)
    assert fields["runs"]["cpt"]["replay"] == {"start": "models/llama", "sources": (), "shares": (None,)}
    assert told == []


def test_unless_a_floor_says_it(plan):
    fields, _, told = plan(f"{{kind: replay_floor, sources: [en-web], share: 0.25, of: {ZH}}}", CHECKPOINT, ZH_1M)
    assert fields["runs"]["cpt"]["replay"]["sources"] == ("en-web",)
    assert fields["runs"]["cpt"]["replay"]["shares"] == pytest.approx([0.25])
    assert told == []


def test_a_floor_that_a_cap_breaks(plan):
    floor = f"{{kind: replay_floor, sources: [en-web], share: 0.5, of: {ZH}}}"
    _, _, told = plan(f"{{kind: repetition_cap, epochs: 1, of: {floor}}}", EN_50K, ZH_1M)
    assert told[0].startswith("cpt: en-web reaches its cap (epochs: 1) in phase 'bilingual', after 131,072 tokens")
    assert told[1].startswith(
        "cpt: phase 'bilingual' lets en-web fall to 0.0%, below the replay floor of 50.0%: another"
    )


def test_repetition_at_target_scale(plan):
    fields, rows, told = plan(STATIC, EN_50K, ZH_1M, target=5_000_000)
    assert fields["runs"]["cpt"]["target"] == {"tokens": 5_000_000, "keep": 0.1}
    # 4,883 steps, half of each.
    assert rows["en-web"]["epochs_at_target"] == pytest.approx(4883 * STEP / 2 / 50_000, abs=128 / 50_000)
    assert (rows["en-web"]["keep_tokens"], rows["zh-web"]["keep_tokens"]) == (5_000, 100_000)
    assert "cpt, at 5,000,000 tokens: more than 4 epochs of the same text rarely pay: en-web (50.0 times)" in told


def test_a_target_that_is_no_longer_than_the_run(plan):
    fields, rows, _ = plan(STATIC, EN_50K, ZH_1M, target=500_000)
    assert fields["runs"]["cpt"]["target"] is None
    assert "epochs_at_target" not in rows["en-web"]


def test_too_little_to_keep(plan):
    _, _, told = plan(STATIC, EN_50K, ZH_1M, target=500_000_000)
    assert told[-1] == "cpt: to repeat like the target it would keep less than one sequence of en-web"


def test_bytes_before_anything_is_made(plan):
    fields, _, _ = plan(STATIC, ZH_1M)
    disk = {name: (amount["bytes"], amount["basis"]) for name, amount in fields["runs"]["cpt"]["storage"].items()}
    # 3,000,000 tokens of 4 bytes and 3,000 documents of 44, beside 1 % that is held out.
    assert disk["tokens"] == (
        round((8_000_000 + 2_000 * 44) / 0.99) + round((4_000_000 + 1_000 * 44) / 0.99),
        "estimate",
    )
    # zh-web is sorted: its 1,000 documents have a signal and an order on disk.
    assert disk["slices"] == (2_000 * 20 + 1_000 * 28, "estimate")
    assert disk["orders"] == (1_000 * 16, "estimate")
    assert disk["own memory"] == (32 * 2**20 + 1_000 * 40, "estimate")
    assert disk["mapped memory"] == (disk["slices"][0] + 1_000 * 16, "estimate")


def test_unknown_sizes_have_no_bytes(plan):
    fields, _, _ = plan()
    disk = fields["runs"]["cpt"]["storage"]
    assert disk["tokens"] == disk["slices"] == disk["orders"] == {"bytes": None, "basis": "unknown"}


def publish(folder, counts, files):
    folder.mkdir(parents=True)
    entries = tuple(artifact.FileEntry(name, size, "") for name, size in files.items())
    manifest = artifact.Manifest("tokens", 1, {}, {}, "", counts, entries)
    (folder / artifact.MANIFEST).write_text(json.dumps(asdict(manifest)))


def test_what_is_tokenised_is_exact_only_while_fresh(plan, tmp_path):
    counts = {"train_tokens": 123_456, "train_documents": 77}
    publish(tmp_path / "tokens/zh-web", counts, {"train-00000.bin": 500_000, "documents.parquet": 3_000})
    fields, rows, told = plan(fresh=["tokens/zh-web"])
    assert (rows["zh-web"]["unique_tokens"], rows["zh-web"]["size"]) == (123_456, "exact")
    assert fields["runs"]["cpt"]["sizes"] == {"exact": 1, "estimate": 1}
    assert fields["runs"]["cpt"]["storage"]["orders"] == {"bytes": 77 * 16 * 3, "basis": "exact"}
    assert not any("nobody knows" in text for text in told)
    assert plan()[1]["zh-web"]["size"] == "estimate"


def test_the_text_says_what_the_fields_say(plan):
    fields, rows, _ = plan(STATIC, EN_50K, ZH_1M, target=5_000_000)
    whole = {"recipe": "small", "description": "", "compute": {}, "stages": [], "synthesis": {}, **fields}
    whole["compute"] = {run: {"steps": 1, "tokens_per_step": STEP} for run in fields["runs"]}
    lines = as_text(whole).splitlines()
    (line,) = [line.split() for line in lines[lines.index("", 3) :] if line.startswith("  en-web")]
    assert line == ["en-web", "250.000", "250.000", "50.00", "~50.000", "5.00", "99.968", "50.00", "5.000"]
    assert [line.removeprefix("warning: ") for line in lines if line.startswith("warning: ")] == fields["warnings"]
    assert rows["en-web"]["epoch_ends"][0]["tokens"] == 99_968
    assert "  replay of base: 50.0% by phase (en-web)" in lines


def test_the_text_of_unknown_shares(plan):
    fields, _, _ = plan("{kind: natural, sources: [en-web, zh-web]}")
    whole = {"recipe": "small", "description": "", "stages": [], "synthesis": {}, **fields}
    whole["compute"] = {run: {"steps": 1, "tokens_per_step": STEP} for run in fields["runs"]}
    line = [line.split() for line in as_text(whole).splitlines() if line.startswith("  en-web")][1]
    assert line == ["en-web", "?", "?", "?", "~2,000.000", "?", "?"]
