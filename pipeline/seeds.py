"""Seeds: the only source of randomness, named instead of numbered.

A generator depends on the recipe's seed and on names (a slice, an epoch), never on a position in a list, a
clock or a worker count, so adding a source leaves every other source's numbers as they were.
"""

from __future__ import annotations

import hashlib

import numpy as np


def key(seed: int, *names: str | int) -> int:
    """Return a 64-bit key that depends on the seed and on every name, in order."""
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return a NumPy generator for (seed, names)."""
    return np.random.Generator(np.random.PCG64(key(seed, *names)))
