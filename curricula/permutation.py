"""A keyed permutation: a shuffle of any size that needs no memory and gives any part on demand.

A four-round Feistel network over the smallest even-bit power of two, walked until the value falls inside the
range (cycle walking). Two neighbours land far apart and independent, which a linear congruence does not give.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROUNDS = 4
_U64 = np.uint64


def _mix(values: npt.NDArray[np.uint64], key: np.uint64) -> npt.NDArray[np.uint64]:
    """Scramble 64-bit words (the finaliser of splitmix64)."""
    mixed = values + key
    mixed = (mixed ^ (mixed >> _U64(30))) * _U64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> _U64(27))) * _U64(0x94D049BB133111EB)
    return mixed ^ (mixed >> _U64(31))


def permute(indices: npt.NDArray[np.uint64], size: int, key: int) -> npt.NDArray[np.uint64]:
    """Return where a permutation of ``range(size)`` sends each index (uint64, each below size)."""
    half = _U64(max(1, ((size - 1).bit_length() + 1) // 2))
    mask = (_U64(1) << half) - _U64(1)
    with np.errstate(over="ignore"):
        keys = _mix(np.arange(1, ROUNDS + 1, dtype=np.uint64) * _U64(0x9E3779B97F4A7C15), _U64(key))
        out = _feistel(indices, keys, half, mask)
        outside = np.flatnonzero(out >= size)
        while outside.size:
            out[outside] = _feistel(out[outside], keys, half, mask)
            outside = outside[out[outside] >= size]
    return out


def _feistel(
    values: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64], half: np.uint64, mask: np.uint64
) -> npt.NDArray[np.uint64]:
    left, right = values >> half, values & mask
    for key in keys:
        left, right = right, left ^ (_mix(right, key) & mask)
    return (left << half) | right
