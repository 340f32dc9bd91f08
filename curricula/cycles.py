"""Cycles: warm up again and decay again, as often as new text arrives (re-warming, 2308.04014 and 2403.08763)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from curricula.schedule import START, Before, Schedule
from curricula.settings import Tokens
from curricula.stretches import Shape, fall, floor_problem, rise


class Cycles(Schedule):
    """A linear warm-up and a fall to the floor, again and again; every warm-up but the first begins at the floor."""

    kind: Literal["cycles"] = "cycles"
    lengths: tuple[Tokens, ...] = Field(min_length=1)
    """Tokens of each cycle, such as those of each phase; the last is repeated to the end of the run."""
    peak: float = Field(gt=0)
    """Value after every warm-up."""
    start: float = Field(default=0.0, ge=0)
    """Value at the first token."""
    warmup: Tokens
    """Length of every warm-up in tokens."""
    shape: Shape = "cosine"
    """How it falls."""
    floor: float = Field(default=0.0, ge=0)
    """Value at the end of every cycle."""

    @model_validator(mode="after")
    def _possible(self) -> Cycles:
        if problem := floor_problem(self.shape, self.floor, self.peak):
            raise ValueError(problem)
        if self.warmup >= min(self.lengths):
            raise ValueError(f"warms up for {self.warmup:,} tokens in a cycle of {min(self.lengths):,}")
        return self

    def value(self, tokens: int, total: int, before: Before = START) -> float:
        """Return the value inside the cycle that the token lies in; a cycle's last token is its own."""
        begin, length = self._cycle(tokens)
        into = tokens - begin
        if into <= self.warmup:
            return rise(self.floor if begin else self.start, self.peak, into, self.warmup)
        return fall(self.shape, self.peak, self.floor, into - self.warmup, length - self.warmup)

    def corners(self, total: int, before: Before = START) -> tuple[int, ...]:
        """Return the end of every warm-up and of every cycle."""
        found = []
        for begin, length in self._all():
            if begin >= total:
                break
            found += [begin + self.warmup, begin + length]
        return tuple(found)

    def problems(self, total: int) -> Iterator[str]:
        """Yield that the run would end inside a cycle, away from its floor."""
        begin, length = self._cycle(total)
        if total != begin + length:
            yield f"the run ends {total - begin:,} tokens into a cycle of {length:,}; let the lengths sum to {total:,}"

    def _cycle(self, tokens: int) -> tuple[int, int]:
        """Return where the cycle of a token begins, and its length."""
        begin = 0
        for length in self.lengths[:-1]:
            if tokens <= begin + length:
                return begin, length
            begin += length
        last = self.lengths[-1]
        return begin + max(0, -(-(tokens - begin) // last) - 1) * last, last

    def _all(self) -> Iterator[tuple[int, int]]:
        begin = 0
        for length in self.lengths:
            yield begin, length
            begin += length
        while True:
            yield begin, self.lengths[-1]
            begin += self.lengths[-1]
