"""The families of prompts by name: a new one is a file of its own, its prompts, and its name here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from pipeline.synthesize.families.case_to_code import CASE_TO_CODE
from pipeline.synthesize.families.code_tests import CODE_TESTS
from pipeline.synthesize.families.facts import FACTS
from pipeline.synthesize.families.family import Family
from pipeline.synthesize.families.levels import LEVELS
from pipeline.synthesize.families.problem import PROBLEM
from pipeline.synthesize.families.short_answer import SHORT_ANSWER

FamilyName = Literal[
    "problem",
    "facts",
    "short_answer",
    "primary_school",
    "middle_school",
    "high_school",
    "college",
    "competition",
    "code_tests",
    "case_to_code",
]
"""What may be written under ``prompts``."""
FAMILIES: Mapping[FamilyName, Family] = dict(
    zip(get_args(FamilyName), (PROBLEM, FACTS, SHORT_ANSWER, *LEVELS, CODE_TESTS, CASE_TO_CODE), strict=True)
)
