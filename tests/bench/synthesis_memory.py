"""A measurement: whether the memory of synthesis grows with the number of requests.

Bytes that the process owns (RssAnon), at ten points, each in a process of its own: of the store of answers, while a
million are looked for, kept and found; of the index of near-duplicates, while documents like no other are looked for
and taken in; and of the making as a whole against a fast local server, with seeds that lie on disk as those of a stage.
Prints JSON and keeps it: PYTHONPATH=tests/support python tests/bench/synthesis_memory.py
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import synthesis_overhead
from memory import resident
from synthesis_overhead import ours
from synthesis_world import page, written
from synthetic import keep

from pipeline.clean.deduplication import MinHash
from pipeline.label.answers import Answer, Answers, key_of
from pipeline.synthesize.near_duplicates import Accepted, Likeness


def memory_of_making(requests: int) -> dict[str, Any]:
    points: list[dict[str, int]] = []
    with subprocess.Popen(
        [sys.executable, synthesis_overhead.__file__, "--serve", "0.005"], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        port, done = int(child.stdout.readline()), 0

        def watch(tokens: float) -> None:
            nonlocal done
            done += 1
            if done % (requests // 10) == 0:
                points.append({"requests": done, "resident_mebibytes": resident()["anonymous"] >> 20})
                print(points[-1], file=sys.stderr, flush=True)

        made = ours(port, 0, requests, 64, 1, watch)
        child.kill()
    return {"points": points, "kept": made["kept"], **_growth(points)}


def memory_of_store(answers: int) -> dict[str, Any]:
    points = []
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
            if (first + group) % (answers // 10) == 0:
                points.append({"answers": first + group, "resident_mebibytes": resident()["anonymous"] >> 20})
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.sqlite"))
    return {"points": points, **_growth(points), "bytes_on_disk": size}


def _growth(points: list[dict[str, int]]) -> dict[str, Any]:
    (first, *_, last) = points
    (count,) = first.keys() - {"resident_mebibytes"}
    grown = (last["resident_mebibytes"] - first["resident_mebibytes"]) << 20
    return {"bytes_grown_a_request_from_first_point_to_last": round(grown / (last[count] - first[count]), 1)}


def memory_of_index(documents: int) -> dict[str, Any]:
    settings, draw, points = MinHash(), np.random.default_rng(0), []
    accepted = Accepted(settings)
    for number in range(1, documents + 1):
        signatures = draw.integers(0, 1 << 32, (2, settings.num_hashes), np.uint32)
        bands = draw.integers(-(1 << 63), 1 << 63, (2, settings.bands), np.int64)
        assert accepted.reject(f"document-{number}", Likeness(signatures, bands)) is None
        if number % (documents // 10) == 0:
            points.append({"documents": number, "resident_mebibytes": resident()["anonymous"] >> 20})
    return {"points": points, **_growth(points)}


PARTS = {"store": memory_of_store, "index": memory_of_index, "making": memory_of_making}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=int, default=1_000_000, help="answers")
    parser.add_argument("--index", type=int, default=1_000_000, help="documents")
    parser.add_argument("--making", type=int, default=100_000, help="requests")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps(PARTS[asked.part](getattr(asked, asked.part))))
        return
    own = [sys.executable, __file__, *sys.argv[1:], "--part"]
    started = {part: subprocess.Popen([*own, part], stdout=subprocess.PIPE, text=True) for part in PARTS}
    found = {part: json.loads(process.communicate()[0]) for part, process in started.items()}
    keep("synthesis_memory", {"target": "flat", **found})


if __name__ == "__main__":
    main()
