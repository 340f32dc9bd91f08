"""Apportionment: shares become whole numbers of sequences, and nobody is ever owed more than one.

Shares are turned into integers that sum to exactly ``ONE``; what a round could not give in whole sequences is
carried as an exact integer, so nothing drifts. Who gets the odd sequences is decided by deadlines (the slice that
would first be owed a whole sequence comes first), the rule that keeps proportionate-fair schedules within one unit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

ONE = 1 << 40
"""One sequence, in the integer units of carries."""

Integers = npt.NDArray[np.int64]


def to_units(shares: Mapping[str, float], names: list[str]) -> Integers:
    """Return shares as integers that sum to ``ONE``, in the order of ``names``.

    The rest of the division goes to the largest remainders, then by name. Raises ValueError for shares that are
    negative, not finite or all 0.
    """
    values = np.array([shares.get(name, 0.0) for name in names], dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise ValueError(f"shares must be finite, at least 0 and not all 0; found {dict(shares)}")
    exact = values / values.sum() * ONE
    units: Integers = np.floor(exact).astype(np.int64)
    left = int(ONE - units.sum())
    most_owed = np.lexsort((np.arange(len(names)), -(exact - units)))
    units[most_owed[:left]] += 1
    return units


def apportion(units: Integers, carry: Integers, sequences: int) -> tuple[Integers, Integers]:
    """Return (whole sequences of each slice, carry afterwards).

    ``units`` are the shares (int64, sum ``ONE``), ``carry`` what each slice is still owed in units (sum 0, between
    -ONE and ONE), ``sequences`` the size of the round. The counts are at least 0 and sum to ``sequences``. While
    the shares stay as they are, every carry stays strictly between -ONE and ONE; a change of shares can make that
    impossible for any rule that cannot see it coming, and then the slices that are owed least wait longest.
    """
    owed = units * sequences + carry
    due = np.maximum(owed // ONE, 0)
    spare = int(sequences - due.sum())
    if spare > 0:
        _give(due, owed, units, spare)
    elif spare < 0:
        _take(due, owed, -spare)
    return due, owed - due * ONE


def _give(due: Integers, owed: Integers, units: Integers, spare: int) -> None:
    """Hand out the odd sequences: first to started sequences, by the time at which they would be whole."""
    rest = owed - due * ONE
    with np.errstate(divide="ignore", invalid="ignore"):
        deadline = np.where(units > 0, (ONE - rest) / units, np.inf)
    started = rest > 0
    ranked = np.lexsort((np.arange(len(due)), -rest, deadline, ~started))
    due[ranked[:spare]] += 1


def _take(due: Integers, owed: Integers, excess: int) -> None:
    """Put sequences off that fell due together, those owed least first."""
    for _ in range(excess):
        rest = np.where(due > 0, owed - due * ONE, np.iinfo(np.int64).max)
        due[int(np.argmin(rest))] -= 1


def spread(counts: Integers) -> tuple[Integers, Integers]:
    """Return for each place in the round (slice index, how many of that slice came before), evenly spread."""
    slices = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(slices)) - np.repeat(np.cumsum(counts) - counts, counts)
    place = (2 * nth + 1) / np.repeat(2 * counts, counts)
    ranked = _rank(place)
    return slices[ranked], nth[ranked]


def _rank(place: npt.NDArray[np.float64]) -> Integers:
    """Return the order of places in (0, 1); equal ones stay as they are.

    Up to 2**19 places, any two that differ do so in the leading bits that fit beside an index into one whole
    number, and sorting those numbers is several times faster than sorting indices by places.
    """
    bits = max(1, (len(place) - 1).bit_length())
    if bits > 19:
        return np.argsort(place, kind="stable").astype(np.int64)
    keys = ((place * float(1 << (62 - bits))).astype(np.int64) << bits) | np.arange(len(place))
    keys.sort()
    ranked: Integers = keys & ((1 << bits) - 1)
    return ranked
