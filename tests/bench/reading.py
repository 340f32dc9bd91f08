"""A measurement: reading one step's sequences, as a share of the step.

Two shapes. A step of an 8B model on GPUs is not run but assumed: 6 x parameters x tokens FLOPs at 40 % of 989e12
FLOP/s a GPU, 64 GPUs, 512 sequences of 8,192 tokens; each rank finds its place among all 512 sequences and reads its
8. The demo's CPU step is bounded from below: its FLOPs at the rate of a matrix product measured in this very run
(2,048 square, all threads), so the share is an upper bound. CPU seconds, the median over many steps; the digest that
training keeps of every sequence is a figure of its own.
Floor: copying the step's tokens out of memory, as int64.
Prints JSON and keeps it: python tests/bench/reading.py
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from synthetic import keep, make_run, timed, write_slices

from pipeline.stream.derive import derived_ledger
from pipeline.stream.open_run import director_from_start
from pipeline.stream.reader import Reader, digest
from pipeline.stream.slice_table import load_slices

SHAPES: dict[str, dict[str, Any]] = {
    "8B, 64 GPUs": {"parameters": 8.0e9, "length": 8192, "batch": 512, "ranks": 64, "flops": 64 * 0.4 * 989e12},
    "demo, CPU": {"parameters": 3.0e6, "length": 256, "batch": 16, "ranks": 1, "flops": None},
}
SHARES, MEAN, STEPS = (0.5, 0.3, 0.15, 0.05), 700, 40


def matrix_flops() -> float:
    """Return FLOP/s of a single-precision matrix product here."""
    a = np.random.default_rng(0).standard_normal((2048, 2048), dtype=np.float32)
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        a @ a
        seconds.append(time.perf_counter() - start)
    return float(2 * 2048**3 / min(seconds))


def measure(root: Path, shape: dict[str, Any]) -> dict[str, Any]:
    length, batch = shape["length"], shape["batch"]
    run = make_run(SHARES, tokens=batch * length * STEPS, sequence_length=length, batch=batch, round_steps=32)
    director = director_from_start(root, run, {}, load_slices(root / "stream" / "bench"), 1)
    ledger = derived_ledger(root / "ledgers", "bench", director, {"length": str(length)})
    reader = Reader(root, root / "stream" / "bench", ledger, run, seed=1)
    figures: dict[str, list[float]] = {name: [] for name in ("one by one", "together", "digest", "floor")}
    for step in range(STEPS):
        rank = step % shape["ranks"]

        def one_by_one(begin: int = step * batch, rank: int = rank) -> Any:
            own = list(reader.sequences(begin, batch))[rank :: shape["ranks"]]
            return np.stack([reader.read(sequence) for sequence in own])

        def together(begin: int = step * batch, rank: int = rank) -> Any:
            return reader.block(reader.share(begin, batch, rank, shape["ranks"])).astype(np.int64)

        seconds, rows = timed(one_by_one)
        figures["one by one"].append(seconds)
        figures["together"].append(timed(together)[0])
        figures["digest"].append(timed(lambda rows=rows: [digest(0, row) for row in rows])[0])
        figures["floor"].append(timed(lambda rows=rows: rows.astype(np.int64))[0])
    step_seconds = 6 * shape["parameters"] * batch * length / (shape["flops"] or matrix_flops())
    middle = {name: float(np.median(values)) for name, values in figures.items()}
    return {
        "assumed": {name: value for name, value in shape.items() if value},
        "share_of_a_step": {name: f"{value / step_seconds:.2e}" for name, value in middle.items()},
        "share_of_a_step_with_the_first_of_a_round": f"{max(figures['together']) / step_seconds:.2e}",
        "together_over_floor": round(middle["together"] / max(middle["floor"], 1e-7), 1),
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_slices(root, [int(share * 60_000) for share in SHARES], mean=MEAN, with_tokens=True)
        rows = {name: measure(root, shape) for name, shape in SHAPES.items()}
    keep("reading", {"target": "at most 1e-3 of a step", "measured": rows})


if __name__ == "__main__":
    main()
