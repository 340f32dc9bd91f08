"""Cleaning as a whole, on small files with everything wrong that can be wrong."""

import gzip
import hashlib
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_source import NO_RULES, WORDS, counts, documents, jsonl, lines, prose, removed, stage, where

from pipeline import artifact
from pipeline.clean import corpus
from pipeline.clean.deduplication import KeepCopies
from pipeline.clean.settings import Clean
from pipeline.cli import main
from pipeline.errors import UserError
from pipeline.seeds import key
from pipeline.stage import make, why_stale
from synth.science import Science


def test_bad_records_are_set_aside_with_their_place(tmp_path):
    good = [{"id": f"g{i}", "text": prose(i), "url": "u"} for i in range(10)]
    lines(
        tmp_path / "a.jsonl",
        *good,
        b"{no json",
        b'{"text": "caf\xe9"}',
        {"id": "x"},
        {"text": "  "},
        {"text": 5},
        b"[1]",
        b"",
        {"id": "g0", "text": "Another text under an id that is taken. " + prose(50)},
        {"text": prose(3)},
    )
    root = tmp_path / "root"
    make([stage(tmp_path, jsonl("a.jsonl"), clean=Clean(largest_bad_share=0.5))], where(root))
    found = {reason: [row["file_line"] for row in rows] for reason, rows in removed(root).items()}
    assert found == {
        "duplicate": ["a.jsonl:19"],
        "duplicate_id": ["a.jsonl:18"],
        "no_text": ["a.jsonl:13", "a.jsonl:14"],
        "not_an_object": ["a.jsonl:16"],
        "not_json": ["a.jsonl:11"],
        "not_utf8": ["a.jsonl:12"],
        "text_not_a_string": ["a.jsonl:15"],
    }
    kept = documents(root)
    assert [row["id"] for row in kept] == [f"web/g{i}" for i in range(10)]
    assert kept[0] | {"text": ""} == {
        "id": "web/g0",
        "text": "",
        "source": "web",
        "language": "",
        "language_score": 0.0,
        "url": "u",
        "license": "CC0-1.0",
        "parents": [],
        "made_by": "",
        "repaired": [],
        "file_line": "a.jsonl:1",
        "cluster_size": 1,
    }
    total = counts(root)
    assert total["documents_in"] == 18 == total["kept"] + sum(total["removed"].values())
    assert total["characters"] == sum(len(row["text"]) for row in kept)
    assert removed(root)["duplicate_id"][0]["found"] == "same id as a.jsonl:1"
    assert artifact.verify(root / "corpus" / "web") == []


def test_too_many_bad_records_stop_the_stage_with_examples(tmp_path):
    lines(tmp_path / "a.jsonl", *[{"text": prose(i)} for i in range(9)], b"oops")
    with pytest.raises(UserError) as error:
        make([stage(tmp_path, jsonl("a.jsonl"))], where(tmp_path / "root"))
    text = str(error.value)
    assert "1 of 10 records cannot be read (1 not_json)" in text
    assert "largest_bad_share allows 0.05" in text
    assert "a.jsonl:10: not_json" in text
    assert not (tmp_path / "root" / "corpus" / "web").exists()


def test_ids_are_hashes_of_texts_where_records_have_none(tmp_path):
    lines(tmp_path / "a.jsonl", {"text": prose(1)}, {"id": 7, "text": prose(2)}, {"name": "n", "text": prose(3)})
    root = tmp_path / "root"
    make([stage(tmp_path, jsonl("a.jsonl"))], where(root))
    hashed = [hashlib.blake2b(prose(i).encode(), digest_size=8).hexdigest() for i in (1, 3)]
    assert [row["id"] for row in documents(root)] == [f"web/{hashed[0]}", "web/7", f"web/{hashed[1]}"]


def test_without_deduplication_equal_texts_stay_but_ids_stay_unique(tmp_path):
    lines(
        tmp_path / "a.jsonl",
        {"id": "a", "text": prose(1)},
        {"id": "b", "text": prose(1)},
        {"id": "a", "text": prose(1)},
    )
    root = tmp_path / "root"
    make([stage(tmp_path, jsonl("a.jsonl"), clean=Clean(deduplicate=KeepCopies()))], where(root))
    assert [row["id"] for row in documents(root)] == ["web/a", "web/b"]


