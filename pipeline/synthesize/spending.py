"""Spending: what has been paid for and what is reserved, against a budget in requests, tokens and money.

A request reserves the most it can cost until its answer says what it did cost. Answers kept from earlier runs count
like new ones, so that a rerun ends at the same request.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import Field, model_validator

from curricula.settings import Settings, Tokens
from pipeline.label.answers import Answer, Refusal
from pipeline.label.endpoint import Messages
from pipeline.synthesize.amounts import estimated_tokens

_MILLION = 1_000_000


class Prices(Settings):
    """What a million tokens cost, in any one currency."""

    prompt: Decimal = Field(ge=0)
    """A million tokens of prompts."""
    answer: Decimal = Field(ge=0)
    """A million tokens of answers."""


class Budget(Settings):
    """What may be asked for at most; whichever is reached first ends the work, and what was made till then is kept."""

    requests: int = Field(ge=1)
    """Most requests. Answers kept from an earlier run count too, so that a rerun gives the same bytes."""
    tokens: Tokens | None = None
    """Most tokens of prompts and answers, as the server counts them; estimated where it does not say."""
    money: Decimal | None = Field(default=None, gt=0)
    """Most money, in the currency of ``prices``."""
    prices: Prices | None = None
    """What a million tokens cost; without it money is neither counted nor shown."""

    @model_validator(mode="after")
    def _money_needs_prices(self) -> Budget:
        if self.money is not None and self.prices is None:
            raise ValueError("money is counted by prices: write prices: {prompt: ..., answer: ...}, a million tokens")
        return self


@dataclass(frozen=True)
class Cost:
    """Tokens of one request."""

    prompt: int
    answer: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.prompt + other.prompt, self.answer + other.answer)

    @property
    def tokens(self) -> int:
        """Both together."""
        return self.prompt + self.answer

    def money(self, prices: Prices | None) -> Decimal:
        """Return the price, 0 without prices."""
        if prices is None:
            return Decimal(0)
        return (self.prompt * prices.prompt + self.answer * prices.answer) / _MILLION


def tokens_of(messages: Messages) -> int:
    """Return how many tokens messages have, estimated."""
    return sum(estimated_tokens(message["content"]) for message in messages)


def spent(found: Answer | Refusal, most: Cost) -> Cost:
    """Return the tokens that an answer did cost: as the server counts, else estimated, and nothing for a refusal."""
    if isinstance(found, Refusal):
        return Cost(0, 0)
    estimated = most.answer if found.is_endless else estimated_tokens(found.text)
    return Cost(
        most.prompt if found.prompt_tokens is None else found.prompt_tokens,
        estimated if found.answer_tokens is None else found.answer_tokens,
    )


class Spending:
    """What is left of a budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.requests, self.prompt_tokens, self.answer_tokens, self.money = 0, 0, 0, Decimal(0)
        self._reserved_tokens, self._reserved_money = 0, Decimal(0)
        self.reached: str | None = None
        """The limit that ended the work, such as ``budget.tokens``."""

    def reserve(self, most: Cost) -> bool:
        """Reserve what a request costs at most; False where that is too much, for now or for good (`reached`)."""
        budget = self._budget
        tokens, money = self.prompt_tokens + self.answer_tokens + most.tokens, self.money + most.money(budget.prices)
        if self.requests >= budget.requests:
            self.reached = "budget.requests"
            return False
        if budget.tokens is not None and tokens + self._reserved_tokens > budget.tokens:
            self.reached = "budget.tokens" if tokens > budget.tokens else None
            return False
        if budget.money is not None and money + self._reserved_money > budget.money:
            self.reached = "budget.money" if money > budget.money else None
            return False
        self.requests += 1
        self._reserved_tokens += most.tokens
        self._reserved_money += most.money(budget.prices)
        return True

    def settle(self, most: Cost, spent: Cost) -> None:
        """Count what a request did cost in place of what it could have."""
        self._reserved_tokens -= most.tokens
        self._reserved_money -= most.money(self._budget.prices)
        self.prompt_tokens += spent.prompt
        self.answer_tokens += spent.answer
        self.money += spent.money(self._budget.prices)
