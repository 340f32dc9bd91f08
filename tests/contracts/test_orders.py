"""What every order must hold. A new order adds one sample here."""

import numpy as np
import pytest
from pydantic import TypeAdapter

import curricula.ascending
import curricula.random_order
from curricula.ascending import Ascending
from curricula.orders import AnyOrder
from curricula.random_order import Random

SAMPLES = (Random(), Ascending(signal="length"))

SIZES = (0, 1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1_000, 1_023, 1_024, 1_025, 2_999)
each_order = pytest.mark.parametrize("order", SAMPLES, ids=lambda o: o.kind)


def signal_for(order, size):
    """A signal with ties, infinities and missing values."""
    if order.needs is None:
        return None
    values = np.random.default_rng(size).integers(0, 7, size).astype(np.float64)
    values[::11] = np.nan
    values[1::13] = np.inf
    return values


def read(order, size, key):
    chunks = list(order.rows(size, signal_for(order, size), key))
    return np.concatenate(chunks) if chunks else np.empty(0, dtype=np.int64)


def test_every_order_has_a_sample(members_of):
    assert {type(sample) for sample in SAMPLES} == members_of(AnyOrder)


@each_order
@pytest.mark.parametrize("size", SIZES)
def test_every_row_comes_exactly_once(order, size):
    rows = read(order, size, key=size * 7_919)
    assert rows.dtype == np.int64
    assert np.array_equal(np.sort(rows), np.arange(size))


@each_order
@pytest.mark.parametrize("size", [99, 100, 101, 200, 250])
def test_chunks_change_nothing_but_the_length_of_the_pieces(order, size, monkeypatch):
    whole = read(order, size, key=3)
    for module in (curricula.random_order, curricula.ascending):
        monkeypatch.setattr(module, "CHUNK", 100)
    chunks = list(order.rows(size, signal_for(order, size), 3))
    assert [len(chunk) for chunk in chunks] == [min(100, size - start) for start in range(0, size, 100)]
    assert np.array_equal(np.concatenate(chunks), whole)


@each_order
def test_the_key_alone_decides(order):
    assert np.array_equal(read(order, 1_000, key=5), read(order, 1_000, key=5))
    for other in (4, 6, 5 + 2**32, 5 + 2**63):
        assert not np.array_equal(read(order, 1_000, key=5), read(order, 1_000, key=other))


@each_order
def test_settings_survive_json_and_the_union_finds_them_again(order):
    assert TypeAdapter(AnyOrder).validate_json(order.model_dump_json()) == order
