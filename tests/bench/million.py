"""A measurement: seconds and memory of each step from raw records to labels, at several sizes, and how they grow.

Documents are made from the demo's English encyclopedia and Chinese news: a piece of about a thousand bytes whose
sentences are those of several documents, so that most are alike nothing; one in twenty is an edited copy of an earlier
one. A quarter are Chinese, each a source with its profile. Cleaned with the recipe's defaults, MinHash and a benchmark
file, then labelled with every signal that needs no model. Each size runs in a process of its own with one worker.
Seconds are CPU seconds of that process; growth is the slope of log seconds over log documents between the smallest
and the largest size (1 is linear), after a corpus of 200 documents has loaded tables and libraries.
Memory: the most the process itself owns (RssAnon, sampled every 10 ms) above what it owned after that first corpus, in
all and by step, and of each step above what was held when it began: the second source begins with what the labels of
the first left in the allocator. A task of cleaning reads 1 MiB and a piece of labelling 8 MiB of text, so memory rises
until a corpus fills one of each and must then stay: flat is the largest size beside the one before.
The last row is more documents of a fifth the size, which is what a step costs a document rather than a byte.
A million documents of a thousand bytes are not run: their figures are the largest size's, carried on along the slope,
and named so.
Prints JSON and keeps it: PYTHONPATH=tests/support python tests/bench/million.py
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import clean_pages as real
import planted_copies
from memory import Watch, resident
from synthetic import keep

from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.deduplication import MinHash
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.label.signals import CompressionRatio, Language, Length, Mtld, Readability
from pipeline.label.stage import LabelStage
from pipeline.progress import Progress, Task
from pipeline.sources import Source
from pipeline.stage import Stage, Where, make

SIZES = (1_000, 10_000, 30_000, 100_000)
BYTES = 1_000
"""Of a document, about."""
SHORT, SHORT_BYTES = 300_000, 200
"""Of the last row."""
COPIES = 0.05
SIGNALS = (Length(), CompressionRatio(), Mtld(), Readability(), Language())
CODES = {"en": ("en-wikipedia", ". "), "zh": ("zh-news", "。")}


class Spent(Progress):
    """Counts CPU seconds by what is being done, and the most memory meanwhile; work between two tasks belongs to the
    one that is named next.
    """

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.seconds: Counter[str] = Counter()
        self.memory: Counter[str] = Counter()
        self.own: Counter[str] = Counter()
        """Of each step: the most above what was held when it began."""
        self._held = resident()["anonymous"]
        self.watch = Watch()
        self._last = time.process_time()

    def note(self, name: str) -> None:
        now = time.process_time()
        self.seconds[name] += now - self._last
        self._last = now
        most = self.watch.most["anonymous"]
        self.memory[name] = max(self.memory[name], most)
        self.own[name] = max(self.own[name], most - self._held)
        self.watch.most = resident()
        self._held = self.watch.most["anonymous"]

    @contextmanager
    def task(self, title: str, total: float | None, unit: str) -> Iterator[Task]:
        """Note under the first word of the title, or the signal's name."""
        name = title.split()[0]
        name = f"label: {title.split()[-1]}" if name == "labelling" else name
        self.note({"cleaning": "start", "comparing": "start", "writing": "decide"}.get(name, "start"))
        with super().task(title, total, unit) as task:
            yield task
        self.note({"cleaning": "read, repair, filter", "comparing": "compare", "writing": "write"}.get(name, name))


def sentences(profile: str) -> list[str]:
    source, end = CODES[profile]
    texts = (text.replace("\n", " ") for _, text in real.demo(source) if not real.is_link_list(text))
    return [part + end for text in texts for part in text.split(end) if len(part.encode()) > 30]


def documents(profile: str, count: int, size_of_each: int) -> Iterator[str]:
    """Yield texts; the first of a larger number are those of a smaller one."""
    known, seed, recent = sentences(profile), random.Random(profile), list[str]()
    for _ in range(count):
        if recent and seed.random() < COPIES:
            yield planted_copies.near_copy(seed.choice(recent), seed, chinese=profile == "zh", dropped=0.01)[1]
            continue
        parts, size = [], 0
        while size < size_of_each:
            part = seed.choice(known)
            parts.append(part)
            size += len(part.encode())
        recent = [*recent[-500:], "".join(parts)]
        yield recent[-1]


