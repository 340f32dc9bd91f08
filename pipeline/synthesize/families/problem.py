"""A problem with its worked solution, inspired by the snippet (Llama-3-SynE, arXiv 2407.18743)."""

from __future__ import annotations

from pipeline.synthesize.families.family import Family

PROBLEM = Family("problem", "exercise")
