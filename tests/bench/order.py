"""A measurement: making the order of N sequences over K sources, ours against megatron-core's.

megatron-core: ``build_blending_indices`` over K sources, then for each source what `GPTDataset` builds: shuffled
document index, ``build_sample_idx`` and shuffle index. Ours, in three parts: the ledger (all that a change of
weights, sources, length or method makes anew), the places of all N sequences (made a round at a time in training),
and the orders of documents (made once a source and epoch, whatever is changed afterwards).
CPU seconds of one process, the two sides in turns, over four sizes. Documents have about 1,000 tokens.
Floor: a document must be put somewhere and its length looked up out of order: one random read and one sequential
write of 16 bytes a document; measured here as NumPy's ``take`` of the lengths by a ready permutation, and a copy.
Prints JSON and keeps it: python tests/bench/order.py [--full]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from megatron.core.datasets import helpers
from megatron.core.datasets.gpt_dataset import _build_document_index, _build_shuffle_index
from synthetic import keep, make_run, timed, write_slices

from pipeline.stream.derive import rounds
from pipeline.stream.director import Director
from pipeline.stream.ledger import Ledger
from pipeline.stream.reader import Reader, placements
from pipeline.stream.slice_table import load_slices

LENGTH, BATCH, ROUND_STEPS, MEAN = 4096, 1024, 32, 1000


def ours(root: Path, shares: np.ndarray, sequences: int) -> dict[str, float]:
    run = make_run(shares, tokens=sequences * LENGTH, sequence_length=LENGTH, batch=BATCH, round_steps=ROUND_STEPS)
    director = Director(run, {}, load_slices(root / "stream" / "bench"))
    path = root / "ledger.jsonl"
    path.unlink(missing_ok=True)
    ledger_seconds, ledger = timed(lambda: _ledger(path, director))
    reader = Reader(root, root / "stream" / "bench", ledger, run, seed=1)
    places_seconds, _ = timed(lambda: [len(placements(record, reader.slices).which) for record in ledger])
    order_seconds, _ = timed(lambda: [reader.order(piece, 0) for piece in reader.slices.values()])
    return {"ledger": ledger_seconds, "places": places_seconds, "documents": order_seconds}


def _ledger(path: Path, director: Director) -> Ledger:
    ledger = Ledger.create(path, {"run": "bench"})
    ledger.extend(rounds(director, "bench"))
    return ledger


def megatron(root: Path, shares: np.ndarray, sequences: int) -> dict[str, float]:
    index, sample = np.zeros(sequences, np.int16), np.zeros(sequences, np.int64)
    blend = timed(
        lambda: helpers.build_blending_indices(index, sample, shares.tolist(), len(shares), sequences, False)
    )[0]
    tables = [piece.documents["tokens"].copy() for piece in load_slices(root / "stream" / "bench").values()]
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


def floor(root: Path) -> float:
    """Return the seconds of one gather and one write of every document."""
    sizes = np.concatenate([piece.documents["tokens"] for piece in load_slices(root / "stream" / "bench").values()])
    shuffled = np.random.default_rng(0).permutation(len(sizes))
    out = np.zeros((2, len(sizes)), np.int64)

    def work() -> None:
        out[0] = shuffled
        out[1] = sizes[shuffled]

    return timed(work)[0]


def measure(sources: int, sequences: int) -> dict[str, Any]:
    shares = np.random.default_rng(sources).dirichlet(np.full(sources, 2.0))
    documents = [int(share * sequences * LENGTH / MEAN * 1.1) + 50 for share in shares]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_slices(root, documents, mean=MEAN)
        mine, theirs, least = ours(root, shares, sequences), megatron(root, shares, sequences), floor(root)
    total, other = sum(mine.values()), sum(theirs.values())
    return {
        "sources": sources,
        "sequences": sequences,
        "documents": sum(documents),
        "times_faster": {
            "after_a_change (ledger)": round(other / mine["ledger"], 1),
            "sequences (ledger and places, against the blend)": round(
                theirs["blend"] / (mine["ledger"] + mine["places"]), 1
            ),
            "after_a_change, all places": round(other / (mine["ledger"] + mine["places"]), 1),
            "documents (once)": round(theirs["datasets"] / mine["documents"], 1),
            "everything from nothing": round(other / total, 1),
        },
        "documents_over_floor": round(mine["documents"] / least, 1),
        "share_of_ours": {name: round(seconds / total, 3) for name, seconds in mine.items()},
        "nanoseconds": {
            "ours, a sequence": round(1e9 * (mine["ledger"] + mine["places"]) / sequences, 1),
            "ours, a document": round(1e9 * mine["documents"] / sum(documents), 1),
            "megatron, blend a sequence": round(1e9 * theirs["blend"] / sequences, 1),
            "megatron, a document": round(1e9 * theirs["datasets"] / sum(documents), 1),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10**6 and 10**7 sequences over 10 and 1,000 sources")
    asked = parser.parse_args()
    sizes = (1_000_000, 10_000_000) if asked.full else (32_768, 100_000, 300_000, 1_000_000)
    rows = [measure(sources, sequences) for sources in (10, 1000) for sequences in sizes]
    keep("order", {"target": "20 times faster", "measured": rows})


if __name__ == "__main__":
    main()
