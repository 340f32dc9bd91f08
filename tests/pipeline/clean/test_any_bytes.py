"""Whatever the bytes of a file: every document in is kept or counted with a reason, and nothing is raised."""

import gzip
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline import artifact
from pipeline.clean import corpus, reading
from pipeline.clean.readers import compressed
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.errors import UserError
from pipeline.progress import Progress
from pipeline.sources import Jsonl, Source, Text
from pipeline.stage import Where, make

PROSE = (
    "The river carries more water in spring, when the snow in the old mountains melts and the meadows are wet. "
    "Nobody in town knew where it began, or why it never froze, even in years when winter came early to the valley. "
    "They had built a bridge of stone that was said to be older than the church, and they repaired it every summer."
)
texts = st.one_of(
    st.just(PROSE),
    st.text(max_size=60),
    st.sampled_from(
        ["", "\x00" * 9, "\ud800", "ﷺ" * 20, "👩‍👩‍👧" * 9, "a" * 5000, "é\u0301" * 50, "\u202eabc", "字" * 80]
    ),
)
values = st.one_of(texts, st.none(), st.integers(), st.lists(st.none(), max_size=2), st.floats())
records = st.dictionaries(st.sampled_from(["text", "id", "url", "license", "parents", "metadata", "x"]), values)
lines = st.one_of(
    records.map(lambda fields: json.dumps(fields).encode()),
    st.binary(max_size=60).map(lambda data: data.replace(b"\n", b"")),
    st.sampled_from([b"[" * 5000, b"{}", b"null", b"\xef\xbb\xbf{}", b'"x"', b"\xff\xfe", b'{"text": "a"'] + [b""] * 2),
)
PACKED = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def clean(folder, read, profile="en"):
    source = Source.model_validate({"read": read, "profile": profile, "license": "CC0-1.0"})
    root = folder / "root"
    make(
        [CleanStage("web", source, Clean(largest_bad_share=1.0), 0, folder)], Where(root, progress=Progress(quiet=True))
    )
    found = root / "corpus" / "web"
    rows = sum(pq.read_metadata(part).num_rows for part in (found / corpus.REMOVED).rglob("*.parquet"))
    return artifact.read_manifest(found).counts, corpus.num_documents(found), rows


@pytest.mark.parametrize("ending", PACKED)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(lines, max_size=12))
def test_documents_in_are_kept_or_removed_with_a_reason(ending, found):
    data = b"\n".join([json.dumps({"text": PROSE}).encode(), *found])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"a.jsonl{ending}").write_bytes(PACKED[ending](data))
        counts, kept, removed = clean(folder, {"kind": "jsonl", "paths": ["a.jsonl*"]})
    assert counts["documents_in"] == sum(bool(line.removeprefix(b"\xef\xbb\xbf").strip()) for line in data.split(b"\n"))
    assert counts["documents_in"] == counts["kept"] + sum(counts["removed"].values())
    assert (counts["kept"], sum(counts["removed"].values())) == (kept, removed)


NAMES = [
    "a.jsonl",
    "a.jsonl.gz",
    "a.jsonl.zst",
    "a.parquet",
    "a.arrow",
    "a.warc",
    "a.warc.gz",
    "a.txt",
    "a.md.gz",
    "a.html",
]
KINDS = {
    "jsonl": "jsonl",
    "parquet": "parquet",
    "arrow": "arrow",
    "warc": "warc",
    "txt": "text",
    "md": "text",
    "html": "html",
}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.binary(min_size=1, max_size=200), head=st.booleans())
@example(data=b"\x00" * 9, head=True)
@example(data=b"WARC/1.0\r\n", head=False)
@example(data=b"\xff", head=False)
def test_any_bytes_at_all_are_records_or_counted(name, data, head):
    begin = {"gz": gzip.compress(b"x")[:12], "zst": b"\x28\xb5\x2f\xfd", "parquet": b"PAR1", "arrow": b"ARROW1\0\0"}
    begin |= {"warc": b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99\r\n\r\n", "html": b"<p>", "md": b"---\n"}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes((begin.get(name.rpartition(".")[2], b"") if head else b"") + data)
        read = {"kind": KINDS[name.split(".")[1]], "paths": [name]}
        source = Source.model_validate({"read": read, "profile": "en", "license": "CC0-1.0"})
        found = reading.resolve("web", source.read, Path(folder), 0)
        for record in found(0):
            assert record.problem is not None or record.text.strip()
            (record.id or "").encode()
            if record.problem is not None:
                record.text.encode()
                record.problem.found.encode()


def test_a_line_of_a_hundred_megabytes_is_a_document_like_any_other(tmp_path):
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.write(b'{"text": "' + b"ab cd " * 17_500_000 + b'"}\n{"text": "last"}\n')
    found = reading.resolve("web", Jsonl(paths=("a.jsonl",)), tmp_path, 0)
    first, last = (record for task in range(len(found.tasks)) for record in found(task))
    assert (len(first.text), last.text) == (105_000_000, "last")


def test_a_bomb_of_one_line_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(compressed, "LONGEST_LINE", 1 << 16)
    monkeypatch.setattr("pipeline.clean.readers.jsonl.LONGEST_LINE", 1 << 16)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"x" * (1 << 24), compresslevel=1))
    (only,) = reading.resolve("web", Jsonl(paths=("a.jsonl.gz",)), tmp_path, 0)(0)
    assert only.problem.reason == "line_too_long"
    assert len(only.text) <= 1000


def test_one_damaged_file_of_many_is_counted_and_many_stop_the_stage(tmp_path):
    good = gzip.compress(b"".join(json.dumps({"text": f"{PROSE} {i}"}).encode() + b"\n" for i in range(20)))
    for i in range(10):
        (tmp_path / f"{i}.jsonl.gz").write_bytes(good if i else good[:-20])
    source = Source.model_validate(
        {"read": {"kind": "jsonl", "paths": ["*.gz"]}, "profile": "en", "license": "CC0-1.0"}
    )
    for allowed, root in ((0.1, "fine"), (0.05, "refused")):
        stage = CleanStage("web", source, Clean(filters=(), largest_bad_share=allowed), 0, tmp_path)
        place = Where(tmp_path / root, progress=Progress(quiet=True))
        if root == "fine":
            make([stage], place)
            assert artifact.read_manifest(tmp_path / root / "corpus" / "web").counts["removed"]["damaged_file"] == 1
        else:
            with pytest.raises(UserError, match="and 1 of 10 files are damaged"):
                make([stage], place)


def test_names_of_files_may_hold_any_bytes(tmp_path):
    (tmp_path / "a\udcff.txt").write_text(PROSE)
    (record,) = reading.resolve("web", Text(paths=("*.txt",)), tmp_path, 0)(0)
    assert record.id == "a�.txt"


def test_a_column_of_bytes_is_no_text(tmp_path):
    pq.write_table(pa.table({"text": pa.array([b"bytes"])}), tmp_path / "a.parquet")
    source = Source.model_validate(
        {"read": {"kind": "parquet", "paths": ["*.parquet"]}, "profile": "en", "license": "CC0-1.0"}
    )
    (record,) = reading.resolve("web", source.read, tmp_path, 0)(0)
    assert record.problem.reason == "text_not_a_string"
