"""Two judges of pages: our repairs and filters as cleaning runs them, and datatrove's stock ones with their defaults.

Both are told the same identified language, which a page must have to stay.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from pipeline.clean.adapter import repaired
from pipeline.clean.filter import Page
from pipeline.clean.filters import default_filters
from pipeline.clean.repairs import default_repairs

DATATROVE_CHINESE = "cmn_Hani"
"""The key datatrove must be given for Chinese; ``zh`` and ``zho`` silently pick a tokenizer that cannot split it."""
REPAIRS, FILTERS = default_repairs(), default_filters()


class Verdict(NamedTuple):
    kept: bool
    reason: str
    text: str
    """What would be written."""


Identify = Callable[[str], tuple[str, float]]


def unidentified(text: str) -> tuple[str, float]:
    return "", 0.0


def ours(text: str, profile: str, identify: Identify = unidentified) -> Verdict:
    mended, *_ = repaired(text, REPAIRS, profile)
    language, score = identify(mended)
    page = Page(mended, profile, language, score)
    for rule in FILTERS:
        if rejection := rule.reject(page):
            return Verdict(False, rejection.reason, mended)
    return Verdict(True, "", mended)


@cache
def stock_steps(language: str) -> tuple[list[Any], list[Any]]:
    """Return datatrove's formatters and filters, in the order in which FineWeb applied them."""
    from datatrove.pipeline import filters, formatters

    return [formatters.FTFYFormatter(), formatters.PIIFormatter()], [
        filters.GopherRepetitionFilter(language=language),
        filters.GopherQualityFilter(language=language),
        filters.C4QualityFilter(language=language),
        filters.FineWebQualityFilter(language=language),
    ]


def stock(text: str, profile: str, identify: Identify = unidentified) -> Verdict:
    from datatrove.data import Document

    formatters, filters = stock_steps(DATATROVE_CHINESE if profile == "zh" else "eng_Latn")
    for formatter in formatters:
        text = formatter.format(text)
    language, _ = identify(text)
    accepted = {"en": ("eng_Latn",), "mail": ("eng_Latn",), "zh": ("cmn_Hani",)}.get(profile)
    if language and accepted and language not in accepted:
        return Verdict(False, "language", text)
    document = Document(text=text, id="x")
    for rule in filters:
        try:
            result = rule.filter(document)
        except Exception as error:
            return Verdict(False, f"raised {type(error).__name__}", document.text)
        if result is not True:
            return Verdict(False, str(result[1]) if isinstance(result, tuple) else "removed", document.text)
    return Verdict(True, "", document.text)
