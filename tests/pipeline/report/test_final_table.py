import json
import shutil

from pipeline.report.final_table import final_table

EXPECTED = """\
Held-out loss of run cpt (nats per token; less is better)

slice                   base   after   change                 perplexity
------------------------------------------------------------------------
en-web                4.1021  4.1533  +0.0512  worse      60.47 -> 63.64
code                  5.2210  4.4102  -0.8108  better    185.12 -> 82.29
zh-web/topic=R&D <i>  7.9914  5.6120  -2.3794  better  2955.43 -> 273.69
zh-web/topic=文学     8.1033  5.9027  -2.2006  better  3305.36 -> 366.02
qa                    6.0402  2.1180  -3.9222  better     419.98 -> 8.31

report  work/report/report.html
model   work/models/cpt
ledger  work/runs/cpt/ledger.jsonl"""


def test_prints_the_last_run_with_places_from_here(artifacts, tmp_path, monkeypatch):
    root, recipe = artifacts
    shutil.copytree(root / "evaluations", tmp_path / "work" / "evaluations")
    monkeypatch.chdir(tmp_path)
    assert final_table(tmp_path / "work", recipe) == EXPECTED


def test_a_run_from_fresh_weights_has_no_base_and_an_unchanged_slice_is_the_same(artifacts, tmp_path):
    measures = {"loss": 2.0, "perplexity": 7.389, "bits_per_byte": 1.0}
    rows = [
        {"slice": "new", "tokens": 1, "bytes": 1, "base": None, "after": measures, "change": None},
        {"slice": "old", "tokens": 1, "bytes": 1, "base": measures, "after": measures, "change": -0.00004},
    ]
    (tmp_path / "evaluations" / "cpt").mkdir(parents=True)
    (tmp_path / "evaluations" / "cpt" / "evaluation.json").write_text(json.dumps({"run": "cpt", "slices": rows}))
    lines = final_table(tmp_path, artifacts[1]).splitlines()
    assert lines[4].split() == ["new", "-", "2.0000", "-", "7.39"]
    assert lines[5].split() == ["old", "2.0000", "2.0000", "0.0000", "same", "7.39", "->", "7.39"]
