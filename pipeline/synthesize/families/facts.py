"""Facts of the snippet, asked for and restated in other words (Knowledge-Instruct, arXiv 2504.05571)."""

from __future__ import annotations

from pipeline.synthesize.families.family import Family

FACTS = Family("facts", "restatement")