def write(folder: Path, size: int, size_of_each: int) -> None:
    for profile, count in (("en", size - size // 4), ("zh", size // 4)):
        with (folder / f"{profile}.jsonl").open("w", encoding="utf-8") as file:
            for number, text in enumerate(documents(profile, count, size_of_each)):
                file.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")
    questions = planted_copies.questions([t for _, t in real.demo("qa-packages")], shortest=60, longest=600)
    with (folder / "benchmark.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"question": question}) + "\n" for question in questions)


def run(folder: Path) -> tuple[Spent, Counter[str]]:
    """Clean and label both sources; return what each step took, and documents by what became of them."""
    clean = Clean(
        language_model=str((real.DEMO / "language-model" / "lid.176.ftz").resolve()),
        deduplicate=MinHash(),
        decontaminate=Decontaminate(files=("benchmark.jsonl",)),
    )
    spent, outcomes = Spent(), Counter[str]()
    for profile in CODES:
        read = {"kind": "jsonl", "paths": [f"{profile}.jsonl"]}
        source = Source.model_validate({"read": read, "profile": profile, "license": "mixed"})
        corpus = CleanStage(profile, source, clean, 0, folder)
        stages: list[Stage] = [corpus, *(LabelStage(corpus, signal) for signal in SIGNALS)]
        make(stages, Where(folder / "root", progress=spent))
        spent.note("publish")
        manifest = json.loads((folder / "root" / corpus.name / "manifest.json").read_text())["counts"]
        outcomes.update({"kept": manifest["kept"], **manifest["removed"]})
    spent.watch.end()
    return spent, outcomes


def child(size: int, size_of_each: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        write(Path(first), 200, BYTES)
        run(Path(first))
        write(Path(second), size, size_of_each)
        megabytes = sum((Path(second) / f"{profile}.jsonl").stat().st_size for profile in CODES) / 1e6
        before = resident()["anonymous"]
        spent, outcomes = run(Path(second))
    return {
        "documents": size,
        "megabytes": round(megabytes, 1),
        "outcomes": dict(sorted(outcomes.items())),
        "cpu_seconds": {name: round(value, 2) for name, value in spent.seconds.items()},
        "cpu_seconds_in_all": round(sum(spent.seconds.values()), 1),
        "memory_before_mebibytes": round(before / 2**20),
        "memory_grown_mebibytes": _grown(max(spent.memory.values()), before),
        "memory_grown_by_step": {name: _grown(most, before) for name, most in spent.memory.items()},
        "memory_of_the_step_alone": {name: _grown(most, 0) for name, most in spent.own.items()},
    }


def _grown(most: int, before: int) -> float:
    return round((most - before) / 2**20, 1)


def carried_on(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return for each step the slope, and what it gives for a million documents."""
    first, last = rows[0], rows[-1]
    larger = math.log(last["documents"] / first["documents"])
    made = {}
    for name, seconds in last["cpu_seconds"].items():
        slope = math.log(max(seconds, 0.01) / max(first["cpu_seconds"].get(name, 0), 0.01)) / larger
        million = seconds * (1e6 / last["documents"]) ** max(slope, 1.0)
        made[name] = {"growth_exponent": round(slope, 2), "cpu_seconds": round(million, 1)}
    total = sum(step["cpu_seconds"] for step in made.values())
    return {
        "note": "extrapolated from the largest size along the slope (at least 1), one core; not run",
        "steps": made,
        "cpu_minutes_in_all": round(total / 60, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--short", type=int, default=SHORT)
    parser.add_argument("--child", type=int, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(child(*asked.child)))
        return
    rows = []
    for size, size_of_each in [*((size, BYTES) for size in asked.sizes), (asked.short, SHORT_BYTES)]:
        command = [sys.executable, __file__, "--child", str(size), str(size_of_each)]
        rows.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout))
        print(json.dumps(rows[-1]), flush=True)
    *measured, short = rows
    memory = [row["memory_grown_mebibytes"] for row in measured]
    found = {
        "target": "linear time, flat memory",
        "measured": measured,
        "memory_of_the_largest_over_the_one_before": round(memory[-1] / memory[-2], 2),
        f"short_documents_of_{SHORT_BYTES}_bytes": short,
        "a_million_documents": carried_on(measured),
    }
    keep("million", found)


if __name__ == "__main__":
    main()
