"""A measurement: making the order of N sequences over K sources, ours against megatron-core's.

megatron-core: ``build_blending_indices`` over K sources, then for each source what `GPTDataset` builds: shuffled
document index, ``build_sample_idx`` and shuffle index. All of it is made before the first sequence can be read, and
again after any change. Ours comes in three steps, each counted with the ones before it:
first: the first round of 32 steps is in the ledger, its sequences have their places, and the documents of the first
step's sequences are found: training begins;
any: the ledger is written to its end, and the last token of every slice is found, so any sequence can be read;
all: every sequence has had its place and every document of every slice its turn, as at the end of training.
A change of weights, sources, length or method costs only a new ledger ("after a change": to its end).
CPU seconds of one process, the two sides in turns, the best of some rounds; documents have about 1,000 tokens.
Floors: for "any", one pass over the lengths (``sum``); for "all", each document's length looked up out of order by a
ready permutation, and 16 bytes written, in chunks that stay in the processor's cache.
Prints JSON and keeps it: python tests/bench/order.py [--full]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from megatron.core.datasets import helpers
from megatron.core.datasets.gpt_dataset import _build_document_index, _build_shuffle_index
from synthetic import keep, make_run, timed, write_slices

from curricula.random_order import Random
from pipeline.stream.derive import rounds
from pipeline.stream.ledger import Ledger
from pipeline.stream.open_run import director_from_start
from pipeline.stream.order_file import OrderFile, open_order
from pipeline.stream.reader import Reader
from pipeline.stream.slice_table import SliceFile, load_slices

LENGTH, BATCH, ROUND_STEPS, MEAN = 4096, 1024, 32, 1000
STRIDE = 1 << 24
"""Tokens asked for at a time where a whole slice is gone through."""


class Ours:
    """One making of an order, from nothing."""

    def __init__(self, root: Path, shares: np.ndarray, sequences: int) -> None:
        self.root = root
        self.run = make_run(
            shares, tokens=sequences * LENGTH, sequence_length=LENGTH, batch=BATCH, round_steps=ROUND_STEPS
        )
        self.slices = load_slices(root / "stream" / "bench")
        shutil.rmtree(root / "cache", ignore_errors=True)
        (root / "ledger.jsonl").unlink(missing_ok=True)
        self.director = director_from_start(root, self.run, {}, self.slices, 1)
        self.ledger = Ledger.create(root / "ledger.jsonl", {"run": "bench"})
        self.reader = Reader(root, root / "stream" / "bench", self.ledger, self.run, seed=1)
        self.orders: dict[str, OrderFile] = {}

    def measure(self) -> dict[str, float]:
        first, any_order = timed(self.first)[0], timed(self.any)[0]
        ledger, all_orders = timed(self.rest_of_ledger)[0], timed(self.all)[0]
        places = timed(lambda: [self.reader.begin_round(record) for record in self.ledger])[0]
        return {
            "first": first,
            "any": first + any_order + ledger,
            "all": first + any_order + ledger + all_orders + places,
            "ledger": ledger,
            "places": places,
            "any_order": any_order,
            "all_orders": all_orders,
        }

    def first(self) -> None:
        record = self.director.next(None, {})
        assert record is not None
        self.record = self.ledger.append(record)
        self.reader.begin_round(self.record)
        for name, count in record.given.items():
            a_step = -(-count // ROUND_STEPS) * LENGTH + 1
            self.order(self.slices[name]).find(0, min(a_step, self.slices[name].tokens))

    def any(self) -> None:
        for piece in self.slices.values():
            self.order(piece).find(piece.tokens - 1, piece.tokens)

    def rest_of_ledger(self) -> None:
        self.ledger.extend(rounds(self.director, "bench", self.record))

    def all(self) -> None:
        for piece in self.slices.values():
            for begin in range(0, piece.tokens, STRIDE):
                self.order(piece).find(begin, min(begin + STRIDE, piece.tokens))

    def order(self, piece: SliceFile) -> OrderFile:
        if piece.name not in self.orders:
            self.orders[piece.name] = open_order(self.root / "cache", piece, Random(), 1, 0)
        return self.orders[piece.name]


def megatron(tables: list[np.ndarray], shares: np.ndarray, sequences: int) -> dict[str, float]:
    index, sample = np.zeros(sequences, np.int16), np.zeros(sequences, np.int64)
    blend = timed(
        lambda: helpers.build_blending_indices(index, sample, shares.tolist(), len(shares), sequences, False)
    )[0]
    datasets = timed(lambda: [_dataset(t, s, sequences) for t, s in zip(tables, shares, strict=True)])[0]
    return {"blend": blend, "datasets": datasets}


def _dataset(sizes: np.ndarray, share: float, sequences: int) -> int:
    """Build the three indices of `GPTDataset` for one epoch."""
    state = np.random.RandomState(1)
    documents = _build_document_index(np.arange(len(sizes), dtype=np.int32), 1, state, False)
    samples = helpers.build_sample_idx(sizes, documents, LENGTH, 1, int(sizes.sum(dtype=np.int64)), True, True)
    count = samples.shape[0] - 1
    assert count >= int(share * sequences)
    return len(_build_shuffle_index(count, count, state))


def floors(tables: list[np.ndarray]) -> dict[str, float]:
    sizes = np.concatenate(tables)
    shuffled = np.random.default_rng(0).permutation(len(sizes))
    out = np.zeros((2, 1 << 13), np.int64)

    def chunks() -> Iterator[np.ndarray]:
        for begin in range(0, len(shuffled), 1 << 13):
            yield shuffled[begin : begin + (1 << 13)]

    def work() -> None:
        for rows in chunks():
            out[0, : len(rows)] = rows
            out[1, : len(rows)] = sizes[rows]

    return {"any": timed(lambda: sizes.sum(dtype=np.int64))[0], "all": timed(work)[0]}


def best(figures: list[dict[str, float]]) -> dict[str, float]:
    return {name: min(row[name] for row in figures) for name in figures[0]}


def measure(sources: int, sequences: int) -> dict[str, Any]:
    shares = np.random.default_rng(sources).dirichlet(np.full(sources, 2.0))
    documents = [int(share * sequences * LENGTH / MEAN * 1.1) + 50 for share in shares]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_slices(root, documents, mean=MEAN)
        tables = [piece.documents["tokens"].copy() for piece in load_slices(root / "stream" / "bench").values()]
        turns = [
            (Ours(root, shares, sequences).measure(), megatron(tables, shares, sequences), floors(tables))
            for _ in range(3 if sequences <= 10**6 else 1)
        ]
    mine, theirs, least = (best([turn[side] for turn in turns]) for side in range(3))
    other, count = sum(theirs.values()), sum(documents)
    return {
        "sources": sources,
        "sequences": sequences,
        "documents": count,
        "times_faster_until": {
            "the first step can be read": round(other / mine["first"], 1),
            "any sequence can be read": round(other / mine["any"], 1),
            "everything has been made": round(other / mine["all"], 1),
        },
        "times_faster_of": {
            "a change (the ledger to its end)": round(other / mine["ledger"], 1),
            "opening the documents of every source anywhere": round(theirs["datasets"] / mine["any_order"], 1),
            "all documents": round(theirs["datasets"] / mine["all_orders"], 1),
            "all sequences (ledger and places, against the blend)": round(
                theirs["blend"] / (mine["ledger"] + mine["places"]), 1
            ),
        },
        "over_floor": {
            "opening anywhere": round(mine["any_order"] / least["any"], 1),
            "all documents": round(mine["all_orders"] / least["all"], 1),
            "megatron's datasets": round(theirs["datasets"] / least["all"], 1),
        },
        "the_floor_of_everything_is_times_faster": round(other / least["all"], 1),
        "nanoseconds": {
            "ours, ledger a sequence": round(1e9 * mine["ledger"] / sequences, 1),
            "ours, places a sequence": round(1e9 * mine["places"] / sequences, 1),
            "ours, opening anywhere, a document": round(1e9 * mine["any_order"] / count, 2),
            "ours, all, a document": round(1e9 * mine["all_orders"] / count, 1),
            "megatron, blend a sequence": round(1e9 * theirs["blend"] / sequences, 1),
            "megatron, a document": round(1e9 * theirs["datasets"] / count, 1),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="up to 10**7 sequences instead of 10**6")
    asked = parser.parse_args()
    sizes = (100_000, 300_000, 1_000_000, 10_000_000) if asked.full else (32_768, 100_000, 300_000, 1_000_000)
    rows = [measure(sources, sequences) for sources in (10, 1000) for sequences in sizes]
    keep("order", {"target": "20 times faster", "measured": rows})


if __name__ == "__main__":
    main()
