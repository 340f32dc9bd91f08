"""A summary of labels for the manifest: how often each value occurs, or smallest, median and largest.

Out of core: columns come piece by piece, several times over, and only counts stay in memory. The median is exact: its
bits are found sixteen at a time, each time by counting the values that begin like it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 100
"""Most values that are counted by name; the rest are counted together."""
_SIGN = np.uint64(1 << 63)

Blocks = Callable[[], Iterable[npt.NDArray[Any]]]
"""Gives a column's values from the beginning, block by block."""


def summary(tables: Callable[[], Iterable[pa.Table]], schema: pa.Schema) -> dict[str, dict[str, Any]]:
    """Return for every column but ``id`` what `of_names` or `of_numbers` says of it."""
    found: dict[str, dict[str, Any]] = {}
    for field in schema:
        name = field.name
        if name == "id":
            continue

        def blocks(name: str = name) -> Iterator[npt.NDArray[Any]]:
            return (table[name].to_numpy() for table in tables())

        found[name] = of_names(blocks) if str(field.type) == "string" else of_numbers(blocks)
    return found


def of_names(blocks: Blocks) -> dict[str, Any]:
    """Return value -> documents, commonest first; of more than `SHOWN` values the rest under ``other values``."""
    counts: Counter[str] = Counter()
    for block in blocks():
        counts.update(block.tolist())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = ordered[SHOWN:]
    others = {f"{len(rest)} other values": sum(number for _, number in rest)} if rest else {}
    return {"distinct": len(ordered), "documents": {**dict(ordered[:SHOWN]), **others}}


def of_numbers(blocks: Blocks) -> dict[str, Any]:
    """Return minimum, median (of an even number the lower of the two) and maximum; NaN counts as ``missing``."""
    number, missing, least, most = 0, 0, np.inf, -np.inf
    for block in blocks():
        known = block[block == block].astype(np.float64)
        number, missing = number + len(known), missing + len(block) - len(known)
        least, most = min(least, known.min(initial=np.inf)), max(most, known.max(initial=-np.inf))
    if not number:
        return {"missing": missing}
    values = {"minimum": least, "median": _ranked(blocks, (number - 1) // 2), "maximum": most}
    found = {name: _shown(float(value)) for name, value in values.items()}
    return {**found, "missing": missing} if missing else found


def _ranked(blocks: Blocks, rank: int) -> float:
    """Return the value below which ``rank`` values lie."""
    prefix = np.uint64(0)
    for shift in (48, 32, 16, 0):
        counts = np.zeros(1 << 16, np.int64)
        for block in blocks():
            keys = _keys(block)
            if shift < 48:
                keys = keys[keys >> np.uint64(shift + 16) == prefix]
            counts += np.bincount((keys >> np.uint64(shift)).astype(np.int64) & 0xFFFF, minlength=1 << 16)
        below = np.cumsum(counts)
        digit = int(np.searchsorted(below, rank, side="right"))
        rank -= int(below[digit] - counts[digit])
        prefix = (prefix << np.uint64(16)) | np.uint64(digit)
    bits = prefix ^ _SIGN if prefix & _SIGN else ~prefix
    return float(np.array([bits], np.uint64).view(np.float64)[0])


def _keys(block: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Return whole numbers that rise as the values do (the bits of doubles, negative ones turned over)."""
    values = block[block == block].astype(np.float64)
    bits = values.view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _shown(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 1 << 53 else float(f"{value:.6g}")
