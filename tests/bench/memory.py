"""A measurement: memory of a stream as its corpus grows: making the order of an epoch, then reading places in it.

Each size runs in a process of its own over a synthetic table of lengths on disk, four slices. Sampled every 10 ms
are RssAnon (memory the process owns) and RssFile with RssShmem (pages of memory-mapped tables that happen to be
resident: cache, which the system takes back when anyone needs it). The first must be flat; the second is shown too.
Floor: what the same process holds after its imports, before it opens anything.
Prints JSON and keeps it: python tests/bench/memory.py [--full]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from synthetic import keep, make_run, write_slices

SHARES = (0.5, 0.3, 0.15, 0.05)
LENGTH, MEAN = 4096, 700


def resident() -> dict[str, int]:
    lines = Path("/proc/self/status").read_text().splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return {
        "anonymous": int(values["RssAnon"]) * 1024,
        "file": (int(values["RssFile"]) + int(values["RssShmem"])) * 1024,
    }


class Watch:
    """Keeps the largest values seen."""

    def __init__(self) -> None:
        self.most, self._stop = resident(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.look()

    def look(self) -> None:
        self.most = {name: max(value, self.most[name]) for name, value in resident().items()}

    def end(self) -> dict[str, int]:
        self.look()
        self._stop.set()
        self._thread.join()
        return self.most


def child(root: Path, documents: int) -> dict[str, Any]:
    """Make the order and read places in all parts of it; return bytes before and at most."""
    from pipeline.stream.derive import derived_ledger
    from pipeline.stream.open_run import director_from_start
    from pipeline.stream.reader import Reader
    from pipeline.stream.slice_table import load_slices

    stream = root / "stream" / "bench"
    run = make_run(SHARES, tokens=documents * MEAN, sequence_length=LENGTH, batch=1024, round_steps=32)
    before, watch, start = resident(), Watch(), time.process_time()
    director = director_from_start(root, run, {}, load_slices(stream), 1)
    reader = Reader(root, stream, derived_ledger(root / "ledgers", "bench", director, {}), run, seed=1)
    for piece in reader.slices.values():
        reader.strings.order(reader.strings.rule_at(piece.name, 0), 0)
    built = time.process_time() - start
    last = reader.ledger.last()
    assert last is not None
    for part in range(64):
        for sequence in reader.sequences(last.end * part // 64, 16):
            assert sum(piece.tokens for piece in reader.pieces(sequence)) == LENGTH
    most = watch.end()
    return {"before": before, "most": most, "build_nanoseconds_a_document": round(1e9 * built / documents, 1)}


def measure(documents: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        write_slices(Path(folder), [int(share * documents) for share in SHARES], mean=MEAN)
        command = [sys.executable, __file__, "--child", folder, "--documents", str(documents)]
        figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    grown = {name: figures["most"][name] - figures["before"][name] for name in figures["most"]}
    return {
        "documents": documents,
        "anonymous_over_floor": round(figures["most"]["anonymous"] / figures["before"]["anonymous"], 2),
        "anonymous_grown_mebibytes": round(grown["anonymous"] / 2**20, 1),
        "mapped_files_grown_mebibytes": round(grown["file"] / 2**20, 1),
        "tables_and_orders_on_disk_mebibytes": round(documents * (20 + 16) / 2**20, 1),
        "build_nanoseconds_a_document": figures["build_nanoseconds_a_document"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10**6 to 10**8 documents instead of 10**6 to 10**7")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--documents", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(child(asked.child, asked.documents)))
        return
    sizes = (
        (1_000_000, 10_000_000, 30_000_000, 100_000_000)
        if asked.full
        else (1_000_000, 2_000_000, 5_000_000, 10_000_000)
    )
    rows = [measure(documents) for documents in sizes]
    growth = rows[-1]["anonymous_grown_mebibytes"] / rows[0]["anonymous_grown_mebibytes"]
    keep("memory", {"target": "flat", "anonymous_growth_last_over_first": round(growth, 2), "measured": rows})


if __name__ == "__main__":
    main()
