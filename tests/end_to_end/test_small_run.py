"""What a user sees after one run: a table, a model that generates, an order that can be checked and traced."""

import json
import math

import pytest
import torch
from small_run import headwater
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = "work/small"


def test_prints_a_table_and_where_things_lie(finished):
    printed = (finished / "printed.txt").read_text()
    for word in ("help", "chinese", "report.html", "models/cpt", "ledger.jsonl"):
        assert word in printed


def test_second_run_does_nothing(finished):
    again = headwater(finished, "run", "small.yaml")
    assert again.returncode == 0
    assert "fresh; nothing to do" in again.stdout
    assert again.stdout.splitlines()[1:] == (finished / "printed.txt").read_text().splitlines()


def test_exported_model_generates_and_its_logits_match(finished):
    folder = finished / ROOT / "models" / "cpt"
    assert json.loads((folder / "parity.json").read_text())["max_logit_difference"] <= 1e-4
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer("The ", return_tensors="pt").input_ids
    with torch.no_grad():
        assert model.generate(tokens, max_new_tokens=8, do_sample=False).shape == (1, tokens.shape[1] + 8)


def test_two_implementations_agree_on_the_held_out_loss(finished):
    evaluated = json.loads((finished / ROOT / "evaluations/cpt/evaluation.json").read_text())["slices"]
    lines = (finished / ROOT / "runs/cpt/validation.jsonl").read_text().splitlines()
    before, after = json.loads(lines[0])["loss"], json.loads(lines[-1])["loss"]
    for row in evaluated:
        assert math.isclose(row["base"]["loss"], before[row["slice"]], abs_tol=1e-4)
        assert math.isclose(row["after"]["loss"], after[row["slice"]], abs_tol=1e-4)


def test_learns_something(finished):
    lines = [json.loads(line) for line in (finished / ROOT / "runs/base/metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["loss"] < lines[0]["loss"] - 0.3


def test_verify_reads_every_step_again(finished):
    done = headwater(finished, "verify", f"{ROOT}/runs/cpt", "--samples", "0")
    assert done.returncode == 0, done.stderr
    assert "sound" in done.stdout


def test_trace_both_ways_agree(finished):
    forward = [
        json.loads(line)
        for line in headwater(finished, "trace", f"{ROOT}/runs/cpt", "--step", "1:18", "--json").stdout.splitlines()
    ]
    assert sum(use["tokens"] for use in forward) == 18 * 8 * 64
    document = forward[len(forward) // 2]["document"]
    back = [
        json.loads(line)
        for line in headwater(
            finished, "trace", f"{ROOT}/runs/cpt", "--document", document, "--json"
        ).stdout.splitlines()
    ]
    assert back == [use for use in forward if use["document"] == document]


def test_plan_knows_exact_sizes_and_freshness(finished):
    plan = json.loads(headwater(finished, "plan", "small.yaml", "--json").stdout)
    assert all(stage["state"] == "fresh" for stage in plan["stages"])
    row = next(r for r in plan["rows"] if r["run"] == "cpt" and r["source"] == "help")
    assert row["phases"] == [4800, 2100]
    assert row["unique_tokens"] > 10_000


@pytest.mark.parametrize(
    ("old", "new", "stale", "fresh"),
    [
        ("peak: 3.0e-3, decay_share", "peak: 2.0e-3, decay_share", "runs/cpt", "runs/base"),
        ("documents: 150", "documents: 151", "corpus/made", "corpus/help"),
    ],
)
def test_plan_says_what_a_change_makes_stale(finished, old, new, stale, fresh):
    changed = finished / "changed.yaml"
    changed.write_text((finished / "small.yaml").read_text().replace(old, new))
    plan = json.loads(headwater(finished, "plan", "changed.yaml", "--root", ROOT, "--json").stdout)
    states = {stage["stage"]: stage["state"] for stage in plan["stages"]}
    assert states[stale] != "fresh"
    assert states[fresh] == "fresh"
    assert old.split(": ")[1].split(",")[0].rstrip("}").lstrip("0")[:1] in states[stale]
