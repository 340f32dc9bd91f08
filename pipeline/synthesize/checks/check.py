"""A check: one rule that may turn a question with its solution away, with what it found and what it allows."""

from __future__ import annotations

from abc import ABC, abstractmethod

from curricula.settings import Settings
from pipeline.clean.filter import Rejection
from pipeline.synthesize.candidate import Candidate

__all__ = ["Candidate", "Check", "Rejection"]


class Check(Settings, ABC):
    """One rule. Checks know the candidate alone, so their order changes only which reason is named first."""

    kind: str

    @abstractmethod
    def reject(self, candidate: Candidate) -> Rejection | None:
        """Return why the candidate is turned away, or None to keep it. Never raises, whatever the text."""

    def unable(self) -> str | None:
        """Return why the check cannot be made on this machine, such as a package that is not there, or None."""
        return None
