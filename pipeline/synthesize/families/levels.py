"""Problems for five levels of education, from primary school to competitions (JiuZhang3.0, arXiv 2405.14365)."""

from __future__ import annotations

from pipeline.synthesize.families.family import Family

LEVELS = tuple(
    Family(name, "exercise") for name in ("primary_school", "middle_school", "high_school", "college", "competition")
)
