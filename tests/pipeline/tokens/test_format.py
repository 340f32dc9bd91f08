import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.tokens.format import DTYPES, HEADER, ShardWriter, dtype_for, index_bytes
from pipeline.tokens.read import TokenFile


def write(prefix, documents, dtype):
    with ShardWriter(prefix, dtype) as writer:
        for document in documents:
            writer.add([np.array(document, dtype=dtype)])
    return TokenFile(prefix)


@given(st.lists(st.lists(st.integers(0, 60_000), min_size=1, max_size=30), max_size=12), st.sampled_from([4, 8]))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_back(tmp_path_factory, documents, code):
    shard = write(tmp_path_factory.mktemp("shard") / "train-00000", documents, DTYPES[code])
    flat = [token for document in documents for token in document]
    assert len(shard) == len(documents)
    assert shard.num_tokens == len(flat)
    assert [shard.document(i).tolist() for i in range(len(documents))] == documents
    assert shard.tokens(0, len(flat)).tolist() == flat


@pytest.mark.parametrize("code", [4, 8])
def test_megatron_reads_the_same(tmp_path, code):
    indexed_dataset = pytest.importorskip("megatron.core.datasets.indexed_dataset")
    generator = np.random.default_rng(0)
    documents = [generator.integers(0, 60_000, size).tolist() for size in (5, 1, 300, 17)]
    shard = write(tmp_path / "train-00000", documents, DTYPES[code])
    theirs = indexed_dataset.IndexedDataset(str(tmp_path / "train-00000"))
    assert len(theirs) == 4
    assert theirs.document_indices.tolist() == [0, 1, 2, 3, 4]
    assert theirs.sequence_lengths.tolist() == [5, 1, 300, 17]
    assert [theirs[i].tolist() for i in range(4)] == documents == [shard.document(i).tolist() for i in range(4)]


def test_an_index_takes_42_bytes_and_20_a_document():
    assert len(index_bytes(np.array([3, 4, 5], np.int32), DTYPES[8])) == 42 + 3 * 20


def test_two_bytes_under_65500_entries():
    assert [dtype_for(size).itemsize for size in (300, 65_499, 65_500, 128_256)] == [2, 2, 4, 4]


@pytest.fixture
def shard(tmp_path):
    write(tmp_path / "s", [[1, 2, 3], [4, 5], [6, 7, 8, 9]], DTYPES[8])
    return tmp_path / "s"


def test_a_truncated_bin_names_the_first_document_that_is_lost(shard):
    path = shard.with_name("s.bin")
    path.write_bytes(path.read_bytes()[:8])
    with pytest.raises(UserError, match=r"s.bin: truncated: 8 bytes, s.idx says 18; document 1 of 3 is the first that"):
        TokenFile(shard)


@pytest.mark.parametrize(
    ("begin", "data", "words"),
    [
        (0, b"X", "byte 0: "),
        (9, struct.pack("<Q", 2), "byte 9: version 2"),
        (17, b"\x07", "byte 17: dtype code 7"),
        (HEADER.size + 12 + 8, struct.pack("<q", 2), "byte 54: document 1 does not start where document 0 ends"),
    ],
)
def test_a_damaged_index_names_the_byte(shard, begin, data, words):
    path = shard.with_name("s.idx")
    old = path.read_bytes()
    path.write_bytes(old[:begin] + data + old[begin + len(data) :])
    with pytest.raises(UserError, match=words):
        TokenFile(shard)


def test_short_and_missing_files(shard):
    path = shard.with_name("s.idx")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"s.idx: truncated: 101 bytes, 3 documents need 102"):
        TokenFile(shard)
    path.write_bytes(b"")
    with pytest.raises(UserError, match=r"s.idx: 0 bytes"):
        TokenFile(shard)
    path.unlink()
    with pytest.raises(UserError, match=r"s.idx: no such file"):
        TokenFile(shard)


def test_a_range_outside_is_refused(shard):
    with pytest.raises(UserError, match="tokens 8 to 10 asked of 9"):
        TokenFile(shard).tokens(8, 2)
