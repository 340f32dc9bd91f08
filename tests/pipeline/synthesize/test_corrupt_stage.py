"""A source whose questions are another source's, some of them spoilt, as part of a recipe."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from labelled_world import quiet
from synthesis_world import stage_for

from pipeline.artifact import read_manifest, sha256_of
from pipeline.cli import main
from pipeline.errors import UserError
from pipeline.plan import make_plan
from pipeline.recipe import load_recipe
from pipeline.stream.descendants import descendants
from pipeline.synthesize.corrupt_stage import CorruptStage
from pipeline.synthesize.corrupted import Corrupted
from pipeline.synthesize.corruption import WAYS

RECIPE = """
name: r
seed: 3
tokenizer: {kind: train, vocabulary_size: 300, sources: [made]}
clean: {filters: [], repairs: []}
sources:
  made: {read: {kind: synthetic, documents: 60, synthesizer: {kind: arithmetic}}, profile: qa, license: CC0-1.0}
  spoilt: {read: {kind: corrupted, source: made, rate: 0.3}, profile: qa, license: CC0-1.0}
runs:
  one:
    start:
      kind: architecture
      architecture: {num_layers: 1, hidden_size: 32, feed_forward_size: 64, num_heads: 2, num_key_value_heads: 2,
        vocabulary_size: 300, max_sequence_length: 64, tie_embeddings: true}
    phases: [{name: all, tokens: 1K, mixture: {kind: static, shares: {spoilt: 1}}}]
    sequence_length: 64
    batch: 4
    learning_rate: {kind: warmup_constant, peak: 1.0e-3, warmup: 1K}
"""
SPOILT_FROM_WRITTEN_FROM_SPOILT = """source: written, rate: 0.3}, profile: qa, license: CC0-1.0}
  written:
    read: {kind: model_written, corpus: spoilt, quotas: {all: 100}, generator: {url: "http://a/v1", model: m},
      budget: {requests: 1}}
    profile: qa
    license: CC0-1.0
