"""Pace: how many requests may be under way, and when the next may be sent. Arithmetic on times that it is told.

The number under way begins at `FIRST` or the most if that is less, so that a usual run loses little to a start. From
there it doubles round by round (a round is as many answers as may be under way) for as long as a larger number brings
more answers a second, and goes back to the best where it brings none; a server that is too busy halves it, after which
it grows by a sixteenth of the most a round (additive increase, multiplicative decrease, as TCP does).
"""

from __future__ import annotations

import math

FIRST = 32
"""Requests under way at first: enough that a usual run loses little to its start; a small server halves it at once."""
_GAIN = 0.25
"""Of the increase that a larger number would bring if the server had room, the share that makes it worth while."""
_GROWTH = 1.5
_STEPS = 16
"""Additive steps from none to the most."""
_ROUNDS_HELD = 4
"""Rounds at the best number before a larger one is tried again."""


class Concurrency:
    """How many may be under way: `limit`, at most ``most``."""

    def __init__(self, most: int) -> None:
        self.most, self.limit = most, min(FIRST, most)
        self.halvings = 0
        self._best_limit, self._best_rate, self._held = self.limit, 0.0, 0
        self._answers, self._any_sent = 0, False
        self._begun: float | None = None
        self._growth: float | None = 2.0
        """Factor to the next number; None once the server has been too busy: then it grows by a fixed step."""

    def sent(self, now: float) -> None:
        """Note a request at ``now``; the first of all begins the first round."""
        if not self._any_sent:
            self._any_sent, self._begun = True, now

    def answered(self, now: float, *, more_wait: bool) -> None:
        """Note an answer at ``now``, in seconds; a round in which nothing waited says nothing about the limit."""
        if self._begun is None:
            self._begun, self._answers = now, 0
            return
        self._answers += 1
        if self._answers < self.limit:
            return
        rate = self._answers / max(now - self._begun, 1e-9)
        self._begun, self._answers = now, 0
        if more_wait:
            self._judge(rate)

    def overloaded(self, halvings: int) -> None:
        """Halve the limit, once for all requests that were sent under it; ``halvings`` is as it was when one was."""
        if halvings != self.halvings:
            return
        self.halvings += 1
        self.limit = max(1, self.limit // 2)
        self._best_limit, self._best_rate, self._held = self.limit, 0.0, 0
        self._begun, self._growth = None, None

    def _judge(self, rate: float) -> None:
        """Grow, hold or go back after a round of answers at ``rate`` a second."""
        if self.limit > self._best_limit:
            wanted = self._best_rate * (1 + _GAIN * (self.limit / self._best_limit - 1))
            if rate < wanted:
                self.limit, self._held, self._begun = self._best_limit, 0, None
                self._growth = self._growth and _GROWTH
                return
        elif self._best_rate:
            self._held += 1
            if self._held < _ROUNDS_HELD:
                return
        self._best_limit, self._best_rate = self.limit, rate
        larger = math.ceil(self.limit * self._growth) if self._growth else self.limit + max(1, self.most // _STEPS)
        self.limit = min(self.most, larger)


class Meter:
    """Spreads amounts evenly over time: ``a_minute`` of them in any minute, and what one of them is above that."""

    def __init__(self, a_minute: float | None) -> None:
        self._seconds = 60.0 / a_minute if a_minute else 0.0
        self._free = 0.0

    def reserve(self, amount: float, now: float) -> float:
        """Return the time, ``now`` or later, from which ``amount`` may go; the next may go when it is used up."""
        begin = max(now, self._free)
        self._free = begin + amount * self._seconds
        return begin

    def give_back(self, amount: float) -> None:
        """Return what was reserved and not used."""
        self._free -= amount * self._seconds
