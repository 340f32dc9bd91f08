"""A measurement: repairs and filters in documents a second beside datatrove's, and how often both decide the same.

Speed: our whole chain (all default repairs and filters) against datatrove's FTFY, PII, Gopher repetition, Gopher
quality, C4 and FineWeb filters, as both are run, that is up to the first rejection; English and Chinese pages of four
sizes, CPU seconds of one process, the two sides taking turns in one run. datatrove's Chinese goes by ``cmn_Hani``, the
key under which it can split words.
Decisions: rules that are the same rule, with datatrove's thresholds on both sides, on English pages, mail and junk that
were not used for tuning; what is not the same rule is listed with the reason.
Target: 5 times the documents a second, 99 of 100 decisions equal.
Prints and keeps: PYTHONPATH=tests/support python tests/bench/filters.py
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import clean_pages as real
import clean_quality
import page_judges
from datatrove.data import Document
from datatrove.pipeline import filters as stock
from datatrove.pipeline.filters import fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter
from synthetic import keep

from pipeline.clean.adapter import repaired
from pipeline.clean.filter import Filter, Page
from pipeline.clean.filters.length import Length
from pipeline.clean.filters.lines import _STOPS, Lines
from pipeline.clean.filters.repetition import Repetition
from pipeline.clean.filters.symbols import Symbols
from pipeline.clean.filters.words import Words
from pipeline.clean.units import split

SIZES = (1_000, 4_000, 16_000, 64_000)
"""Characters of an English page; a Chinese one has a third, which is about as many words."""
CHARACTERS = 400_000
"""Of a size and language."""

OFF = {"letters": 0.0, "signs": 1.0}
GOPHER_QUALITY: tuple[Filter, ...] = (
    Length(minimum=50, maximum=100_000),
    Words(
        shortest_mean=3,
        longest_mean=10,
        hashes=0.1,
        ellipses=0.1,
        alphabetic=0.0,
        stop_words=("the", "be", "to", "of", "and", "that", "have", "with"),
        different_stop_words=2,
    ),
    Symbols(**OFF, bullet_lines=0.9, ellipsis_lines=0.3),
)
GOPHER_REPETITION: tuple[Filter, ...] = (
    Repetition(
        duplicate_lines=0.2,
        duplicate_paragraphs=0.2,
        number_of_lines=0.3,
        number_of_paragraphs=0.3,
        top_ngram={2: 0.2, 3: 0.18, 4: 0.16},
        duplicate_ngrams={5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10},
    ),
)
FINEWEB: tuple[Filter, ...] = (
    Lines(short=31, maximum_short=1.0, any_short=0.67, ended=0.12, newlines=0.3),
    Repetition(
        duplicate_lines=0.01,
        duplicate_paragraphs=1.0,
        number_of_lines=1.0,
        number_of_paragraphs=1.0,
        top_ngram={},
        duplicate_ngrams={},
    ),
)
FAMILIES: dict[str, tuple[tuple[Filter, ...], Any]] = {
    "Gopher quality": (GOPHER_QUALITY, lambda: stock.GopherQualityFilter(max_non_alpha_words_ratio=None)),
    "Gopher repetition": (GOPHER_REPETITION, stock.GopherRepetitionFilter),
    "FineWeb": (FINEWEB, lambda: stock.FineWebQualityFilter(stop_chars=_STOPS)),
}
DIFFERENCES = {
    "words that hold a letter (Gopher)": "datatrove counts every punctuation mark as a word without a letter, which "
    "the paper does not; switched off on both sides",
    "C4's lines": "C4 rewrites the page: it drops every line without ASCII . ! ? or quote, so all of Chinese, "
    "headings, formulas and code; ours takes out a site's own lines (repairs/site_lines) and keeps the rest",
    "C4's curly bracket": "drops every page with LaTeX or code; ours counts lines of script and tags (filters/markup)",
    "C4's five sentences": "off in our profiles (captions and notices have fewer); `length.sentences` sets it",
    "words": "datatrove's are spaCy's tokens, punctuation marks among them; ours are runs of letters and digits",
    "most frequent n-gram": "datatrove counts one that occurs once; ours must recur",
    "bullets": "datatrove counts two signs, • and -; ours also the other common ones",
    "ends of lines (FineWeb)": "a full stop within quotation marks ends a line here; datatrove was told the same ends",
    "broken lines (FineWeb)": "text broken at a width ends few of its lines; our profile for English joins them and "
    "leaves out signatures; the pages are judged by the profile `qa` here, in which that is off",
}


def top_ngram_that_recurs(ngrams: list[str]) -> int:
    """datatrove's `find_top_duplicate`, without its fault of taking an n-gram that occurs once for a repetition."""
    best, count = Counter(ngrams).most_common(1)[0]
    return len(best) * count if count > 1 else 0


