"""A gate that requests pass on their way to a server: so many at a time, so much a minute, none while it asks for rest.

Requests pass in the order of their numbers, so that one that has failed before is not put behind all that came later.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pipeline.label.endpoint import Endpoint
from pipeline.label.pace import Concurrency, Meter


@dataclass
class Pass:
    """One request's passage."""

    tokens: int
    """Reserved for it."""
    halvings: int


class Gate:
    """The gate of one endpoint, for the tasks of one event loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.concurrency = Concurrency(endpoint.concurrency)
        self._requests, self._tokens = Meter(endpoint.rate.requests), Meter(endpoint.rate.tokens)
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._under_way, self._quiet_until = 0, 0.0

    @asynccontextmanager
    async def passage(self, number: int, tokens: int) -> AsyncIterator[Pass]:
        """Wait for a place and for the time to send; the place is free again on leaving."""
        await self._place(number)
        try:
            loop = asyncio.get_running_loop()
            begin = max(self._requests.reserve(1, loop.time()), self._tokens.reserve(tokens, loop.time()))
            while (wait := max(begin, self._quiet_until) - loop.time()) > 0:
                await asyncio.sleep(wait)
            self.concurrency.sent(loop.time())
            yield Pass(tokens, self.concurrency.halvings)
        finally:
            self._under_way -= 1
            self._let_in()

    def answered(self, passed: Pass, tokens: int | None) -> None:
        """Note an answer, and how many tokens it and its prompt were where the server said so."""
        if tokens is not None:
            self._tokens.give_back(passed.tokens - tokens)
        now = asyncio.get_running_loop().time()
        self.concurrency.answered(now, more_wait=bool(self._waiting))

    def overloaded(self, passed: Pass, rest: float | None) -> None:
        """Note that the server is too busy, and for how many seconds it asks for rest."""
        self.concurrency.overloaded(passed.halvings)
        if rest is not None:
            self._quiet_until = max(self._quiet_until, asyncio.get_running_loop().time() + rest)

    async def _place(self, number: int) -> None:
        if self._under_way < self.concurrency.limit and not self._waiting:
            self._under_way += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (number, place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._under_way -= 1
                self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._under_way < self.concurrency.limit:
            _, place = heapq.heappop(self._waiting)
            if not place.done():
                self._under_way += 1
                place.set_result(None)
