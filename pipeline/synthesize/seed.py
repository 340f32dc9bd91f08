"""A seed: a snippet to ask about, with where it lies and what its page is."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.label.taxonomy import Language
from pipeline.synthesize.snippets import Span


@dataclass(frozen=True)
class Seed:
    """A snippet to ask about."""

    document: str
    span: Span
    text: str
    discipline: str
    language: Language
    license: str
    url: str
    level: str | None = None
    """How difficult the page is, or the question is to be."""
    found_by: str = "label"
    """How its page was found: one of `pipeline.synthesize.seeds.pages.WAYS`."""
