"""An order is found by token offset, made on demand or kept, and a flipped byte of what is kept is named."""

import numpy as np
import pytest

from curricula import strata
from curricula.blocks import Blocks
from curricula.buckets import Buckets
from curricula.random_order import Random
from pipeline import seeds
from pipeline.errors import WorkError
from pipeline.stream import parted_order
from pipeline.stream.order_file import open_order, problems
from pipeline.stream.parted_order import PartedOrder
from pipeline.stream.slice_table import DOCUMENT, SliceFile
from pipeline.stream.stored_order import StoredOrder

ORDERS = (Random(), Blocks(size=4, window=3), Buckets(signal="s", count=3))
each_order = pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.kind)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(strata, "PART", 16)


def slice_of(size):
    rng = np.random.default_rng(size)
    table = np.zeros(size, DOCUMENT)
    table["tokens"] = rng.integers(1, 30, size)
    total = int(table["tokens"].sum())
    return SliceFile("a", "a", (), total, f"id{size}", table, rng.normal(size=size), "signal", table[:0])


def expected(piece, order, epoch):
    """Return (documents, ends) of the whole string, from what the order yields."""
    key = seeds.key(5, "order", piece.name, epoch)
    signal = piece.signal if order.needs else None
    documents = np.concatenate(list(order.rows(len(piece.documents), signal, key, piece.documents["tokens"])))
    return documents, np.cumsum(piece.documents["tokens"][documents])


@each_order
@pytest.mark.parametrize("size", [1, 15, 17, 300])
@pytest.mark.parametrize("length", [1, 7, 90, 100_000])
def test_any_stretch_is_found_from_anywhere(tmp_path, order, size, length):
    piece = slice_of(size)
    documents, ends = expected(piece, order, epoch=2)
    opened = open_order(tmp_path, piece, order, 5, 2)
    begins = np.random.default_rng(length).permutation(piece.tokens)[:60].tolist()
    for begin in [*begins, 0, piece.tokens - 1]:
        end = min(begin + length, piece.tokens)
        wanted = (ends > begin) & (ends - piece.documents["tokens"][documents] < end)
        for found in (opened.find(begin, end), open_order(tmp_path, piece, order, 5, 2).find(begin, end)):
            assert found[0].tolist() == documents[wanted].tolist()
            assert found[1].tolist() == ends[wanted].tolist()


@each_order
def test_where_a_document_ends_is_known(tmp_path, order):
    piece = slice_of(200)
    documents, ends = expected(piece, order, epoch=0)
    opened = open_order(tmp_path, piece, order, 5, 0)
    assert [opened.end_of(document) for document in documents.tolist()] == ends.tolist()


def test_documents_without_tokens_are_passed_over(tmp_path):
    piece = slice_of(100)
    piece.documents["tokens"][::2] = 0
    piece = SliceFile(**{**vars(piece), "tokens": int(piece.documents["tokens"].sum())})
    for order in ORDERS:
        opened = open_order(tmp_path / order.kind, piece, order, 5, 0)
        for token in range(piece.tokens):
            (document,), (end,) = opened.find(token, token + 1)
            assert end - piece.documents["tokens"][document] <= token < end


def test_a_random_order_is_not_written_and_any_other_is(tmp_path):
    assert isinstance(open_order(tmp_path, slice_of(100), Random(), 5, 0), PartedOrder)
    assert list(tmp_path.rglob("*")) == []
    assert isinstance(open_order(tmp_path, slice_of(100), Blocks(), 5, 0), StoredOrder)
    assert {path.name for path in tmp_path.rglob("*.*")} == {"documents.npy", "ends.npy"}


def test_the_beginning_of_an_epoch_takes_no_pass_over_the_lengths(tmp_path, monkeypatch):
    monkeypatch.setattr(strata.Strata, "edges", lambda *_: pytest.fail("added up"))
    piece = slice_of(300)
    documents, ends = expected(piece, Random(), epoch=0)
    found = open_order(tmp_path, piece, Random(), 5, 0).find(0, int(ends[5]))
    assert found[0].tolist() == documents[:6].tolist()


def test_a_part_is_made_once_while_a_cursor_is_in_it(tmp_path, monkeypatch):
    piece = slice_of(300)
    opened = open_order(tmp_path, piece, Random(), 5, 0)
    made = []
    rows = strata.Strata.rows
    monkeypatch.setattr(strata.Strata, "rows", lambda self, number: made.append(number) or rows(self, number))
    for begin in range(piece.tokens - 3):
        opened.find(begin, begin + 3)
    assert made == list(range(len(strata.Strata(300, 0))))


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.kind)
def test_a_flipped_byte_is_found_and_its_file_named(tmp_path, monkeypatch, order):
    monkeypatch.setattr(parted_order, "LARGE", 1)
    piece = slice_of(120)
    open_order(tmp_path, piece, order, 5, 1).find(piece.tokens - 1, piece.tokens)

    def again():
        return list(problems(tmp_path, piece, order, 5, 1))

    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in paths} == ({"edges.bin"} if order.kind == "random" else {"documents.npy", "ends.npy"})
    assert again() == []
    for path in paths:
        data = path.read_bytes()
        for at in range(0, len(data), 29):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
            (problem,) = again()
            assert str(path) in problem
            assert "epoch 1" in problem
        path.write_bytes(data)
    assert again() == []
    assert list(problems(tmp_path, piece, order, 5, 2)) == []


def test_reading_never_follows_damaged_edges(tmp_path, monkeypatch):
    monkeypatch.setattr(parted_order, "LARGE", 1)
    piece = slice_of(120)
    documents, ends = expected(piece, Random(), epoch=0)
    open_order(tmp_path, piece, Random(), 5, 0).find(piece.tokens - 1, piece.tokens)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    data = path.read_bytes()
    refused = 0
    flipped = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))]
    for damaged in [data[:-8], data[:-1], b"", *flipped]:
        path.write_bytes(damaged)
        for begin in range(piece.tokens - 1, -1, -90):
            try:
                found = open_order(tmp_path, piece, Random(), 5, 0).find(begin, begin + 1)
            except WorkError as error:
                assert str(path) in str(error)  # noqa: PT017
                refused += 1
            else:
                at = int(np.searchsorted(ends, begin, side="right"))
                assert (found[0].tolist(), found[1].tolist()) == ([documents[at]], [ends[at]])
    assert refused > 50
