"""One fact of the snippet, asked for and answered in words few enough for small models."""

from __future__ import annotations

from pipeline.synthesize.families.family import Family

SHORT_ANSWER = Family("short_answer", "restatement")
