"""A profile: the thresholds for one kind of text, each with where it comes from.

A rule's own setting wins over the profile; ``null`` in a profile switches that rule off for its kind of text. Beside
the rules, ``formulas`` says from which share of formulas on a page of prose is judged by the thresholds of mathematics.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml

from pipeline.clean.rule import Rule

FOLDER = Path(__file__).parent / "profiles"


class _Judged(Protocol):
    @property
    def thresholds(self) -> str: ...


@cache
def profile(name: str) -> Mapping[str, Mapping[str, Any]]:
    """Return rule kind -> threshold name -> value of a shipped profile."""
    sections = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return {kind: {key: entry["value"] for key, entry in rules.items()} for kind, rules in sections.items()}


def threshold(rule: Rule, name: str, page: _Judged) -> Any:
    """Return the rule's own setting, or else the value of the profile by which the page is judged (None: it is off)."""
    return setting(rule, name, page.thresholds)


def applied(name: str) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return name -> profile for all whose thresholds can apply to a source of this profile."""
    is_switched = profile(name)["formulas"]["share"] is not None
    return {each: profile(each) for each in (name, *(("mathematics",) if is_switched else ()))}


def setting(rule: Rule, name: str, profile_name: str) -> Any:
    """Return the rule's own setting, or else the profile's value (None: the rule is off)."""
    own = getattr(rule, name)
    return own if own is not None else profile(profile_name)[rule.kind][name]
