"""The window of requests that are under way: which comes next, so that quotas are met and little is asked in vain.

What is asked follows from what came of the requests before it in their order, never from time: the decision about a
request knows the outcomes of all requests but the last `LARGEST` at most, whichever of them have been answered already.
So kept answers lead through the same requests again, and neither the number at a time nor a kill changes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.synthesize.choosing import Chosen
from pipeline.synthesize.order import Order
from pipeline.synthesize.requests import Request
from pipeline.synthesize.seeds.quotas import Filling
from pipeline.synthesize.spending import Cost, Spending

LARGEST = 1024
"""Most requests whose outcome is not known yet; the most that can be under way at a time."""
_FIRST_YIELD = 150.0
"""Accepted tokens that are expected of a request before anything is known."""


class Waiting:
    """Requests of one cell that were not asked yet: how many, and the next one, made when it is looked at."""

    def __init__(self, requests: Iterable[Request], count: int) -> None:
        self._requests, self._left = iter(requests), count
        self._next: Request | None = None

    def __len__(self) -> int:
        return self._left

    @property
    def next(self) -> Request:
        """The next one; there must be one."""
        if self._next is None:
            self._next = next(self._requests)
        return self._next

    def pop(self) -> Request:
        """Return the next one and go on."""
        request, self._next = self.next, None
        self._left -= 1
        return request


@dataclass
class Standing:
    """How far one cell has come: a discipline, or one at a level."""

    waiting: Waiting
    filling: Filling
    asked: int = 0
    under_way: int = 0
    """Those of the requests asked whose outcome is not known yet."""

    @property
    def expected(self) -> float:
        """Tokens there will be once those under way are judged, at the rate so far."""
        rate = (self.filling.accepted + _FIRST_YIELD) / (self.asked - self.under_way + 1)
        return self.filling.accepted + self.under_way * rate

    @property
    def is_open(self) -> bool:
        """Whether more should be asked for now."""
        return bool(self.waiting) and not self.filling.is_met and self.expected < self.filling.quota


def standings(order: Order, chosen: Chosen) -> dict[str, Standing]:
    """Return where every cell stands before anything is asked."""
    return {
        name: Standing(
            Waiting((Request(order, seed) for seed in chosen.seeds[name]), len(chosen.seeds[name])), Filling(quota)
        )
        for name, quota in chosen.quotas.items()
    }


class Window:
    """Requests in the order in which they are asked and judged."""

    def __init__(self, standings: Mapping[str, Standing], spending: Spending) -> None:
        self.standings, self._spending = standings, spending
        self._under_way = 0

    def next(self) -> tuple[str, Request] | None:
        """Return the next request with its cell; None until another is judged, or at the end."""
        open_ones = [(standing.expected / standing.filling.quota, name) for name, standing in self.standings.items()
                     if standing.is_open]  # fmt: skip
        if self._under_way >= LARGEST or not open_ones:
            return None
        name = min(open_ones, key=lambda each: each[0])[1]
        standing = self.standings[name]
        if not self._spending.reserve(standing.waiting.next.most_cost):
            return None
        standing.asked, standing.under_way = standing.asked + 1, standing.under_way + 1
        self._under_way += 1
        return name, standing.waiting.pop()

    def judged(self, name: str, request: Request, spent: Cost) -> None:
        """Note that the oldest request under way has been judged."""
        self._spending.settle(request.most_cost, spent)
        self.standings[name].under_way -= 1
        self._under_way -= 1
