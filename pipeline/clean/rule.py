"""A rule: what filters and repairs have in common, settings whose missing values come from a profile.

Some rules read a file of the user's (a blocklist, say); which, the rule says itself, so that the file's contents
count in the corpus's identity and its path is resolved in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from curricula.settings import Settings


class Rule(Settings):
    """Settings with a ``kind`` that names their section in the profiles."""

    kind: str

    @property
    def files(self) -> Sequence[str]:
        """Paths of the user's files that the rule reads."""
        return ()

    def at(self, folder: Path) -> Self:
        """Return the rule with paths that start at ``folder``; raise UserError where a file is missing or wrong."""
        return self
