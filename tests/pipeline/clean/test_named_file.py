import bz2
import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.clean.readers import named_file
from pipeline.errors import UserError

ROWS = b'{"id": "1", "t": "x"}\n\n{"id": 2, "t": "y"}'


def rows_of(tmp_path, name):
    return [row for file in named_file.find("labels", [name], tmp_path) for row in named_file.rows(file)]


def test_lines_plain_and_compressed_and_parquet(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(ROWS)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(ROWS))
    (tmp_path / "a.jsonl.bz2").write_bytes(bz2.compress(ROWS))
    with pa.CompressedOutputStream(str(tmp_path / "a.jsonl.zst"), "zstd") as file:
        file.write(ROWS)
    for name in ("a.jsonl", "a.jsonl.gz", "a.jsonl.bz2", "a.jsonl.zst"):
        assert rows_of(tmp_path, name) == [(f"{name}:1", {"id": "1", "t": "x"}), (f"{name}:3", {"id": 2, "t": "y"})]
    pq.write_table(pa.table({"id": ["1", "2"]}), tmp_path / "a.parquet")
    assert rows_of(tmp_path, "a.parquet") == [("a.parquet:1", {"id": "1"}), ("a.parquet:2", {"id": "2"})]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("b.jsonl", b'{"id": 1}\n{"id"', "b.jsonl:2: not JSON"),
        ("b.jsonl", b"[1]\n", "b.jsonl:1: found list; a row with fields is needed"),
        ("b.jsonl", b"{}\n" + b"[" * 10**5, "b.jsonl:2: lists or objects inside one another"),
        ("b.jsonl.gz", gzip.compress(ROWS, mtime=0)[:-9], "b.jsonl.gz: cannot be read"),
        ("b.jsonl.gz", b"no", "b.jsonl.gz: cannot be read"),
        ("b.jsonl.zst", b"no zstandard", "b.jsonl.zst: cannot be read"),
        ("b.jsonl.bz2", bz2.compress(ROWS)[:-9], "b.jsonl.bz2: cannot be read"),
        ("b.parquet", b"no", "b.parquet: not a Parquet file"),
    ],
)
def test_broken_files_are_named(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=words):
        rows_of(tmp_path, name)


@pytest.mark.parametrize("value", [None, True, 1.5, ["x"]])
def test_a_field_is_text_or_a_whole_number(value):
    assert named_file.text("f:1", {"k": 7}, "k") == "7"
    with pytest.raises(UserError, match="f:1: k: found"):
        named_file.text("f:1", {"k": value}, "k")