def pages(language: str, size: int) -> list[str]:
    """Return pages of about so many characters, cut from the demo's prose at line ends."""
    sources = ("en-wikipedia", "en-speeches", "en-news") if language == "en" else ("zh-news", "zh-prose")
    size = size if language == "en" else size // 3
    limit = CHARACTERS if language == "en" else CHARACTERS // 3
    texts, current, total = [], "", 0
    for source in sources:
        for _, text in real.demo(source):
            for line in text.split("\n"):
                current += line + "\n"
                if len(current) >= size:
                    texts.append(current)
                    total, current = total + len(current), ""
            if total >= limit * (1 + sources.index(source)) / len(sources):
                break
    return texts


def seconds(judge: Callable[..., Any], texts: Sequence[str], profile: str) -> float:
    begin = time.process_time()
    for text in texts:
        judge(text, profile)
    return time.process_time() - begin


def speed(language: str, size: int) -> dict[str, Any]:
    texts = pages(language, size)
    profile = language
    for judge in (page_judges.ours, page_judges.stock):
        judge(texts[0], profile)  # opens tables and tokenizers
    half = len(texts) // 2
    spent = {"headwater": 0.0, "datatrove": 0.0}
    for part in (texts[:half], texts[half:]):
        spent["headwater"] += seconds(page_judges.ours, part, profile)
        spent["datatrove"] += seconds(page_judges.stock, part, profile)
    return {
        "documents": len(texts),
        "characters_a_document": sum(map(len, texts)) // len(texts),
        "headwater_documents_a_second": round(len(texts) / spent["headwater"], 1),
        "datatrove_documents_a_second": round(len(texts) / spent["datatrove"], 1),
        "ratio": round(spent["datatrove"] / spent["headwater"], 1),
    }


def decisions(count: int) -> dict[str, Any]:
    """Return for every family and for all together the share of pages on which both decide the same."""
    kinds = clean_quality.clean_kinds()
    prose = [
        text for kind in ("English", "English, Brown corpus") for text in clean_quality.held_out(kinds[kind][1], count)
    ]
    junk = clean_quality.junk_kinds(count // 4, prose, prose)
    planted = [text for profile, texts in junk.values() if profile == "en" for text in texts]
    mail = clean_quality.held_out(kinds["English mail"][1], count)
    groups = {"prose": prose, "planted junk and spam": planted, "mail": mail}
    groups = {name: [repaired(text, page_judges.REPAIRS, "en")[0] for text in texts] for name, texts in groups.items()}
    texts = [text for group in groups.values() for text in group]
    names = [name for name, group in groups.items() for _ in group]
    as_it_is = _verdicts(texts)
    for module in (gopher_quality_filter, gopher_repetition_filter, fineweb_quality_filter):
        module.split_into_words = lambda text, language: list(split(text))
    gopher_repetition_filter.find_top_duplicate = top_ngram_that_recurs
    return {
        "pages": {name: len(group) for name, group in groups.items()},
        "as datatrove is": _shares(as_it_is, names),
        "same words on both sides, n-grams that occur once left out": _shares(_verdicts(texts), names),
        "differences": DIFFERENCES,
    }


def _verdicts(texts: list[str]) -> dict[str, list[tuple[bool, bool]]]:
    """Return family -> for each text, whether we and whether datatrove keep it."""
    verdicts = {}
    for family, (rules, make) in FAMILIES.items():
        theirs = make()
        verdicts[family] = [(_keeps(rules, text), theirs.filter(Document(text=text, id="x")) is True) for text in texts]
    return verdicts


def _shares(verdicts: dict[str, list[tuple[bool, bool]]], names: list[str]) -> dict[str, Any]:
    whole = [(all(a for a, _ in pairs), all(b for _, b in pairs)) for pairs in zip(*verdicts.values(), strict=True)]
    made = {}
    for family, pairs in {**verdicts, "all together": whole}.items():
        made[family] = {"all pages": _agreement(pairs)}
        for name in dict.fromkeys(names):
            made[family][name] = _agreement([p for p, group in zip(pairs, names, strict=True) if group == name])
    return made


def _keeps(rules: tuple[Filter, ...], text: str) -> bool:
    page = Page(text, "qa", "", 0.0)  # every threshold but that for broken lines, which it leaves off, is given above
    return all(rule.reject(page) is None for rule in rules)


def _agreement(pairs: list[tuple[bool, bool]]) -> dict[str, float]:
    return {
        "equal": round(sum(a == b for a, b in pairs) / len(pairs), 4),
        "only_headwater_keeps": round(sum(a and not b for a, b in pairs) / len(pairs), 4),
        "only_datatrove_keeps": round(sum(b and not a for a, b in pairs) / len(pairs), 4),
        "both_remove": round(sum(not a and not b for a, b in pairs) / len(pairs), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200, help="most pages of a kind for the decisions")
    parser.add_argument("--only", choices=("speed", "decisions"), help="measure one of the two and keep nothing")
    options = parser.parse_args()
    made: dict[str, Any] = {"target": "5 times the documents a second; 99 of 100 decisions equal"}
    if options.only != "decisions":
        made["speed"] = {
            name: [speed(key, size) for size in SIZES] for name, key in (("English", "en"), ("Chinese", "zh"))
        }
    if options.only != "speed":
        made["decisions"] = decisions(options.pages)
    if options.only is None:
        keep("filters", made)
    else:
        print(json.dumps(made, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
