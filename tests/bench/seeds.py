"""A measurement: how many of the pages chosen for a discipline are of it, on real documents whose subject is known.

Pages are the posts of 20 newsgroups (test half: sci.med is medicine, sci.space astronomy, comp.*, sci.crypt and
sci.electronics computer science, the rest nothing) and of sources of the demo, which are nothing. One in three
posts of a discipline bears its label; recall and queries are to find the others. Precision is the share of the pages
found by a way that are of the discipline; found is their number of those hidden.
Prints JSON and keeps it: python tests/bench/seeds.py [--cache FOLDER] [--demo FOLDER]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from synthetic import keep
from topic_corpora import newsgroups

from pipeline.clean import corpus
from pipeline.seeds import key
from pipeline.synthesize.order import Order
from pipeline.synthesize.seeds.columns import Labelled
from pipeline.synthesize.seeds.finding import Finding

GROUPS = {
    "comp.": "computer-science",
    "sci.crypt": "computer-science",
    "sci.electronics": "computer-science",
    "sci.med": "medicine",
    "sci.space": "astronomy",
}
DISCIPLINES = sorted(set(GROUPS.values()))
LABELLED = 3
"""One page of so many bears its label."""
NOTHING = "nothing"
OTHERS = ("en-speeches", "en-wikipedia", "zh-news")
"""Sources of the demo that hold little or no science; the encyclopedia's pages are left out of the counts."""


def documents(cache: Path, demo: Path) -> list[dict[str, str]]:
    """Return text, discipline and source of every page."""
    ((_, posts),) = newsgroups(cache)
    found = [
        {
            "text": text,
            "truth": next((d for start, d in GROUPS.items() if group.startswith(start)), NOTHING),
            "of": "ng",
        }
        for text, group in posts
    ]
    for source in OTHERS:
        with (demo / source / "documents.jsonl").open(encoding="utf-8") as file:
            found += [{"text": json.loads(line)["text"], "truth": NOTHING, "of": source} for line in file]
    return sorted(found, key=lambda each: key(0, each["text"]))


def found_by(pages: list[dict[str, str]], seeds: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return discipline -> way -> pages found, their precision, and the share of the hidden ones that they are."""
    ids = [str(i) for i in range(len(pages))]
    labels = [
        page["truth"] if key(1, page["text"]) % LABELLED == 0 and page["truth"] != NOTHING else "" for page in pages
    ]
    (folder / corpus.DOCUMENTS).mkdir(parents=True, exist_ok=True)
    table = {"id": ids, "text": [page["text"] for page in pages], "url": [""] * len(pages)}
    pq.write_table(pa.table(table), folder / corpus.DOCUMENTS / "00000.parquet", row_group_size=1024)
    pq.write_table(pa.table({"id": ids, "topic": labels}), folder / "labels.parquet")
    order = Order.model_validate(
        {
            "corpus": "bench",
            "discipline": "topic",
            "quotas": dict.fromkeys(DISCIPLINES, 1),
            "seeds": seeds,
            "generator": {"url": "http://localhost/v1", "model": "none"},
            "budget": {"requests": 1},
        }
    )
    labelled = Labelled(folder, {"topic": folder / "labels.parquet"})
    chosen = Finding(order, labelled, folder, folder / "draft", folder / "scratch").run()
    result: dict[str, Any] = {}
    for name in DISCIPLINES:
        hidden = sum(p["truth"] == name for p, label in zip(pages, labels, strict=True) if not label)
        counts, right = Counter[str](), Counter[str]()
        for row in map(int, chosen.rows(name)):
            if pages[row]["of"] != "en-wikipedia":
                counts[chosen.how(row)] += 1
                right[chosen.how(row)] += pages[row]["truth"] == name
        result[name] = {"labelled": counts["label"], "hidden": hidden} | {
            way: {
                "found": counts[way],
                "precision": round(right[way] / counts[way], 3),
                "share_of_hidden": round(right[way] / hidden, 3),
            }
            for way in ("recall", "query")
            if counts[way]
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("data/bench"), help="where packages are kept")
    parser.add_argument("--demo", type=Path, default=Path("data/demo"), help="where the demo's sources are")
    options = parser.parse_args()
    pages = documents(options.cache, options.demo)
    ways = {
        "queries": {"widen": {"rounds": 2, "queries": 60, "keep": 300}},
        "recall_0.9_then_queries": {
            "recall": {"precision": 0.9},
            "widen": {"rounds": 2, "queries": 60, "keep": 300},
        },
    }
    truth = Counter(page["truth"] for page in pages)
    results: dict[str, Any] = {"pages": len(pages), "truth": dict(sorted(truth.items()))}
    for name, seeds in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            results[name] = found_by(pages, seeds, Path(folder))
    keep("seeds", results)


if __name__ == "__main__":
    main()
