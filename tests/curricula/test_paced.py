"""Paced: the pool's exact size, draws only from the pool, evenly from all of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sizes import at_least

from curricula.paced import Paced

FUNCTIONS = ("linear", "quadratic", "inverse_quadratic")


def ranks(order, size, key=1):
    """The rank of each document drawn, easiest 0: the signal is the rank."""
    signal = np.arange(size, dtype=np.float64)
    pieces = list(order.rows(size, signal, key))
    read = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)
    return read if order.direction == "up" else size - 1 - read


@pytest.mark.parametrize(
    ("function", "shares"),
    [
        ("linear", (0.2, 0.4, 0.6, 1.0, 1.0)),
        ("quadratic", (0.2, 0.25, 0.4, 1.0, 1.0)),
        ("inverse_quadratic", (0.2, 0.55, 0.8, 1.0, 1.0)),
    ],
)
def test_shares_of_the_pool(function, shares):
    order = Paced(signal="s", function=function, start=0.2, full_at=0.8)
    found = [order.share(progress) for progress in (0.0, 0.2, 0.4, 0.8, 1.0)]
    assert found == pytest.approx(shares, abs=1e-12)


settings_of_a_pool = st.tuples(st.sampled_from(FUNCTIONS), st.floats(0.001, 1.0), st.floats(0.01, 1.0))


@at_least(60)
@given(settings_of_a_pool, st.integers(0, 1_500), st.sampled_from(["up", "down"]), st.integers(0, 2**64 - 1))
def test_every_prefix_comes_from_the_easiest_part(pool, size, direction, key):
    function, start, full_at = pool
    try:
        order = Paced(signal="s", function=function, start=start, full_at=full_at, direction=direction)
    except ValidationError:
        return  # refused below, with the reason
    drawn = ranks(order, size, key)
    highest = np.maximum.accumulate(drawn) if size else drawn
    for i in range(size):
        assert highest[i] < max(order.share((i + 1) / size) * size, i + 1)
    assert np.array_equal(np.sort(drawn), np.arange(size))


@given(st.floats(0.001, 1.0), st.floats(0.001, 1.0))
def test_exactly_the_pools_that_would_run_dry_are_refused(start, full_at):
    progress = np.linspace(0, full_at, 4_001)
    room = start + (1 - start) * (progress / full_at) ** 2 - progress
    if room.min() > 1e-3:
        Paced(signal="s", function="quadratic", start=start, full_at=full_at)
    elif room.min() < -1e-3:
        with pytest.raises(ValidationError, match="would run out of documents"):
            Paced(signal="s", function="quadratic", start=start, full_at=full_at)


def test_the_message_names_a_value_that_is_allowed():
    with pytest.raises(ValidationError, match=r"full_at is at most 0\.6 with this start"):
        Paced(signal="s", function="quadratic", start=0.1, full_at=0.7)
    Paced(signal="s", function="quadratic", start=0.1, full_at=0.6)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_defaults_hold_for_every_function(function):
    Paced(signal="s", function=function)


def test_draws_are_even_over_the_pool():
    # The first hundred of ten thousand come from the easiest thousand and a little more, evenly.
    drawn = np.concatenate([ranks(Paced(signal="s", full_at=1.0), 10_000, key)[:100] for key in range(20)])
    assert drawn.max() < 1_090
    counts = np.bincount(drawn[drawn < 1_000] // 100, minlength=10)
    assert counts.std() < 0.15 * counts.mean()


def test_documents_that_entered_together_leave_in_no_order():
    drawn = ranks(Paced(signal="s", start=1.0), 20_000).astype(np.float64)
    assert np.abs(np.diff(drawn)).mean() == pytest.approx(20_000 / 3, rel=0.03)


def test_documents_without_a_value_enter_last():
    signal = np.arange(1_000, dtype=np.float64)
    signal[:200] = np.nan
    read = np.concatenate(list(Paced(signal="s", start=0.5, full_at=1.0).rows(1_000, signal, 1)))
    assert (read[:500] >= 200).all()
    assert set(read[-400:].tolist()) & set(range(200))
