"""A measurement: near-duplicates by MinHash, against datatrove's stock MinHash on the same text in the same run.

Text: the demo's Chinese news and English encyclopedia (``make demo`` fetches them), four sizes of each. A fifth of the
documents come a second time, edited: every number another one, one word or character in fifty dropped, a line of
thirty words or characters put before. Both sides read, sign, find pairs and decide; tokenizers and tables are loaded
before the clock starts. datatrove: its defaults (5-grams, 14 x 8, 64-bit hashes), for Chinese with the key that picks
the right tokenizer. Ours: the recipe's defaults (5-grams, 20 x 6), with the hits that are removed compared by whole
signatures. CPU seconds of one process.
Floor: the same documents read from the same files and hashed once, one hash a document.
Beside the rates: how many of the edited copies each side removes, of all and of those that share at least 0.75 of all
5-grams with their original (exactly counted, numbers aside: a short text with a long line before it shares less); how
many other documents go; and how many of the demo's worked problems, each there twice with different numbers, stay.
A last row is decontamination alone: the demo's questions as benchmark, looked for in all of this text.
Prints JSON and keeps it: python tests/bench/minhash.py
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.dedup import minhash as stock
from loguru import logger
from synthetic import keep, timed

from pipeline.clean import duplicates
from pipeline.clean.benchmark_index import build
from pipeline.clean.benchmarks import Passage
from pipeline.clean.compare import Compared, ComparePart
from pipeline.clean.contamination import Contamination
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.deduplication import MinHash
from pipeline.clean.unit_hashes import spelled, units_of

DEMO = Path("data/demo")
TEXTS = {"Chinese": ("zh-news", "zh", "cmn_Hani", ""), "English": ("en-wikipedia", "en", "eng_Latn", " ")}
SIZES = (100, 200, 400, 800)


def texts_of(source: str) -> list[str]:
    lines = (DEMO / source / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def renumbered(text: str, rng: np.random.Generator) -> str:
    """Return the text with another digit for every one."""
    return re.sub(r"\d", lambda digit: str((int(digit[0]) + int(rng.integers(1, 10))) % 10), text)


def edited(text: str, between: str, rng: np.random.Generator) -> str:
    parts = renumbered(text, rng).split(between) if between else list(renumbered(text, rng))
    stays = [part for part in parts if rng.random() > 0.02]
    return between.join([*rng.choice(parts, 30).tolist(), "\n", *stays])


def with_copies(texts: Sequence[str], between: str) -> tuple[list[str], set[int]]:
    """Return the texts with edited copies of the first fifth of them at the end, and the pairs' first ones."""
    rng = np.random.default_rng(7)
    return [*texts, *(edited(text, between, rng) for text in texts[: len(texts) // 5])], set(range(len(texts) // 5))


def write_kept(path: Path, texts: Sequence[str]) -> None:
    def hashed(values: Sequence[str]) -> pa.Array:
        digests = [hashlib.blake2b(value.encode(), digest_size=16).digest() for value in values]
        return pa.array(digests, pa.binary(16))

    names = [f"a:{i}" for i in range(len(texts))]
    columns = {
        "text": pa.array(texts),
        "file_line": pa.array(names),
        "language_score": pa.array(np.ones(len(texts), np.float32)),
        "id_hash": hashed(names),
        "text_hash": hashed([" ".join(text.split()) for text in texts]),
    }
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=1024)


def ours(folder: Path, profile: str) -> set[int]:
    """Return the rows that go."""
    settings = MinHash()
    compared = Compared(tuple((folder / "kept").glob("*.parquet")), 0, folder / "notes", settings)
    ComparePart(compared.parts, 0, compared.notes, profile, settings, None, folder)(None, 0, 1)
    return {row for part in duplicates.find(compared, settings) for row in part.rows.tolist()}


class Stock:
    """datatrove's four steps with their defaults."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder, self.config = folder, stock.MinhashConfig()
        self.signature = stock.MinhashDedupSignature(str(folder / "sigs"), self.config, language)
        self.signature.get_shingles("One sentence. 一句话。")  # loads the tokenizer

    def __call__(self, kept: Path) -> set[int]:
        rows = (
            text
            for batch in pq.ParquetFile(kept).iter_batches(256, columns=["text"])
            for text in batch["text"].to_pylist()
        )
        self.signature.run((Document(text=text, id=str(i)) for i, text in enumerate(rows)), 0, 1)
        for rank in range(self.config.num_buckets):
            buckets = stock.MinhashDedupBuckets(
                str(self.folder / "sigs"), str(self.folder / "dups"), config=self.config
            )
            buckets.run(None, rank, self.config.num_buckets)
        stock.MinhashDedupCluster(str(self.folder / "dups"), str(self.folder / "gone"), self.config).run(None, 0, 1)
        gone = self.folder / "gone" / "000000.remove"
        return set(np.frombuffer(gone.read_bytes(), "<u4").tolist()) if gone.exists() else set()


def floor(kept: Path) -> int:
    return sum(
        hash(text.encode())
        for batch in pq.ParquetFile(kept).iter_batches(256, columns=["text"])
        for text in batch["text"].to_pylist()
    )


def grams(text: str) -> set[tuple[str, ...]]:
    words = ["0" if word[0].isdigit() else word for word in spelled(text)]
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def similar(one: str, other: str) -> bool:
    first, second = grams(one), grams(other)
    return len(first & second) >= 0.75 * len(first | second) > 0


def found(gone: set[int], texts: Sequence[str], firsts: set[int]) -> dict[str, Any]:
    """Return how many pairs lost exactly one, and how many documents went beside."""
    pairs = [(first, len(texts) - len(firsts) + first) for first in firsts]
    lost = [(first in gone) != (second in gone) for first, second in pairs]
    alike = [similar(texts[first], texts[second]) for first, second in pairs]
    both = sum(a and b for a, b in zip(lost, alike, strict=True))
    others = len(gone - {row for pair in pairs for row in pair})
    return {
        "copies_removed": f"{sum(lost)}/{len(pairs)}",
        "of_those_at_least_0.75_alike": f"{both}/{sum(alike)}",
        "others_removed": others,
    }


def measure(root: Path, name: str, size: int) -> dict[str, Any]:
    source, profile, language, between = TEXTS[name]
    texts, firsts = with_copies(texts_of(source)[:size], between)
    folder = root / f"{name}-{size}"
    kept = folder / "kept" / "p.parquet"
    write_kept(kept, texts)
    size_mb = sum(len(text.encode()) for text in texts) / 1e6
    theirs = Stock(folder / "stock", language)
    ours_seconds, ours_gone = timed(lambda: ours(folder, profile))
    stock_seconds, stock_gone = timed(lambda: theirs(kept))
    floor_seconds, _ = timed(lambda: floor(kept))
    return {
        "documents": len(texts),
        "megabytes": round(size_mb, 2),
        "stock_over_ours": round(stock_seconds / ours_seconds, 1),
        "ours_over_floor": round(ours_seconds / floor_seconds, 1),
        "megabytes_a_second": {"ours": round(size_mb / ours_seconds, 1), "stock": round(size_mb / stock_seconds, 2)},
        "ours": found(ours_gone, texts, firsts),
        "stock": found(stock_gone, texts, firsts),
    }


def problems(root: Path) -> dict[str, Any]:
    """Return how many problems stay of those that are there twice, with different numbers."""
    rng = np.random.default_rng(3)
    once = [text for text in texts_of("qa-packages") if re.search(r"\d", text)][:200]
    texts = [*once, *(renumbered(text, rng) for text in once)]
    folder = root / "problems"
    write_kept(folder / "kept" / "p.parquet", texts)
    stock_gone = Stock(folder / "stock", "eng_Latn")(folder / "kept" / "p.parquet")
    return {
        "documents": len(texts),
        "ours_stay": len(texts) - len(ours(folder, "qa")),
        "stock_stay": len(texts) - len(stock_gone),
    }


def decontamination() -> dict[str, Any]:
    wanted = Decontaminate(files=("x",))
    index = build([Passage(str(i), text) for i, text in enumerate(texts_of("qa-packages"))], wanted)
    texts = [text for source, *_ in TEXTS.values() for text in texts_of(source)]
    size_mb = sum(len(text.encode()) for text in texts) / 1e6

    def look() -> int:
        contamination = Contamination.of(index, wanted, "en")
        for _ in contamination.watch(units_of(texts)):
            pass
        return len(contamination.hits())

    seconds, hits = timed(look)
    floor_seconds, _ = timed(lambda: [hash(text.encode()) for text in texts])
    return {
        "ngrams": len(index.long.hashes),
        "megabytes": round(size_mb, 1),
        "hits": hits,
        "megabytes_a_second": round(size_mb / seconds, 1),
        "over_floor": round(seconds / floor_seconds, 1),
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    logger.disable("datatrove")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_kept(root / "warm" / "kept" / "p.parquet", ["one two three four five six", "一二三四五六七"])
        ours(root / "warm", "en")
        rows = {name: [measure(root, name, size) for size in SIZES] for name in TEXTS}
        result = {"target": "Chinese: stock_over_ours at least 10", "measured": rows, "problems": problems(root)}
    keep("minhash", {**result, "decontamination": decontamination()})


if __name__ == "__main__":
    main()
