"""A measurement: the keyed permutation, and orders made of it, against numpy's Generator.permutation.

All shuffle the same number of documents in one process, in turns, so that other work on the machine hits all alike;
the best round of each counts. numpy's needs the whole array in memory; ours is asked for one chunk at a time.
Prints JSON and keeps it: python tests/bench/permutation.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from curricula.blocks import Blocks
from curricula.buckets import Buckets
from curricula.order import Order
from curricula.paced import Paced
from curricula.random_order import Random

RESULT = Path(__file__).parent / "results" / "permutation.json"
SIZES = (10**4, 10**5, 10**6, 10**7)


def reading(order: Order, size: int, signal: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Callable[[], None]:
    def run() -> None:
        for _ in order.rows(size, signal if order.needs else None, 12345):
            pass

    return run


def best_seconds(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def measure(size: int, rounds: int) -> dict[str, float]:
    """Return how many times numpy's time each order takes."""
    signal = np.random.default_rng(1).normal(size=size)
    seconds = best_seconds(
        {
            "numpy": lambda: np.random.default_rng(12345).permutation(size),
            "numpy_argsort_of_the_signal": lambda: np.argsort(signal, kind="stable"),
            "random": reading(Random(), size, signal),
            "blocks": reading(Blocks(), size, signal),
            "buckets": reading(Buckets(signal="s"), size, signal),
            "paced": reading(Paced(signal="s"), size, signal),
        },
        rounds,
    )
    return {name: round(value / seconds["numpy"], 3) for name, value in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    result = {"time_against_numpy_permutation": {f"{size:.0e}": measure(size, rounds) for size in SIZES}}
    text = json.dumps(result, indent=1)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
