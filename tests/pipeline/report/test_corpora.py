import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.cli import main
from pipeline.report.corpora import SAMPLES, read_funnel


@pytest.fixture
def corpus(tmp_path):
    """A corpus with 30 documents removed in three parts, in row groups of four."""
    folder = tmp_path / "corpus" / "web"
    (folder / "removed" / "too_short").mkdir(parents=True)
    for part in range(3):
        rows = [
            {
                "id": f"web/{i}",
                "text": f"text {i}",
                "reason": "too_short",
                "found": f"{i} units",
                "allowed": "at least 20",
            }
            | {"file_line": f"a.jsonl:{i}"}
            for i in range(10 * part, 10 * part + 10)
        ]
        path = folder / "removed" / "too_short" / f"{part:05d}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=4)
    (folder / "removed_lines" / "site_lines").mkdir(parents=True)
    lines = [{"id": f"web/{i}", "text": f"Accept cookie {i}", "file_line": f"a.jsonl:{i}"} for i in range(5)]
    pq.write_table(pa.Table.from_pylist(lines), folder / "removed_lines" / "site_lines" / "00000.parquet")
    counts = {"documents_in": 100, "kept": 70, "removed": {"too_short": 30, "other": 0}, "characters": 4000}
    counts |= {"license": "CC0-1.0", "repaired": {"email": 3, "ip_address": 12}}
    manifest = {"kind": "corpus", "format": 2, "settings": {}, "inputs": {}, "fingerprint": "f", "counts": counts}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "files": [], "provenance": {}}))
    return folder


def test_samples_come_from_all_over_the_corpus_and_are_always_the_same(corpus):
    funnel = read_funnel(corpus)
    (removal,) = funnel.removals
    assert len(removal.samples) == SAMPLES
    assert [sample.file_line for sample in removal.samples] == ["a.jsonl:5", "a.jsonl:15", "a.jsonl:25"]
    assert removal.samples[1].found == "15 units"
    assert read_funnel(corpus) == funnel
    assert funnel.repaired == (("ip_address", 12), ("email", 3))


def test_few_removed_documents_are_all_shown(corpus):
    for path in sorted((corpus / "removed" / "too_short").iterdir())[1:]:
        path.unlink()
    first = corpus / "removed" / "too_short" / "00000.parquet"
    pq.write_table(pq.read_table(first).slice(0, 2), first)
    assert [sample.id for sample in read_funnel(corpus).removals[0].samples] == ["web/0", "web/1"]


def test_show_prints_the_funnel_with_samples(corpus, capsys):
    assert main(["show", str(corpus)]) == 0
    text = capsys.readouterr().out
    for line in (
        "  documents in        100  100.00 %",
        "  removed: too_short   30   30.00 %",
        "  kept                 70   70.00 %",
        "  licence: CC0-1.0",
        "samples of too_short (3 of 30):",
        "  a.jsonl:15: found 15 units; allowed at least 20",
        "    text 15",
        "lines taken out by site_lines (3 of 5, removed documents included):",
        "  a.jsonl:2",
        "    Accept cookie 2",
    ):
        assert line in text.splitlines()