"""


def write(folder, *changes):
    text = RECIPE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "r.yaml").write_text(text)
    return folder / "r.yaml"


def made(folder, monkeypatch, *changes):
    monkeypatch.chdir(folder)
    write(folder, *changes)
    arguments = ["run", "r.yaml", "--only", "corpus/made", "--only", "corpus/spoilt", "--only", "corrupted/spoilt"]
    assert main([*arguments, "--workers", "1"]) == 0
    return folder / "work" / "r"


def solutions(root):
    table = pq.read_table(root / "corrupted" / "spoilt" / "documents.parquet").to_pylist()
    return {row["question"]: (row["solution"], row["spoilt_by"], row["sound_solution"]) for row in table}


def test_the_stated_share_is_spoilt_and_counted_and_the_rest_is_what_the_source_has(tmp_path, monkeypatch):
    root = made(tmp_path, monkeypatch)
    manifest = read_manifest(root / "corrupted" / "spoilt")
    rows = pq.read_table(root / "corrupted" / "spoilt" / "documents.parquet").to_pylist()
    sound = {row["text"] for row in pq.read_table(root / "corpus" / "made" / "documents").to_pylist()}
    spoilt = [row for row in rows if row["spoilt_by"]]
    assert (manifest.counts["documents"], manifest.counts["asked_to_spoil"], manifest.counts["spoilt"]) == (60, 18, 18)
    assert manifest.counts["spoilt_by"] == {way: sum(row["spoilt_by"] == way for row in rows) for way in WAYS}
    assert len(spoilt) == 18
    for row in rows:
        assert row["text"] == f"{row['question']}\n{row['solution']}"
        assert f"{row['question']}\n{row['sound_solution'] or row['solution']}" in sound
        assert row["made_by"].endswith(f" spoilt:{row['spoilt_by']}") == (row["spoilt_by"] is not None)
        assert (row["sound_solution"] not in (None, row["solution"])) == (row["spoilt_by"] is not None)
    cleaned = pq.read_table(root / "corpus" / "spoilt" / "documents").to_pylist()
    assert {row["text"] for row in cleaned} <= {row["text"] for row in rows}
    assert sum(" spoilt:" in row["made_by"] for row in cleaned) > 0


def test_a_higher_rate_spoils_the_same_and_more_and_a_rate_of_none_nothing(tmp_path, monkeypatch):
    rates = {}
    for rate in ("0", "0.3", "1"):
        (tmp_path / rate).mkdir()
        rates[rate] = solutions(made(tmp_path / rate, monkeypatch, ("rate: 0.3", f"rate: {rate}")))
    assert {way for _, way, _ in rates["0"].values()} == {None}
    assert all(rates["1"][question] == found for question, found in rates["0.3"].items() if found[1])
    assert all(way for _, way, _ in rates["1"].values())


def test_the_same_bytes_again_and_made_anew_only_for_what_decides_them(tmp_path, monkeypatch):
    first = sha256_of(made(tmp_path, monkeypatch) / "corrupted" / "spoilt" / "documents.parquet")
    (tmp_path / "again").mkdir()
    again = made(tmp_path / "again", monkeypatch) / "corrupted" / "spoilt" / "documents.parquet"
    assert sha256_of(again) == first

    def fingerprint(*changes):
        plan = make_plan(load_recipe(write(tmp_path, *changes)), tmp_path, tmp_path)
        return next(stage for stage in plan.stages if stage.name == "corrupted/spoilt").fingerprint()

    assert fingerprint(("name: r", "name: other")) == fingerprint()
    for change in (
        ("rate: 0.3", "rate: 0.4"),
        ("rate: 0.3", "rate: 0.3, ways: [numbers_replaced]"),
        ("documents: 60", "documents: 61"),
        ("seed: 3", "seed: 4"),
    ):
        assert fingerprint(change) != fingerprint()


def test_what_a_page_gave_is_found_down_to_the_spoilt_questions(tmp_path):
    written = {"id": "a", "question": "Q", "solution": "It is 5.", "discipline": "x", "license": "", "url": ""}
    table = pa.Table.from_pylist([{**written, "parents": ["science/1"], "made_by": "m"}])
    (tmp_path / "synthetic" / "qa").mkdir(parents=True)
    pq.write_table(table, tmp_path / "synthetic" / "qa" / "documents.parquet")
    (tmp_path / "corrupted" / "spoilt").mkdir(parents=True)
    stage = CorruptStage("spoilt", Corrupted(source="qa", rate=1), stage_for(tmp_path, "http://a/v1"))
    assert stage.run(tmp_path / "corrupted" / "spoilt", quiet(tmp_path))["spoilt"] == 1
    found = {(each.artifact, each.id): each.parents for each in descendants(tmp_path, "science/1")}
    assert found == {("synthetic/qa", "a"): ("science/1",), ("corrupted/spoilt", "a"): ("science/1", "qa/a")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("source: made", "source: mad"), "sources.spoilt.read.source: no such source: mad; did you mean made?"),
        (
            ("source: made", "source: spoilt"),
            "spoilt is of kind corrupted; questions are made by sources of kind model_written or synthetic",
        ),
        (("rate: 0.3", "rate: 30"), "r.yaml:8: sources.spoilt.read.rate: found 30"),
        (("rate: 0.3", "rate: 0.3, ways: [numbers]"), "sources.spoilt.read.ways"),
        (("rate: 0.3", "rate: 0.3, ways: [answers_swapped, answers_swapped]"), "one of them is named twice"),
        (
            ("source: made, rate: 0.3}, profile: qa, license: CC0-1.0}\n", SPOILT_FROM_WRITTEN_FROM_SPOILT),
            "sources.written.read: is made from itself: synthetic/written needs corpus/spoilt needs synthetic/written",
        ),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path, change, words):
    with pytest.raises(UserError) as error:
        load_recipe(write(tmp_path, change))
    assert words in str(error.value)


def test_the_plan_and_show_tell_of_it(tmp_path, monkeypatch, capsys):
    root = made(tmp_path, monkeypatch)
    capsys.readouterr()
    assert main(["show", str(root / "corrupted" / "spoilt")]) == 0
    assert "asked_to_spoil: 18\n  spoilt: 18\n  spoilt_by:\n    numbers_replaced: " in capsys.readouterr().out
    assert main(["plan", "r.yaml", "--json"]) == 0
    states = {stage["stage"]: stage["state"] for stage in json.loads(capsys.readouterr().out)["stages"]}
    assert states["corrupted/spoilt"] == "fresh"
