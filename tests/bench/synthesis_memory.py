"""A measurement: whether the memory of synthesis grows with the number of requests.

Bytes that the process owns (RssAnon), at twenty points, each in a process of its own: of the store of answers, while a
million are looked for, kept and found; of the index of near-duplicates, while documents like no other are looked for
and taken in; and of the making as a whole against a fast local server, with seeds that lie on disk as those of a stage.
What is kept is kept at every point, so that a run that is stopped early says how far it came. Growth is told from the
first quarter of the points on, after which caches are full. A part of which 0 are asked for stays as it was measured.
Prints JSON and keeps it: PYTHONPATH=tests/support python tests/bench/synthesis_memory.py
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import synthesis_overhead
from memory import resident
from synthesis_overhead import ours
from synthesis_world import page, written
from synthetic import RESULTS, keep

from pipeline.clean.deduplication import MinHash
from pipeline.label.answers import Answer, Answers, key_of
from pipeline.synthesize.near_duplicates import Accepted, Likeness

POINTS = 20


def tell(done: int, asked: int) -> None:
    """Print a point where ``done`` of what was asked for is one."""
    if done % (asked // POINTS) == 0:
        print(json.dumps([done, resident()["anonymous"]]), flush=True)


def memory_of_making(requests: int) -> None:
    with subprocess.Popen(
        [sys.executable, synthesis_overhead.__file__, "--serve", "0.005"], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        port, done = int(child.stdout.readline()), 0

        def watch(tokens: float) -> None:
            nonlocal done
            done += 1
            tell(done, requests)

        try:
            ours(port, 0, requests, 64, 1, watch)
        finally:
            child.kill()


def memory_of_store(answers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, group = Answers(Path(folder)), 50
        for first in range(0, answers, group):
            rows = []
            for number in range(first, first + group):
                request = {"model": "m", "messages": [{"role": "user", "content": f"{number} " + page(number) * 8}]}
                key = key_of(request)
                assert store.find_key(key) is None
                rows.append((key, request, Answer(written(page(number)), "stop", 300, 150)))
            store.keep_all(rows)
            assert store.find_key(rows[-1][0]) == rows[-1][2]
            tell(first + group, answers)


def memory_of_index(documents: int) -> None:
    settings, draw = MinHash(), np.random.default_rng(0)
    accepted = Accepted(settings)
    for number in range(1, documents + 1):
        signatures = draw.integers(0, 1 << 32, (2, settings.num_hashes), np.uint32)
        bands = draw.integers(-(1 << 63), 1 << 63, (2, settings.bands), np.int64)
        assert accepted.reject(f"document-{number}", Likeness(signatures, bands)) is None
        tell(number, documents)


PARTS = {"store": memory_of_store, "index": memory_of_index, "making": memory_of_making}


class Found:
    """What the parts have told so far."""

    def __init__(self, asked: dict[str, int]) -> None:
        self._asked, self._lock = asked, threading.Lock()
        self._points: dict[str, list[list[int]]] = {part: [] for part in asked}
        kept = RESULTS / "synthesis_memory.json"
        self._before = json.loads(kept.read_text()) if kept.exists() else {}

    def listen(self, part: str, process: subprocess.Popen[str]) -> None:
        """Keep every point of a part as it comes."""
        assert process.stdout is not None
        for line in process.stdout:
            with self._lock:
                self._points[part].append(json.loads(line))
                keep("synthesis_memory", {"target": "flat", **{name: self._of(name) for name in PARTS}})

    def _of(self, part: str) -> dict[str, Any]:
        if part not in self._points:
            return {"command": self._before.get("command"), **self._before.get(part, {})}
        points = self._points[part]
        told: dict[str, Any] = {"asked_for": self._asked[part], "done": points[-1][0] if points else 0}
        if len(points) > POINTS // 4:
            (before, first), (after, last) = points[len(points) // 4], points[-1]
            told["bytes_grown_each_after_first_quarter"] = round((last - first) / (after - before), 1)
        return {**told, "resident_mebibytes": {str(done): round(size / 2**20, 1) for done, size in points}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=int, default=1_000_000, help="answers")
    parser.add_argument("--index", type=int, default=1_000_000, help="documents")
    parser.add_argument("--making", type=int, default=1_000_000, help="requests")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        PARTS[asked.part](getattr(asked, asked.part))
        return
    own = [sys.executable, __file__, *sys.argv[1:], "--part"]
    parts = [part for part in PARTS if getattr(asked, part)]
    found = Found({part: getattr(asked, part) for part in parts})
    started = {part: subprocess.Popen([*own, part], stdout=subprocess.PIPE, text=True) for part in parts}
    threads = [threading.Thread(target=found.listen, args=each) for each in started.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed := [part for part, process in started.items() if process.wait()]:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
