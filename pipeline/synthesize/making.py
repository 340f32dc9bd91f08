"""Making: asks wave by wave, parses, checks and writes, in the order of the seeds whatever the order of the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.clean.filter import Rejection
from pipeline.clean.record import writable
from pipeline.label.answers import Answers
from pipeline.label.endpoint import Conversation, Messages, converse
from pipeline.synthesize.amounts import estimated_tokens
from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.choosing import Chosen
from pipeline.synthesize.near_duplicates import Accepted
from pipeline.synthesize.order import Order
from pipeline.synthesize.output import DOCUMENTS, REJECTED, Output
from pipeline.synthesize.parsing import parse
from pipeline.synthesize.requests import Request
from pipeline.synthesize.waves import Spending, Standing, next_wave

_ID_DIGITS = 16


class Making:
    """One artifact in the making."""

    def __init__(self, order: Order, chosen: Chosen, answers: Answers, output: Output) -> None:
        self._order, self._answers, self._output = order, answers, output
        self._accepted = Accepted(order.copies)
        self._rejected = Counter[str]()
        self._faults = chosen.faults
        self._pairs = 0
        self._spending = Spending(order)
        self.standings = {
            name: Standing([Request(order, seed) for seed in reversed(chosen.seeds[name])], quota)
            for name, quota in order.quotas.items()
        }

    @property
    def tokens(self) -> int:
        """Accepted so far."""
        return sum(standing.accepted for standing in self.standings.values())

    def run(self, advance: Callable[[float], None]) -> None:
        """Ask until every quota is met, the budget is spent or no seed is left; ``advance`` is told accepted tokens."""
        while wave := list(next_wave(self.standings, self._spending)):
            asked = [(name, request, _Once(request.messages)) for name, request in wave]
            converse(self._order.generator, self._answers, _conversations([once for _, _, once in asked]))
            before = self.tokens
            for name, request, once in asked:
                self._judge(name, request, once.answer)
            advance(self.tokens - before)

    def counts(self) -> dict[str, Any]:
        """Return the counts for the manifest."""
        disciplines = {
            name: {"quota": s.quota, "tokens": s.accepted, "requests": s.asked, "seeds_left": len(s.waiting)}
            for name, s in self.standings.items()
        }
        kept = self._pairs - sum(self._rejected.values())
        return {
            "requests": self._spending.requests,
            "tokens_at_most": self._spending.tokens,
            "pairs": self._pairs,
            "kept": kept,
            "removed": dict(sorted(self._rejected.items())),
            "tokens": self.tokens,
            "disciplines": disciplines,
            "snippets_left_out": dict(sorted(self._faults.items())),
            "ended_by": self._ended_by(),
        }

    def _ended_by(self) -> str:
        if all(standing.accepted >= standing.quota for standing in self.standings.values()):
            return "quotas"
        return self._spending.reached or "seeds"

    def _judge(self, name: str, request: Request, answer: str) -> None:
        """Sort an answer's pairs into accepted and rejected; an answer without a pair counts as one rejected."""
        own, found = f"{request.key[:_ID_DIGITS]}", parse(answer)
        if isinstance(found, Rejection):
            self._pairs += 1
            self._reject(own, request, answer, found)
            return
        for number, pair in enumerate(found, start=1):
            self._pairs += 1
            id = own if len(found) == 1 else f"{own}-{number}"
            why = self._fault(name, id, request, pair)
            if why is None:
                self._accept(name, id, request, pair)
            else:
                self._reject(id, request, pair.text, why)

    def _fault(self, name: str, id: str, request: Request, pair: Pair) -> Rejection | None:
        candidate = Candidate(pair, request.seed.text, request.seed.language, request.family)
        for check in self._order.checks:
            if why := check.reject(candidate):
                return why
        standing = self.standings[name]
        if standing.accepted >= standing.quota:
            return Rejection("quota_met", f"{standing.accepted} tokens", f"{standing.quota} tokens")
        return self._accepted.reject(id, pair)

    def _accept(self, name: str, id: str, request: Request, pair: Pair) -> None:
        self.standings[name].accepted += estimated_tokens(pair.text)
        lineage, seed = request.lineage(), request.seed
        row: Mapping[str, Any] = {
            "id": id,
            "text": writable(pair.text),
            "question": writable(pair.question),
            "solution": writable(pair.solution),
            "discipline": seed.discipline,
            "language": seed.language,
            "license": seed.license,
            "url": seed.url,
            "parents": [seed.document],
            "made_by": f"{lineage['model']} {lineage['prompt']}@{lineage['prompt_hash']}",
            **lineage,
        }
        self._output.add(DOCUMENTS, row)

    def _reject(self, id: str, request: Request, text: str, why: Rejection) -> None:
        self._rejected[why.reason] += 1
        told = {"reason": why.reason, "found": writable(why.found), "allowed": why.allowed}
        row = {"id": id, "text": writable(text), **told, "discipline": request.seed.discipline, **request.lineage()}
        self._output.add(REJECTED, row)


class _Once:
    """A conversation of one question."""

    def __init__(self, messages: Messages) -> None:
        self._messages, self.answer = messages, ""

    def next(self, answer: str | None) -> Messages | None:
        """Return the question, then note its answer; "" is a refusal by the server."""
        if answer is None:
            return self._messages
        self.answer = answer
        return None


def _conversations(asked: list[_Once]) -> Iterator[Conversation]:
    return (each.next for each in asked)
