"""A measurement: emitting a stream, against a plain NumPy gather and against the disk.

Sides, in turns over the same sequences: plain (a memory-mapped slice for each piece of a document, one concatenation
a sequence, as ``IndexedDataset`` users write it), list (the same over a plain array, the fastest loop we know), and
ours (`Reader.batches` and `Reader.block`: finding the pieces is part of it, the other two are given them). Then the
whole of ``headwater emit`` with its table of origins, hashes and fsync, against writing the same bytes with fsync.
CPU seconds for what computes, wall seconds for what waits on the disk; the best of some rounds.
Floor of the gather: one read and one write of every byte, measured as a copy of the same bytes in memory
(``numpy.copyto``). Floor of the whole: that copy, one SHA-256 and one write of every byte ("hash", "write").
Prints JSON and keeps it: python tests/bench/emit.py [--full]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from synthetic import keep, make_run, timed, write_slices

from pipeline import artifact
from pipeline.progress import Progress
from pipeline.stage import Where, make_stale
from pipeline.stream.derive import derived_ledger
from pipeline.stream.emit import EmitStage, fingerprints_of
from pipeline.stream.emit_shard import CHUNK_BYTES
from pipeline.stream.open_run import director_from_start
from pipeline.stream.origins import Origins
from pipeline.stream.reader import Batch, Reader
from pipeline.stream.slice_table import load_slices

LENGTH, MEAN = 4096, 700
SHARES = (0.5, 0.3, 0.15, 0.05)


def world(root: Path, tokens: int) -> Reader:
    write_slices(root, [int(share * tokens / MEAN * 1.05) for share in SHARES], mean=MEAN, with_tokens=True)
    run = make_run(SHARES, tokens=tokens, sequence_length=LENGTH, batch=256, round_steps=32)
    stream = root / "stream" / "bench"
    director = director_from_start(root, run, {}, load_slices(stream), 1)
    reader = Reader(root, stream, derived_ledger(root / "cache" / "ledgers", "bench", director, {}), run, seed=1)
    for piece in reader.slices.values():
        reader.strings.order(reader.strings.rule_at(piece.name, 0), 0)
        np.fromfile(root / "tokens" / piece.source / "train-00000.bin", dtype=np.uint16).sum()
    return reader


def batches(reader: Reader, end: int) -> list[Batch]:
    count = CHUNK_BYTES // (4 * LENGTH)
    return [batch for begin in range(0, end, count) for batch in reader.batches(begin, min(count, end - begin))]


def stretches(reader: Reader, root: Path, known: list[Batch], plain: bool) -> list[list[tuple[Any, int, int]]]:
    """Return for each sequence its (array of a source, begin, end), ready to be read."""
    arrays, bases = {}, {}
    for name, piece in reader.slices.items():
        mapped = np.memmap(root / "tokens" / piece.source / "train-00000.bin", np.uint16, "r")
        arrays[name] = mapped if plain else np.asarray(mapped)
        bases[name] = reader._tokens_of(piece.source).shards[0].ctypes.data
    found = []
    for batch in known:
        pieces, names = batch.pieces, batch.placements.names
        rows: list[list[tuple[Any, int, int]]] = [[] for _ in batch.placements.which]
        for sequence, index, address, size in zip(
            pieces.sequence.tolist(),
            pieces.slice.tolist(),
            pieces.address.tolist(),
            pieces.tokens.tolist(),
            strict=True,
        ):
            begin = (address - bases[names[index]]) // 2
            rows[sequence].append((arrays[names[index]], begin, begin + size))
        found += rows
    return found


def gather_plain(sequences: list[list[tuple[Any, int, int]]]) -> int:
    return sum(len(np.concatenate([array[begin:end] for array, begin, end in parts])) for parts in sequences)


def gather_ours(reader: Reader, end: int) -> int:
    count = CHUNK_BYTES // (4 * LENGTH)
    blocks = (reader.block(b) for p in range(0, end, count) for b in reader.batches(p, min(count, end - p)))
    return sum(block.size for block in blocks)


def copy(data: np.ndarray, out: np.ndarray) -> None:
    for begin in range(0, len(data), CHUNK_BYTES):
        np.copyto(out[: len(data[begin : begin + CHUNK_BYTES])], data[begin : begin + CHUNK_BYTES])


def write_plain(path: Path, data: memoryview) -> None:
    with path.open("wb") as file:
        for begin in range(0, len(data), 1 << 20):
            file.write(data[begin : begin + (1 << 20)])
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def hash_plain(data: memoryview) -> str:
    digest = hashlib.sha256()
    for begin in range(0, len(data), 1 << 20):
        digest.update(data[begin : begin + (1 << 20)])
    return digest.hexdigest()


def best(work: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Return the least (CPU seconds, wall seconds)."""
    figures = []
    for _ in range(rounds):
        start = time.perf_counter()
        figures.append((timed(work)[0], time.perf_counter() - start))
    return min(cpu for cpu, _ in figures), min(wall for _, wall in figures)


