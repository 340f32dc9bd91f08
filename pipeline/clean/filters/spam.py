"""Spam: turns away advertising, by the words and phrases it lives on.

English words were weighted by logistic regression on SpamAssassin's mails against mail, prose and technical pages
(tests/bench/spam_words.py); Chinese phrases are a list of our own, for want of labelled spam that may be used. A page's
score is the sum of the weights it holds, each once, over the square root of its number of different units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.profile import threshold
from pipeline.clean.units import CJK

_UNSPACED = re.compile(f"[{CJK}]")


class Spam(Filter):
    """Turns away ``spam``."""

    kind: Literal["spam"] = "spam"
    maximum: float | None = None
    """Greatest score."""
    words: Literal["spam_en", "spam_zh"] | None = None
    """Which list is used."""

    def reject(self, page: Page) -> Rejection | None:
        """Add up what the page holds."""
        most, words = threshold(self, "maximum", page), threshold(self, "words", page)
        if most is None or words is None or not page.vocabulary:
            return None
        weights = _held(page, words)
        found = sum(weights.values()) / len(page.vocabulary) ** 0.5
        if found > most:
            heaviest = sorted(weights, key=lambda word: (-weights[word], word))[:5]
            return Rejection("spam", f"score {found:.2f} ({', '.join(heaviest)})", f"at most {most}")
        return None


def _held(page: Page, words: str) -> dict[str, float]:
    weights, phrases = _list(words)
    held = {word: weights[word] for word in page.vocabulary if word in weights}
    if phrases is not None:
        held |= {phrase: weights[phrase] for phrase in phrases.findall(page.lowered)}
    return held


@cache
def _list(name: str) -> tuple[Mapping[str, float], re.Pattern[str] | None]:
    """Return the weights, and an expression for the phrases that no single unit can be."""
    weights = {}
    for line in (Path(__file__).parent / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            word, weight = line.split("\t")
            weights[word] = float(weight)
    phrases = sorted((word for word in weights if _UNSPACED.search(word)), key=lambda word: (-len(word), word))
    return weights, re.compile("|".join(map(re.escape, phrases))) if phrases else None
