"""A measurement: opening a stream at any position, with up to 10**9 sequences in its ledger.

The ledger is a real one, derived round by round to its end over ten slices. Timed is what a training process does
to go on: open ledger and slices, find the record of a position, and the places of its round; at random positions,
each with fresh objects, the tables of documents and the orders being there. A second figure opens and reads a
sequence's documents as well. Wall seconds, the median and the worst. Floor: parsing one record and one table of
slices, which no search can avoid (``json.loads`` of the same bytes).
Prints JSON and keeps it: python tests/bench/cursor.py [--full]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from synthetic import keep, make_run, timed, write_slices

from pipeline.stream.derive import derived_ledger
from pipeline.stream.ledger import Ledger
from pipeline.stream.open_run import director_from_start
from pipeline.stream.reader import Reader
from pipeline.stream.slice_table import load_slices

LENGTH, SLICES, TARGET_SECONDS = 4096, 10, 1.0


def measure(sequences: int, tries: int) -> dict[str, Any]:
    shares = np.random.default_rng(0).dirichlet(np.full(SLICES, 2.0))
    run = make_run(shares, tokens=sequences * LENGTH, sequence_length=LENGTH, batch=1024, round_steps=32)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        stream = root / "stream" / "bench"
        write_slices(root, [200_000] * SLICES, mean=1000)
        director = director_from_start(root, run, {}, load_slices(stream), 1)
        build, ledger = timed(lambda: derived_ledger(root / "ledgers", "bench", director, {}))
        last = ledger.last()
        assert last is not None
        positions = np.random.default_rng(1).integers(0, last.end, tries).tolist()
        opening = []
        for position in positions:
            start = time.perf_counter()
            reader = Reader(root, stream, Ledger(ledger.path), run, seed=1)
            sequence = next(reader.sequences(position, 1))
            opening.append(time.perf_counter() - start)
            assert sequence.position == position
        line = ledger.path.read_bytes().splitlines()[-1]
        listed = (stream / "slices.json").read_bytes()
        floor = min(timed(lambda: (json.loads(line), json.loads(listed)))[0] for _ in range(20))
        size = ledger.path.stat().st_size
    return {
        "sequences": last.end,
        "rounds": last.round + 1,
        "ledger_mebibytes": round(size / 2**20, 1),
        "median_over_target": round(float(np.median(opening)) / TARGET_SECONDS, 4),
        "worst_over_target": round(max(opening) / TARGET_SECONDS, 4),
        "median_over_floor": round(float(np.median(opening)) / max(floor, 1e-6), 1),
        "derived_nanoseconds_a_sequence": round(1e9 * build / last.end, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="up to 10**9 sequences instead of 10**8")
    asked = parser.parse_args()
    sizes = (10**6, 10**7, 10**8, 10**9) if asked.full else (10**5, 10**6, 10**7, 10**8)
    keep("cursor", {"target": "under 1 second", "measured": [measure(size, 21) for size in sizes]})


if __name__ == "__main__":
    main()
