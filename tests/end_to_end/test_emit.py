"""A run's stream as shards, from the command line: what was trained, and what would be, are the same bytes."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
from small_run import headwater

from pipeline.artifact import read_manifest
from pipeline.stream.open_run import open_run
from pipeline.tokens.read import TokenFile

ROOT = "work/small"


def test_emits_what_was_trained_and_what_would_be(finished, tmp_path):
    done = headwater(finished, "emit", "small.yaml", "--out", str(tmp_path / "trained"), "--shards", "2")
    assert done.returncode == 0, done.stderr
    assert "2 shards" in done.stdout
    reader = open_run(finished / ROOT / "runs" / "cpt").reader
    expected = reader.tokens(0, reader.ledger.last().end)
    shards = [TokenFile(tmp_path / "trained" / f"stream-0000{number}") for number in range(2)]
    rows = [shard.document(number) for shard in shards for number in range(len(shard))]
    assert (np.stack(rows) == expected).all()
    assert headwater(finished, "verify", str(tmp_path / "trained")).returncode == 0
    # The table says what trace says.
    lines = headwater(finished, "trace", f"{ROOT}/runs/cpt", "--step", "3:4", "--json").stdout.splitlines()
    asked = [("position", ">=", 16), ("position", "<", 32)]
    table = pq.read_table(tmp_path / "trained" / "origins", filters=asked).to_pylist()
    said = [
        (use["sequence"], use["slice"], use["epoch"], use["document"], use["first_token"], use["tokens"])
        for use in map(json.loads, lines)
    ]
    names = ("position", "slice", "epoch", "document", "first_token", "tokens")
    assert [tuple(row[name] for name in names) for row in table] == said
    again = headwater(finished, "emit", "small.yaml", "--out", str(tmp_path / "trained"), "--shards", "2")
    assert "already there" in again.stdout
    # Nobody trained: the same order, derived.
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(finished, elsewhere, ignore=shutil.ignore_patterns("runs", "models", "evaluations"))
    done = headwater(elsewhere, "emit", "small.yaml", "--out", str(tmp_path / "derived"), "--shards", "2")
    assert done.returncode == 0, done.stderr
    one, other = (read_manifest(tmp_path / name).files for name in ("trained", "derived"))
    assert [file for file in one if file.path != "ledger.jsonl"] == [
        file for file in other if file.path != "ledger.jsonl"
    ]


def test_refuses_what_cannot_be(finished, tmp_path):
    for arguments, message in [
        (("--run", "ctp"), "--run ctp: the recipe has no such run; did you mean cpt"),
        (("--steps", "5-9"), "--steps: found '5-9'"),
        (("--steps", "5:99999"), "the ledger holds steps 1 to"),
        (("--shards", "0"), "1 or more"),
        (("--shard-tokens", "many"), "--shard-tokens"),
    ]:
        done = headwater(finished, "emit", "small.yaml", "--out", str(tmp_path / "out"), *arguments)
        assert done.returncode == 2
        assert message in done.stderr
    recipe = (
        (finished / "small.yaml").read_text().replace("chinese: 0.2", "chinese: 0.1").replace("help: 0.8", "help: 0.9")
    )
    (finished / "other.yaml").write_text(recipe)
    done = headwater(finished, "emit", "other.yaml", "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "was trained with other settings" in done.stderr