def measure(folder: Path, tokens: int, rounds: int) -> dict[str, Any]:
    reader = world(folder, tokens)
    last = reader.ledger.last()
    assert last is not None
    end, total = last.end, last.end * (LENGTH + 1)
    known = batches(reader, end)
    origins = Origins(folder, reader.slices, reader.strings, fingerprints_of(folder, sorted(reader.slices)))
    origins.table(known[0])
    for_memmap, for_list = (stretches(reader, folder, known, plain) for plain in (True, False))
    data = np.zeros(total * 2, np.uint8)
    out = folder / "out"
    stage = EmitStage(out, "bench", reader, (0, end), fingerprints_of(folder, sorted(reader.slices)))

    def emit() -> None:
        if out.exists():
            artifact.read_manifest(out)
            out.rename(out.with_name(f"done{time.monotonic_ns()}"))
        make_stale((stage,), Where(folder, progress=Progress(quiet=True)))

    room = np.zeros(CHUNK_BYTES, np.uint8)
    works: dict[str, Callable[[], Any]] = {
        "plain": lambda: gather_plain(for_memmap),
        "list": lambda: gather_plain(for_list),
        "ours": lambda: gather_ours(reader, end),
        "pieces": lambda: batches(reader, end),
        "origins": lambda: [origins.table(batch) for batch in known],
        "copy": lambda: copy(data, room),
        "write": lambda: write_plain(folder / "written", memoryview(data)),
        "hash": lambda: hash_plain(memoryview(data)),
        "emit": emit,
    }
    seconds = {name: best(work, rounds) for name, work in works.items()}
    cpu = {name: figures[0] for name, figures in seconds.items()}
    least = cpu["copy"] + cpu["hash"] + cpu["write"]
    return {
        "tokens": total,
        "pieces_a_sequence": round(sum(len(batch.pieces) for batch in known) / end, 1),
        "gather_times_faster": {
            "than plain": round(cpu["plain"] / cpu["ours"], 2),
            "than list": round(cpu["list"] / cpu["ours"], 2),
        },
        "gather_over_floor": round(cpu["ours"] / cpu["copy"], 2),
        "share_of_gather_spent_finding_pieces": round(cpu["pieces"] / cpu["ours"], 2),
        "emit_over_gather": round(cpu["emit"] / cpu["ours"], 2),
        "emit_times_faster_than_plain_gather_alone": round(cpu["plain"] / cpu["emit"], 2),
        "emit_times_faster_than_plain_gather_written_and_hashed": round(
            (cpu["plain"] + cpu["write"] + cpu["hash"]) / cpu["emit"], 2
        ),
        "emit_over_floor": round(cpu["emit"] / least, 2),
        "floor_times_faster_than_plain_gather_alone": round(cpu["plain"] / least, 2),
        "share_of_emit": {
            "gather": round(cpu["ours"] / cpu["emit"], 2),
            "origins": round(cpu["origins"] / cpu["emit"], 2),
            "hash": round(cpu["hash"] / cpu["emit"], 2),
            "write": round(cpu["write"] / cpu["emit"], 2),
        },
        "wall": {
            "gather over writing with fsync": round(seconds["ours"][1] / seconds["write"][1], 2),
            "hash over writing with fsync": round(seconds["hash"][1] / seconds["write"][1], 2),
            "emit over writing with fsync": round(seconds["emit"][1] / seconds["write"][1], 2),
        },
        "million_tokens_a_cpu_second": {
            name: round(total / cpu[name] / 1e6) for name in ("plain", "list", "ours", "emit")
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="up to 10**9 tokens instead of 10**8")
    asked = parser.parse_args()
    rows = []
    for tokens in (40_000_000, 100_000_000, 300_000_000, 1_000_000_000) if asked.full else (
        10_000_000, 30_000_000, 60_000_000, 100_000_000,
    ):  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(Path(folder), tokens, rounds=3))
    keep("emit", {"target": "3 times faster than plain a core, near the disk's bandwidth", "measured": rows})


if __name__ == "__main__":
    main()
