"""A keyed permutation: a shuffle of any size that needs no memory and gives any part on demand.

A four-round Feistel network over the smallest power of two that holds the range, walked until the value falls
inside it (cycle walking). Two neighbours land far apart and independent, which a linear congruence does not give.
Words are 32 bits wide where the range allows it: that doubles the rate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

ROUNDS = 4
SMALL = 1 << 10
"""Up to this size hashes are sorted instead: networks of a few bits know too few permutations to be fair."""
NARROW = 1 << 13
"""Up to this many values are shuffled as words of 32 bits, at twice the rate."""
_BLOCK = 1 << 16
"""Indices mixed at a time, so that every pass over them stays in the processor's cache."""
_MULTIPLIERS: dict[int, tuple[int, int]] = {
    32: (0x7FEB352D, 0x846CA68B),
    64: (0xBF58476D1CE4E5B9, 0x94D049BB133111EB),
}
"""Odd constants whose products spread low bits upwards: lowbias32's and splitmix64's."""
_GOLDEN = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1

Words = npt.NDArray[np.unsignedinteger[Any]]


def derive(key: int, number: int) -> int:
    """Return a 64-bit key for part ``number`` of what ``key`` decides (splitmix64)."""
    mixed = (key + (number + 1) * _GOLDEN) & _WORD
    mixed = ((mixed ^ (mixed >> 30)) * _MULTIPLIERS[64][0]) & _WORD
    mixed = ((mixed ^ (mixed >> 27)) * _MULTIPLIERS[64][1]) & _WORD
    return mixed ^ (mixed >> 31)


def permute(indices: npt.NDArray[Any], size: int, key: int) -> npt.NDArray[np.int64]:
    """Return where a permutation of ``range(size)`` sends each index (whole numbers below size)."""
    if size <= SMALL:
        return _sorted(size, key)[indices.astype(np.int64)]
    bits = (size - 1).bit_length()
    word: type[np.unsignedinteger[Any]] = np.uint32 if bits <= 32 else np.uint64
    keys = [derive(key, number) & int(np.iinfo(word).max) for number in range(ROUNDS)]
    out: Words = indices.astype(word)
    _feistel(out, bits, keys)
    outside = np.flatnonzero(out >= size)
    while outside.size:
        walked = out[outside]
        _feistel(walked, bits, keys)
        out[outside] = walked
        outside = outside[walked >= size]
    return out.astype(np.int64)


def permutation(size: int, key: int) -> npt.NDArray[np.int64]:
    """Return the whole permutation of ``range(size)``."""
    return permute(np.arange(size, dtype=np.int64), size, key)


def hashes(count: int, key: int, word: type[np.unsignedinteger[Any]] = np.uint64) -> Words:
    """Return ``count`` hashes, each of its index and the key, as words of 32 or 64 bits."""
    numbers = np.arange(count, dtype=word)
    width = numbers.dtype.itemsize * 8
    _mix(numbers, word(derive(key, 0) >> (64 - width)), width, out=numbers, spare=np.empty_like(numbers))
    return numbers


def shuffled(values: npt.NDArray[np.int64], key: int) -> npt.NDArray[np.int64]:
    """Return the values in keyed random order; memory grows with them.

    Hash and index are sorted as one word, which is several times as fast as sorting indices by their hashes. Where
    two hashes agree in all bits that fit, the order stays: of 8,192 values that is one pair in 500,000.
    """
    word: type[np.unsignedinteger[Any]] = np.uint32 if len(values) <= NARROW else np.uint64
    mask = word((1 << max(len(values) - 1, 0).bit_length()) - 1)
    words = hashes(len(values), key, word)
    np.bitwise_and(words, ~mask, out=words)
    np.bitwise_or(words, np.arange(len(values), dtype=word), out=words)
    words.sort()
    np.bitwise_and(words, mask, out=words)
    return values.take(words)


def _sorted(size: int, key: int) -> npt.NDArray[np.int64]:
    return np.argsort(hashes(size, key), kind="stable")


def _feistel(values: Words, bits: int, keys: list[int]) -> None:
    """Send each value of ``bits`` bits to another one, in place."""
    for start in range(0, len(values), _BLOCK):
        _feistel_block(values[start : start + _BLOCK], bits, keys)


def _feistel_block(values: Words, bits: int, keys: list[int]) -> None:
    """Mix the halves into each other by turns; they differ by a bit where ``bits`` is odd."""
    low = bits // 2
    word = values.dtype.type
    left, right = values >> word(low), values & word((1 << low) - 1)
    mixed, spare = np.empty_like(values), np.empty_like(values)
    for number, key in enumerate(keys):
        source, target, kept = (left, right, low) if number % 2 else (right, left, bits - low)
        _mix(source, word(key), kept, out=mixed, spare=spare)
        np.bitwise_xor(target, mixed, out=target)
    np.left_shift(left, word(low), out=left)
    np.bitwise_or(left, right, out=values)


def _mix(values: Words, key: Any, bits: int, *, out: Words, spare: Words) -> None:
    """Write ``bits`` bits that depend on all of a value and of the key."""
    word = values.dtype.type
    width = values.dtype.itemsize * 8
    first, second = _MULTIPLIERS[width]
    np.add(values, key, out=out)  # whole-number arrays wrap round
    np.multiply(out, word(first), out=out)
    np.right_shift(out, word(width // 2 - 1), out=spare)
    np.bitwise_xor(out, spare, out=out)
    np.multiply(out, word(second), out=out)
    np.right_shift(out, word(width - bits), out=out)
