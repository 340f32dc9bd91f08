"""Waves: how many requests go out together, so that quotas are met without asking for much that is not needed.

The size of a wave follows from what came of the ones before, never from time, so that kept answers lead through the
same waves again and a run that was killed asks for exactly what it has not asked for yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.synthesize.order import Order
from pipeline.synthesize.requests import Request

LARGEST = 512
"""Most requests of a discipline in one wave."""
_FIRST_YIELD = 150.0
"""Accepted tokens that are expected of a request before anything is known."""


@dataclass
class Standing:
    """How far one discipline has come."""

    waiting: list[Request]
    """Requests not asked yet, the next one last."""
    quota: int
    accepted: int = 0
    """Tokens."""
    asked: int = 0

    @property
    def is_open(self) -> bool:
        """Whether more is wanted and can be asked for."""
        return self.accepted < self.quota and bool(self.waiting)

    @property
    def wanted(self) -> int:
        """Requests that would just fill the quota at the rate so far."""
        rate = (self.accepted + _FIRST_YIELD) / (self.asked + 1)
        return min(max(math.ceil((self.quota - self.accepted) / rate), 1), LARGEST)


class Spending:
    """What is left of a budget."""

    def __init__(self, order: Order) -> None:
        self.requests, self.tokens = 0, 0
        self._budget = order.budget
        self.reached: str | None = None
        """The limit that ended the work, as ``budget.requests`` or ``budget.tokens``."""

    @property
    def left(self) -> int:
        """Requests that are left."""
        return self._budget.requests - self.requests

    def take(self, request: Request) -> bool:
        """Spend what a request costs at most, or say that it is too much."""
        if self.left < 1:
            self.reached = "budget.requests"
        elif self._budget.tokens is not None and self.tokens + request.most_tokens > self._budget.tokens:
            self.reached = "budget.tokens"
        else:
            self.requests, self.tokens = self.requests + 1, self.tokens + request.most_tokens
            return True
        return False


def next_wave(standings: Mapping[str, Standing], spending: Spending) -> Iterator[tuple[str, Request]]:
    """Yield the next requests, each with its discipline; what is left of the budget is shared equally."""
    open_ones = {name: standing for name, standing in standings.items() if standing.is_open}
    share = math.ceil(spending.left / max(len(open_ones), 1))
    for name, standing in open_ones.items():
        for _ in range(min(standing.wanted, max(share, 1), len(standing.waiting))):
            if not spending.take(standing.waiting[-1]):
                return
            standing.asked += 1
            yield name, standing.waiting.pop()
