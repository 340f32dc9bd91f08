"""A finding: what a look at a file says against a place of the recipe."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.yaml_file import Location


@dataclass(frozen=True)
class Finding:
    """A fault, with which the recipe cannot run, or a warning."""

    where: Location
    what: str
    is_fault: bool = True
