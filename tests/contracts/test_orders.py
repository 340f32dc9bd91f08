"""What every order must hold. A new order adds one sample here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from sizes import at_least

import curricula.order
from curricula.ascending import Ascending
from curricula.blocks import Blocks
from curricula.buckets import Buckets
from curricula.descending import Descending
from curricula.interleaved import Interleaved
from curricula.order import Order
from curricula.orders import AnyOrder
from curricula.paced import Paced
from curricula.random_order import Random
from curricula.settings import Settings
from curricula.warm_up import WarmUp
from pipeline.recipe_errors import describe
from pipeline.yaml_file import YamlFile

SAMPLES = (
    Random(),
    Blocks(size=3, window=4),
    Ascending(signal="length"),
    Descending(signal="length"),
    Buckets(signal="perplexity", count=7),
    Buckets(signal="perplexity", count=4_000, direction="down"),
    Paced(signal="length"),
    Paced(signal="length", direction="down", function="quadratic", start=0.5, full_at=1.0),
    Paced(signal="length", function="inverse_quadratic", start=0.001, full_at=1.0),
    Interleaved(of=Ascending(signal="length"), folds=3),
    Interleaved(of=Blocks(), folds=5_000),
    WarmUp(of=Descending(signal="length"), warm_up_share=0.3),
    WarmUp(of=Interleaved(of=Buckets(signal="length", count=3), folds=2), warm_up_share=0.6),
)

SIZES = (0, 1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1_000, 1_023, 1_024, 1_025, 2_999)
each_order = pytest.mark.parametrize("order", SAMPLES, ids=lambda o: o.kind)
values = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 1.0, 2.0, 5e300, np.inf, np.nan]) | st.floats(width=16)
keys = st.integers(0, 2**64 - 1)


def signal_for(size):
    """A signal with ties, infinities and missing values."""
    values = np.random.default_rng(size).integers(0, 7, size).astype(np.float64)
    values[::11] = np.nan
    values[1::13] = np.inf
    return values


def tokens_for(size):
    """Lengths of documents, some of them empty."""
    return np.random.default_rng(size + 1).integers(0, 50, size).astype(np.int32)


def read(order, size, key, signal=None):
    signal = signal_for(size) if signal is None else signal
    chunks = list(order.rows(size, signal if order.needs else None, key, tokens_for(size)))
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
@given(st.lists(values, max_size=60), keys)
@at_least(40)
def test_any_signal_will_do(order, signal, key):
    signal = np.array(signal, dtype=np.float64)
    before = signal.copy()
    rows = read(order, len(signal), key, signal)
    assert np.array_equal(np.sort(rows), np.arange(len(signal)))
    assert np.array_equal(rows, read(order, len(signal), key, signal))
    assert np.array_equal(signal, before, equal_nan=True)


@each_order
@pytest.mark.parametrize("size", [99, 100, 101, 200, 250])
def test_chunks_change_nothing_but_the_length_of_the_pieces(order, size, monkeypatch):
    whole = read(order, size, key=3)
    monkeypatch.setattr(curricula.order, "CHUNK", 10)
    chunks = list(order.rows(size, signal_for(size) if order.needs else None, 3, tokens_for(size)))
    assert {1, *map(len, chunks)} <= set(range(1, 11))
    assert np.array_equal(np.concatenate(chunks), whole)


@each_order
@pytest.mark.parametrize("size", [30, 1_000, 1_500])
def test_the_key_alone_decides(order, size):
    first = read(order, size, key=5)
    assert np.array_equal(first, read(order, size, key=5))
    for other in (4, 6, 5 + 2**32, 5 + 2**63):
        assert not np.array_equal(first, read(order, size, key=other))


@each_order
def test_it_may_read_arrays_that_cannot_be_written(order):
    signal, tokens = signal_for(500), tokens_for(500)
    signal.flags.writeable = tokens.flags.writeable = False
    list(order.rows(500, signal if order.needs else None, 1, tokens))


@each_order
def test_the_signal_it_needs_is_found_under_its_path(order):
    for path, column in order.mentions().items():
        value = order
        for name in path:
            value = getattr(value, name)
        assert value == column == order.needs
    assert len(order.mentions()) == (order.needs is not None)


@each_order
def test_settings_survive_json_and_the_union_finds_them_again(order):
    assert TypeAdapter(AnyOrder).validate_json(order.model_dump_json()) == order


class Orders(Settings):
    orders: dict[str, AnyOrder]


RECIPE = """\
orders:
  zh:
    kind: warm_up
    of:
      kind: interleaved
      folds: {folds}
      of:
        {inner}
"""


@pytest.mark.parametrize(
    ("folds", "inner", "told"),
    [
        ("3", "kind: asending", "7: orders.zh.of.of: unknown kind 'asending'; did you mean ascending? (allowed: "),
        ("3", "kind: ascending", "7: orders.zh.of.of.signal: is missing"),
        ("0", "kind: random", "6: orders.zh.of.folds: found 0; input should be greater than 0"),
        ("3", "{kind: buckets, signal: s, cuont: 3}", "8: orders.zh.of.of.cuont: unknown key; did you mean count?"),
        ("3", "{kind: paced, signal: s, start: 2}", "8: orders.zh.of.of.start: found 2; input should be less than"),
        (
            "3",
            "{kind: paced, signal: s, function: quadratic, full_at: 1}",
            "7: orders.zh.of.of: a quadratic pool that starts with 0.1 and is full at 1 would run out of",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_however_deep_it_stands(tmp_path, folds, inner, told):
    path = tmp_path / "orders.yaml"
    path.write_text(RECIPE.format(folds=folds, inner=inner), encoding="utf-8")
    file = YamlFile(path)
    with pytest.raises(ValidationError) as caught:
        Orders.model_validate(file.data)
    (line,) = [describe(error, file, Orders) for error in caught.value.errors()]
    assert line.startswith(f"{path}:{told}")


@pytest.mark.parametrize("order", [Random(), Blocks(size=7, window=11)], ids=lambda o: o.kind)
def test_orders_without_a_signal_hold_one_chunk_whatever_the_size(order):
    # A hundred million million documents: nothing of that size can be held, and the first rows come at once.
    size = 10**14
    first = next(order.rows(size, None, 1))
    assert len(first) <= curricula.order.CHUNK
    assert len(np.unique(first)) == len(first)
    assert first.min() >= 0
    assert first.max() < size


def test_an_order_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Order()