def test_every_format_gives_the_same_documents(tmp_path):
    import zstandard

    rows = [{"id": str(i), "text": prose(i), "url": f"u{i}"} for i in range(5)]
    lines(tmp_path / "a.jsonl", *rows)
    plain = (tmp_path / "a.jsonl").read_bytes()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(plain))
    half = len(plain) // 2
    frames = zstandard.ZstdCompressor().compress(plain[:half]) + zstandard.ZstdCompressor().compress(plain[half:])
    (tmp_path / "a.jsonl.zst").write_bytes(frames)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    import datasets

    datasets.disable_progress_bars()
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "saved"))
    reads = {
        "plain": jsonl("a.jsonl"),
        "gz": jsonl("a.jsonl.gz"),
        "zst": jsonl("a.jsonl.zst"),
        "parquet": {"kind": "parquet", "paths": ["a.parquet"]},
        "saved": {"kind": "hugging_face", "dataset": "saved"},
    }
    root = tmp_path / "root"
    for name, read in reads.items():
        make([stage(tmp_path, read, name=name)], where(root))
        assert [(row["id"], row["text"], row["url"]) for row in documents(root, name)] == [
            (f"{name}/{i}", prose(i), f"u{i}") for i in range(5)
        ]
        assert [row["file_line"].rpartition(":")[2] for row in documents(root, name)] == ["1", "2", "3", "4", "5"]


def test_lines_that_repairs_take_out_are_kept_with_their_place(tmp_path):
    about = "投诉请发送至 li@163.com，或拨打举报电话"
    lines(
        tmp_path / "a.jsonl",
        {"id": "a", "text": f"All rights reserved.\n{prose(1)}\nAccept all cookies"},
        {"id": "b", "text": prose(2)},
        {"id": "c", "text": f"Short.\n{about}"},
        {"id": "d", "text": f"{prose(3)}\n{prose(3)}"},
    )
    root = tmp_path / "root"
    make([stage(tmp_path, jsonl("a.jsonl"))], where(root))
    folder = root / "corpus" / "web" / corpus.REMOVED_LINES
    found = {path.parent.name: pq.read_table(path).to_pylist() for path in sorted(folder.rglob("*.parquet"))}
    assert found == {
        "repeated_lines": [{"id": "web/d", "text": prose(3), "file_line": "a.jsonl:4"}],
        "site_lines": [
            {"id": "web/a", "text": "All rights reserved.", "file_line": "a.jsonl:1"},
            {"id": "web/a", "text": "Accept all cookies", "file_line": "a.jsonl:1"},
            {"id": "web/c", "text": about.replace("li@163.com", "<EMAIL>"), "file_line": "a.jsonl:3"},
        ],
    }
    assert [row["text"] for row in documents(root)] == [prose(1), prose(2), prose(3)]


def test_html_pages_lose_their_menus(tmp_path):
    paragraphs = [
        f"Paragraph {i} tells of {a} and {b}, {c} and {d}, and of how {e} came to be called {a}{e}."
        for i, (a, b, c, d, e) in enumerate(zip(WORDS, WORDS[3:], WORDS[7:], WORDS[11:], WORDS[13:], strict=False))
    ]
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    menu = "<nav><a href='/'>Home</a> <a href='/x'>Log in</a></nav>"
    page = f"<html><body>{menu}<article><h1>T</h1>{body}</article></body></html>"
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.html").write_text(page)
    (tmp_path / "pages" / "b.html").write_bytes(
        page.replace("Paragraph", "故事").replace("<body>", "<meta charset=gb2312><body>").encode("gb18030")
    )
    (tmp_path / "pages" / "c.html").write_text("<html><body></body></html>")
    root = tmp_path / "root"
    make([stage(tmp_path, {"kind": "html", "paths": ["pages/*.html"]}, clean=NO_RULES)], where(root))
    kept = documents(root)
    assert [row["id"] for row in kept] == ["web/pages/a.html", "web/pages/b.html"]
    assert "Log in" not in kept[0]["text"]
    assert "故事 0 tells" in kept[1]["text"]
    assert list(removed(root)) == ["no_text"]


def program(kind, documents=8, **settings):
    return {"kind": "synthetic", "synthesizer": {"kind": kind, **settings}, "documents": documents}


