"""A gather: many stretches of memory-mapped files copied one after the other by a single call.

A stretch is an address and a length, so that one call serves every shard of every source at once. The copy is
Arrow's ``take`` over a column of bytes whose offsets are those addresses: a plain C++ loop over ``memcpy``, with the
interpreter's lock released. Nothing checks an address here; whoever makes one has compared it with its file's end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Integers = npt.NDArray[np.int64]


def gather(addresses: Integers, lengths: Integers) -> npt.NDArray[np.uint8]:
    """Return the ``lengths[i]`` bytes at ``addresses[i]`` for every i, one after the other (uint8).

    What the addresses point into must stay mapped until this returns.
    """
    count, total = len(addresses), int(lengths.sum())
    if total == 0:
        return np.zeros(0, np.uint8)
    base = int(addresses.min())
    # Every second element of this column is a stretch; the others lie between two stretches and are never taken.
    offsets = np.empty(2 * count + 1, dtype=np.int64)
    offsets[0:-1:2] = addresses - base
    offsets[1::2] = offsets[0:-1:2] + lengths
    # Arrow reserves room for elements of mean length, which it takes from the first and the last offset.
    offsets[-1] = offsets[0] + 2 * total
    extent = int(offsets.max())
    column = pa.Array.from_buffers(
        pa.large_binary(), 2 * count, [None, pa.py_buffer(offsets), pa.foreign_buffer(base, extent)], null_count=0
    )
    taken: Any = column.take(pa.array(np.arange(0, 2 * count, 2)))
    return np.frombuffer(taken.buffers()[2], dtype=np.uint8, count=total)
