"""A measurement: what reading in blocks saves on storage where random reads are slow.

A synthetic slice of documents lies end to end on storage, with lengths from a log-normal. Each order says in what
sequence they are read; counted are the distance between one document's end and the next one's start, the pages that
a stretch of 1,000 documents touches, and the pages fetched by a reader whose cache (least recently used page out)
holds a stated share of the slice. Everything is arithmetic: no disk is timed, so the figures are the same anywhere.
Prints JSON and keeps it: python tests/bench/order_locality.py [--documents 1000000]
"""

from __future__ import annotations

import argparse
import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curricula.blocks import Blocks
from curricula.order import Order
from curricula.random_order import Random

RESULT = Path(__file__).parent / "results" / "order_locality.json"
BYTES_PER_TOKEN = 4
ORDERS: dict[str, Order] = {
    "random": Random(),
    "blocks, 256 documents, window 1": Blocks(size=256, window=1),
    "blocks, 256 documents, window 8": Blocks(size=256, window=8),
    "blocks, 256 documents, window 64": Blocks(size=256, window=64),
    "blocks, 256 documents, window 512 (default)": Blocks(),
    "blocks, 4096 documents, window 8": Blocks(size=4096, window=8),
}


def read_pages(starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], page: int) -> npt.NDArray[np.int64]:
    """Return the pages touched, in order; a document may lie on several."""
    first, last = starts // page, (ends - 1) // page
    counts = last - first + 1
    inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(first, counts) + inside


def fetched(pages: npt.NDArray[np.int64], capacity: int) -> int:
    """Return how many pages a least-recently-used cache of ``capacity`` pages has to fetch."""
    cache: OrderedDict[int, None] = OrderedDict()
    misses = 0
    for page in pages.tolist():
        if page in cache:
            cache.move_to_end(page)
            continue
        misses += 1
        cache[page] = None
        if len(cache) > capacity:
            cache.popitem(last=False)
    return misses


def measure(order: Order, ends: npt.NDArray[np.int64], page: int, cache_bytes: int) -> dict[str, float]:
    """Return the mean seek in bytes, and pages touched and fetched for each 1,000 documents."""
    starts = np.concatenate([[0], ends[:-1]])
    rows = np.concatenate(list(order.rows(len(ends), None, 12345)))
    pages = read_pages(starts[rows], ends[rows], page)
    stretches = range(0, len(rows) - 999, max(1000, len(rows) // 100))
    touched = [
        len(np.unique(read_pages(starts[part], ends[part], page))) for s in stretches for part in [rows[s : s + 1000]]
    ]
    return {
        "mean_seek_bytes": float(np.abs(starts[rows[1:]] - ends[rows[:-1]]).mean()),
        "pages_touched_per_1000_documents": float(np.mean(touched)),
        "pages_fetched_per_1000_documents": fetched(pages, cache_bytes // page) * 1000 / len(rows),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--page", type=int, default=1 << 16, help="bytes fetched at a time")
    parser.add_argument("--cache-share", type=float, default=0.25, help="cache, as a share of the slice's bytes")
    asked = parser.parse_args()
    tokens = np.random.default_rng(0).lognormal(5.9, 0.9, asked.documents).astype(np.int64) + 1
    ends = np.cumsum(tokens * BYTES_PER_TOKEN)
    cache_bytes = int(asked.cache_share * ends[-1])
    figures = {name: measure(order, ends, asked.page, cache_bytes) for name, order in ORDERS.items()}
    result = {
        "settings": {**vars(asked), "slice_bytes": int(ends[-1]), "cache_bytes": cache_bytes},
        "floor_pages_per_1000_documents": float(-(-ends[-1] // asked.page) * 1000 / asked.documents),
        "measured": {name: {key: round(value, 2) for key, value in row.items()} for name, row in figures.items()},
        "times_fewer_than_random": {
            name: {key: round(figures["random"][key] / value, 2) for key, value in row.items()}
            for name, row in figures.items()
        },
    }
    text = json.dumps(result, indent=1)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