def test_synthetic_sources_are_corpora_with_a_maker(tmp_path):
    read = program("arithmetic", documents=300)
    make([stage(tmp_path, read, profile="qa")], where(tmp_path / "root"))
    kept = documents(tmp_path / "root")
    assert len(kept) == 300
    own = key(0, "synthesize", "web")
    places = [(int(row["file_line"].partition(":")[2]) - 1, row) for row in kept]
    assert all(row["made_by"].endswith(f"@1 seed {own} index {place}") and not row["parents"] for place, row in places)
    assert all(row["made_by"].startswith("arithmetic/") for row in kept)


def test_trace_says_what_made_a_document_and_what_was_made_from_a_line_of_a_glossary(tmp_path, capsys):
    terms = (f"term{n}\twhat is said of the number {n * n} in a few words\n" for n in range(8))
    (tmp_path / "terms.tsv").write_text("".join(terms))
    root = tmp_path / "root"
    make([stage(tmp_path, program("definitions", file="terms.tsv"), profile="qa")], where(root))
    row = next(row for row in documents(root) if row["made_by"].endswith(" index 4"))
    line = f"corpus/web  {row['id']}  from terms.tsv:5  by {row['made_by']}\n"
    for identifier in (row["id"], "terms.tsv:5"):
        assert main(["trace", str(root), "--document", identifier]) == 0
        assert capsys.readouterr().out == line
    assert main(["show", str(root / "corpus" / "web")]) == 0
    assert "made by program: definitions@1, seed 0\n" in capsys.readouterr().out


def test_another_format_of_a_synthesizer_makes_its_corpus_stale_and_no_other(tmp_path, monkeypatch):
    lines(tmp_path / "a.jsonl", {"text": prose(0)})
    reads = [jsonl("a.jsonl"), *(program(kind) for kind in ("arithmetic", "science"))]
    before = [stage(tmp_path, read).fingerprint() for read in reads]
    monkeypatch.setattr(Science, "format", 2)
    after = [stage(tmp_path, read).fingerprint() for read in reads]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False]


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (jsonl("none.jsonl"), "sources.web.read.paths: none.jsonl: no such file"),
        (jsonl("*.nothing"), "sources.web.read.paths: *.nothing: no file fits this pattern"),
        (jsonl("empty.jsonl"), "sources.web.read.paths: empty.jsonl: the file is empty"),
        (jsonl("short.jsonl"), "sources.web.read: nothing is left of 1 records (removed: 1 too_short)"),
        (jsonl("broken.jsonl.gz"), "and 1 of 1 files are damaged (1 damaged_file"),
        (
            {"kind": "parquet", "paths": ["short.jsonl"]},
            "short.jsonl:1: damaged_file: damaged after record 0: not readable as parquet",
        ),
        ({"kind": "parquet", "paths": ["other.parquet"]}, "other.parquet: no column text (columns: body)"),
    ],
)
def test_sources_that_cannot_be_read_give_one_message(tmp_path, read, words):
    (tmp_path / "empty.jsonl").touch()
    lines(tmp_path / "short.jsonl", {"text": "Short."})
    (tmp_path / "broken.jsonl.gz").write_bytes(gzip.compress(os.urandom(5000))[:-500])
    pq.write_table(pa.table({"body": ["x"]}), tmp_path / "other.parquet")
    with pytest.raises(UserError) as error:
        make([stage(tmp_path, read)], where(tmp_path / "root"))
    assert words in str(error.value)


def test_a_changed_file_or_setting_makes_it_stale_and_says_which(tmp_path):
    lines(tmp_path / "a.jsonl", *[{"text": prose(i)} for i in range(3)])
    root = tmp_path / "root"
    first = stage(tmp_path, jsonl("a.jsonl"))
    make([first], where(root))
    assert why_stale(first, root) is None
    changed = stage(tmp_path, jsonl("a.jsonl"), clean=Clean(deduplicate=KeepCopies()))
    assert (
        why_stale(changed, root)
        == "clean.deduplicate.kind 'exact' -> 'none'; clean.deduplicate.prefer ['length', 'language_score'] -> None"
    )
    lines(tmp_path / "a.jsonl", *[{"text": prose(i)} for i in range(4)])
    assert why_stale(stage(tmp_path, jsonl("a.jsonl")), root) == "input a.jsonl changed"
