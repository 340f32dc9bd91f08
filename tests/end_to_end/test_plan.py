"""What a plan says before and after: the table is what the ledger then holds, to the token."""

import json

from small_run import headwater

from pipeline.stream.ledger import Ledger

ROOT = "work/small"


def planned(folder, *more):
    done = headwater(folder, "plan", "small.yaml", "--json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_table_is_what_the_ledger_holds(finished):
    plan = planned(finished)
    for run in ("base", "cpt"):
        held = {}
        for record in Ledger(finished / ROOT / "runs" / run / "ledger.jsonl"):
            for name, count in record.given.items():
                key = (name, record.phase)
                held[key] = held.get(key, 0) + count * record.sequence_length
        rows = [row for row in plan["rows"] if row["run"] == run]
        assert held == {(row["slice"], i): n for row in rows for i, n in enumerate(row["read"]) if n}
        assert plan["runs"][run]["read_from"] == "slices"
        assert plan["runs"][run]["sizes"].keys() == {"exact"}


def test_bytes_are_those_of_the_files(finished):
    disk = planned(finished)["runs"]["cpt"]["storage"]
    assert disk["ledger"] == {
        "bytes": (finished / ROOT / "runs/cpt/ledger.jsonl").stat().st_size,
        "basis": "exact",
    }
    slices = [path for path in (finished / ROOT / "stream/cpt").rglob("*") if path.is_file()]
    made = sum(path.stat().st_size for path in slices if path.name != "manifest.json")
    assert disk["slices"] == {"bytes": made, "basis": "exact"}
    # How many bins a packed source needs is known once its pack is made.
    assert (disk["tokens"]["basis"], disk["orders"]["basis"]) == ("exact", "estimate")


def test_before_anything_is_made_and_for_a_longer_run(finished, tmp_path):
    plan = planned(finished, "--root", str(tmp_path), "--target-tokens", "90K")
    assert plan["runs"]["cpt"]["target"] == {"tokens": 90_000, "keep": 0.1}
    assert plan["runs"]["cpt"]["sizes"] == {"unknown": 3}
    assert all(row["epochs"] is row["epochs_at_target"] is None for row in plan["rows"])


def test_a_target_that_is_no_amount(finished):
    done = headwater(finished, "plan", "small.yaml", "--target-tokens", "many")
    assert done.returncode == 2
    assert "'many' is not an amount" in done.stderr
