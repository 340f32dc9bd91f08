"""What cleaning does to one document: what was repaired, which rule fires, and the value of every rule that does not.

A filter says its value only when it rejects. So each limit is set where nothing can meet it, one at a time, and the
filter itself tells what it found: no second computation that could differ from the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.clean.adapter import repaired
from pipeline.clean.filter import Filter, Page, Rejection
from pipeline.clean.language_model import LanguageModel
from pipeline.clean.profile import setting
from pipeline.clean.record import Record
from pipeline.clean.settings import Clean

NO_VALUE = "nothing to measure"
"""Said of a limit that the filter does not come to on this document."""
_BEYOND = 1e15
"""No document has a value beyond it, in either direction."""
_OFF = math.nan
"""As a limit: no value is less, and none is greater."""
_Limit = tuple[str, int | None]
"""Name of a setting, and the key in it where it holds several limits."""


@dataclass(frozen=True)
class Finding:
    """One limit of one filter, and what the document has."""

    filter: str
    limit: str
    found: str
    allowed: str
    reason: str | None
    """Why the document is removed; None where the limit is met."""


@dataclass(frozen=True)
class Explanation:
    """All about one document."""

    where: str
    text: str
    """After the repairs: what the filters judge, and what is kept."""
    problem: Rejection | None
    """Why it could not be read; nothing else is known then."""
    repaired: Mapping[str, int]
    """What was mended or masked -> in how many places."""
    lines: tuple[tuple[str, str], ...]
    """(what took it out, line) for every line that is no longer there."""
    language: str
    """Empty where no model identifies it."""
    language_score: float
    thresholds: str
    """The profile whose thresholds apply: that of mathematics where prose has many formulas."""
    findings: tuple[Finding, ...]
    removed: Rejection | None
    """The first rejection, in the recipe's order: what ``removed/`` would say."""


def explain(record: Record, clean: Clean, profile: str, data: Path) -> Explanation:
    """Take one record through repairs, language and filters."""
    if record.problem is not None:
        return Explanation(record.where, record.text, record.problem, {}, (), "", 0.0, profile, (), record.problem)
    text, mended, lines = repaired(record.text, [rule.at(data) for rule in clean.repairs], profile)
    model = LanguageModel(data / clean.language_model) if clean.language_model is not None else None
    language, score = model.identify(text) if model else ("", 0.0)
    page = Page(text, profile, language, score, record.url)
    filters: Sequence[Filter] = [rule.at(data) for rule in clean.filters]
    removed = next((rejection for rule in filters if (rejection := rule.reject(page))), None)
    findings = tuple(finding for rule in filters for finding in _findings(rule, page))
    return Explanation(
        record.where, text, None, mended, tuple(lines), language, score, page.thresholds, findings, removed
    )


def _findings(rule: Filter, page: Page) -> Iterator[Finding]:
    """Yield the limits that reject, then all others."""
    fired = set()
    while rejection := rule.reject(page):
        limit = _cause(rule, page, rejection)
        name = _named(limit) if limit else rejection.reason
        yield Finding(rule.kind, name, rejection.found, rejection.allowed, rejection.reason)
        if limit is None:
            return  # a list rejects, not a number
        fired.add(limit)
        rule = _with(rule, page, limit, _OFF)
    for limit, value in _limits(rule, page):
        if limit not in fired:
            found, allowed = _measured(rule, page, limit, value)
            if found is not None:
                yield Finding(rule.kind, _named(limit), found, allowed, None)


def _cause(rule: Filter, page: Page, rejection: Rejection) -> _Limit | None:
    """Return the limit without which the rejection is another or none: best one whose value is spoken of."""
    causes = [item for item in _limits(rule, page) if _with(rule, page, item[0], _OFF).reject(page) != rejection]
    spoken = [limit for limit, value in causes if f"{value:g}" in rejection.allowed or str(value) in rejection.allowed]
    return next(iter([*spoken, *(limit for limit, _ in causes)]), None)


def _measured(rule: Filter, page: Page, limit: _Limit, value: float) -> tuple[str | None, str]:
    """Return what the document has and what is allowed; None where the setting is no limit of its own."""
    for beyond in (-_BEYOND, _BEYOND):
        rejection = _with(rule, page, limit, beyond).reject(page)
        for said in (f"{beyond}", f"{beyond:g}"):
            if rejection and said in rejection.allowed:
                return rejection.found, rejection.allowed.replace(said, f"{value:g}")
    if _is_share_or_count(rule, limit):
        return NO_VALUE, f"{value:g}"
    return None, ""


def _is_share_or_count(rule: Filter, limit: _Limit) -> bool:
    return limit[0] in ("maximum", "minimum", "per_thousand")


def _limits(rule: Filter, page: Page) -> Iterator[tuple[_Limit, float]]:
    """Yield every number among the rule's settings that is on in the page's profile."""
    for name in type(rule).model_fields:
        value = _setting(rule, name, page)
        for key, number in value.items() if isinstance(value, Mapping) else [(None, value)]:
            if isinstance(number, int | float) and not isinstance(number, bool) and not math.isnan(number):
                yield (name, key), float(number) if isinstance(number, float) else number


def _with(rule: Filter, page: Page, limit: _Limit, value: float) -> Filter:
    name, key = limit
    whole = {**_setting(rule, name, page), key: value} if key is not None else value
    return rule.model_copy(update={name: whole})


def _setting(rule: Filter, name: str, page: Page) -> Any:
    own = getattr(rule, name)
    if own is not None or name == "kind":
        return own
    try:
        return setting(rule, name, page.thresholds)
    except KeyError:
        return None  # a setting that no profile has, such as a file's name


def _named(limit: _Limit) -> str:
    name, key = limit
    return name if key is None else f"{name} {key}"
