"""A schedule: a number that depends on how many tokens have been trained on.

Learning rates are the main use. A schedule owns no state, so resuming anywhere needs only the token count.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from curricula.settings import Settings


class Schedule(Settings, ABC):
    """A number as a function of tokens."""

    @abstractmethod
    def value(self, tokens: int, total: int) -> float:
        """Return the value after ``tokens`` of ``total`` tokens."""
