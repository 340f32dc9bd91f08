"""Exact quantiles of more numbers than memory holds, in four passes over them.

Every double is read as an integer of the same order; each pass counts 16 more of its bits among the numbers that
share the bits found so far. Memory is one histogram a quantile, however many numbers there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_BITS, _DIGITS = 16, 4
_SIGN = np.uint64(1 << 63)


def quantile_edges(read: Callable[[], Iterable[Floats]], buckets: int) -> tuple[float, ...]:
    """Return the ``buckets - 1`` edges: of n sorted numbers, those at places ``k * n // buckets``, counted from 0.

    ``read`` starts a pass over the same numbers, in any order and in batches; NaN is left out. No numbers, no edges.
    """
    counts = _count(read(), 0, [0])
    total = int(counts[0].sum())
    if not total:
        return ()
    ranks = [k * total // buckets for k in range(1, buckets)]
    prefixes = [0] * len(ranks)
    for digit in range(_DIGITS):
        if digit:
            counts = _count(read(), digit, sorted(set(prefixes)))
        for i, prefix in enumerate(prefixes):
            ends = np.cumsum(counts[prefix])
            found = int(np.searchsorted(ends, ranks[i], side="right"))
            ranks[i] -= int(ends[found - 1]) if found else 0
            prefixes[i] = prefix << _BITS | found
    return tuple(_number(np.array(prefixes, dtype=np.uint64)).tolist())


def _count(batches: Iterable[Floats], digit: int, prefixes: list[int]) -> dict[int, npt.NDArray[np.int64]]:
    """Return, for every prefix of ``digit`` digits, how often each next digit follows it."""
    known = np.array(prefixes, dtype=np.uint64)
    counts = np.zeros((len(prefixes), 1 << _BITS), dtype=np.int64)
    shift = np.uint64(_BITS * (_DIGITS - 1 - digit))
    for batch in batches:
        codes = _code(batch[~np.isnan(batch)]) >> shift
        heads = codes >> np.uint64(_BITS) if digit else np.zeros(len(codes), dtype=np.uint64)
        which = np.searchsorted(known, heads)
        inside = which < len(known)
        inside[inside] = known[which[inside]] == heads[inside]
        tails = (codes[inside] & np.uint64((1 << _BITS) - 1)).astype(np.int64)
        np.add.at(counts.reshape(-1), which[inside] << _BITS | tails, 1)
    return dict(zip(prefixes, counts, strict=True))


def _code(values: Floats) -> npt.NDArray[np.uint64]:
    """Return integers in the order of the doubles; both zeros are one."""
    bits = (values + 0.0).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _number(codes: npt.NDArray[np.uint64]) -> Floats:
    """Return the doubles of codes."""
    return np.where(codes & _SIGN, codes & ~_SIGN, ~codes).view(np.float64)
