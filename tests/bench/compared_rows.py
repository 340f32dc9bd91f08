"""Rows of `clean_quality` that need documents to be compared: edited copies, problems, questions of benchmarks.

Ours is the whole stage with the recipe's defaults for MinHash; datatrove's side is its MinHash (defaults: 14 x 8), and
for benchmarks its n-gram filter (12 words), each on the same texts that our filters keep. A pair counts as one copy
removed when exactly one of the two is left.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import planted_copies as planted
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer
from minhash import Stock, write_kept
from page_judges import DATATROVE_CHINESE
from whole_stage import cleaned

from pipeline.clean.deduplication import MinHash

Left = Callable[[Sequence[str], str], list[bool]]
"""Texts and a profile to which of them are left."""
Pairs = Sequence[tuple[str, str]]


def left_by_ours(texts: Sequence[str], profile: str) -> list[bool]:
    return [verdict.kept for verdict in cleaned(texts, profile, deduplicate=MinHash())]


def left_by_stock(texts: Sequence[str], profile: str) -> list[bool]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_kept(folder / "kept" / "p.parquet", texts)
        gone = Stock(folder / "stock", _language(profile))(folder / "kept" / "p.parquet")
    return [row not in gone for row in range(len(texts))]


def _language(profile: str) -> str:
    return DATATROVE_CHINESE if profile == "zh" else "eng_Latn"


def shares(left: Left, pairs: Pairs, profile: str) -> tuple[float, float]:
    """Return the shares of pairs of which exactly one is left, and of which both are."""
    stays = left([text for pair in pairs for text in pair], profile)
    counts = [one + other for one, other in zip(stays[::2], stays[1::2], strict=True)]
    return round(counts.count(1) / len(pairs), 4), round(counts.count(2) / len(pairs), 4)


def sides(with_stock: bool) -> dict[str, Left]:
    return {"headwater": left_by_ours, **({"datatrove": left_by_stock} if with_stock else {})}


def stay_alone(texts: Sequence[str], profile: str) -> list[str]:
    """Return the texts that filters keep, each once: what is measured here is comparing."""
    once = list(dict.fromkeys(texts))
    return [
        text for text, verdict in zip(once, cleaned(once, profile, deduplicate=MinHash()), strict=True) if verdict.kept
    ]


def near_copies(texts: Sequence[str], profile: str, dropped: float, *, with_stock: bool) -> dict[str, Any]:
    """Return the share of edited copies of pages that are removed, one of each pair."""
    seed = random.Random(f"near copies {profile} {dropped}")
    chinese = profile == "zh"
    pairs = [planted.near_copy(text, seed, chinese=chinese, dropped=dropped) for text in stay_alone(texts, profile)]
    measured = {name: {"removed": shares(left, pairs, profile)[0]} for name, left in sides(with_stock).items()}
    return {"pages": len(pairs), **measured}


def problems(texts: Sequence[str], profile: str, *, with_stock: bool) -> dict[str, Any]:
    """Return the share of problems that are both kept where they come a second time with other numbers."""
    seed = random.Random("problems")
    numbered = [text for text in texts if planted.renumbered(text, seed) != text]
    # Filters have no say about the second: where they drop it (an answer that is no answer), comparing was not asked.
    pairs = [(text, planted.renumbered(text, seed)) for text in stay_alone(numbered, profile)]
    stays = cleaned([other for _, other in pairs], profile)
    pairs = [pair for pair, verdict in zip(pairs, stays, strict=True) if verdict.kept]
    measured = {name: {"kept": shares(left, pairs, profile)[1]} for name, left in sides(with_stock).items()}
    return {"pages": len(pairs), **measured}


def left_by_stock_decontamination(texts: Sequence[str], profile: str, questions: Sequence[str]) -> list[bool]:
    config = NGramsDecontConfig()
    NGramsDecontIndexer._requires_dependencies = []  # lighteval fetches benchmarks; here they are given
    index = NGramsDecontIndexer("unused", config=config, language=_language(profile))
    rule = NGramsDecontFilter("unused", config=config, language=_language(profile))
    rule._index_hashes = {value: "questions" for question in questions for value in index.compute_hashes(question)}
    return [rule.filter(Document(text=text, id="x")) is True for text in texts]


def benchmark_questions(
    texts: Sequence[str], questions: Sequence[str], profile: str, *, with_stock: bool
) -> dict[str, Any]:
    """Return the share of pages that go, of those with a question inside; the same pages without it all stay."""
    seed = random.Random(f"questions {profile}")
    clean = [v.kept for v in cleaned(texts, profile, benchmarks=questions)]
    alone = [v.kept for v in cleaned(texts, profile)]
    stay = [text for text, kept in zip(texts, alone, strict=True) if kept]
    pages = [planted.embedded(text, seed.choice(questions), seed) for text in stay]
    verdicts = cleaned(pages, profile, benchmarks=questions)
    found = sum(verdict.reason == "contaminated" for verdict in verdicts)
    row: dict[str, Any] = {"pages": len(pages), "questions": len(questions)}
    row["headwater"] = {
        "removed": round(found / len(pages), 4),
        "same_pages_without_a_question_kept": round(sum(clean) / sum(alone), 4),
    }
    if with_stock:
        left = left_by_stock_decontamination([*pages, *stay], profile, questions)
        row["datatrove"] = {
            "removed": round(1 - sum(left[: len(pages)]) / len(pages), 4),
            "same_pages_without_a_question_kept": round(sum(left[len(pages) :]) / len(stay), 4),
        }
    return row
