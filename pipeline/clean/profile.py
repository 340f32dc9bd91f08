"""A profile: the thresholds for one kind of text, each with where it comes from.

A filter's own setting wins over the profile; ``null`` in a profile switches that rule off for its kind of text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.clean.filter import Filter, Page

FOLDER = Path(__file__).parent / "profiles"


@cache
def profile(name: str) -> Mapping[str, Mapping[str, Any]]:
    """Return filter kind -> threshold name -> value of a shipped profile."""
    sections = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return {kind: {key: entry["value"] for key, entry in rules.items()} for kind, rules in sections.items()}


def threshold(rule: Filter, name: str, page: Page) -> Any:
    """Return the filter's own setting, or else the value of the page's profile (None: the rule is off)."""
    own = getattr(rule, name)
    return own if own is not None else profile(page.profile)[rule.kind][name]
