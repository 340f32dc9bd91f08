"""Making: asks, examines and writes, in the order of the requests whatever the order of the answers."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.clean.filter import Rejection
from pipeline.clean.record import writable
from pipeline.label.answers import Answer, Answers, Refusal
from pipeline.label.asking import Asking
from pipeline.label.conversations import first_of
from pipeline.synthesize.amounts import estimated_tokens
from pipeline.synthesize.candidate import Pair
from pipeline.synthesize.choosing import Chosen
from pipeline.synthesize.examining import Asked, Examined, Rules, begin, examine, examine_here
from pipeline.synthesize.judging import Agreement, Judged, judged_by
from pipeline.synthesize.near_duplicates import Accepted, Likeness
from pipeline.synthesize.order import Order
from pipeline.synthesize.output import DOCUMENTS, REJECTED, Output
from pipeline.synthesize.requests import Request
from pipeline.synthesize.spending import Cost, Spending
from pipeline.synthesize.window import Window, standings
from pipeline.worker_pool import worker_pool

_ID_DIGITS = 16
_SHOWN_OF_ENDLESS = 200


@dataclass(frozen=True)
class _Outcome:
    """What came of one request."""

    text: str
    spent: Cost
    examined: Examined
    judged: Judged | None = None
    """None where no judge was asked."""


class Making:
    """One artifact in the making; ``workers`` processes examine answers, and one works without a second process.

    ``count`` counts the tokens of quotas. Paths that the order names start at ``data``.
    """

    def __init__(
        self,
        order: Order,
        chosen: Chosen,
        answers: Answers,
        output: Output,
        *,
        count: Callable[[str], int] = estimated_tokens,
        workers: int = 1,
        data: Path = Path(),
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._order, self._answers, self._output, self._workers, self._say = order, answers, output, workers, say
        self._count = count
        self._data = data
        self._rules, self._accepted = Rules(order.checks, order.copies), Accepted(order.copies)
        self._judged_answers, self._agreement = answers.again(), Agreement()
        self._rejected = Counter[str]()
        self._chosen = chosen
        self._pairs = 0
        self._spending = Spending(order.budget)
        self.standings = standings(order, chosen)

    @property
    def tokens(self) -> int:
        """Accepted so far."""
        return sum(standing.filling.accepted for standing in self.standings.values())

    def run(self, advance: Callable[[float], None]) -> None:
        """Ask until every quota is met, the budget is spent or no seed is left; ``advance`` is told accepted tokens.

        Raises what `Asking.ask` raises. Closes the answers.
        """
        several = worker_pool(self._workers, begin, self._rules, parts="answers")
        try:
            with several if self._workers > 1 else nullcontext() as pool:
                asyncio.run(self._run(advance, pool))
        except BaseExceptionGroup as group:
            raise first_of(group) from None
        finally:
            self._answers.close()
            self._judged_answers.close()
            self._accepted.close()

    async def _run(self, advance: Callable[[float], None], pool: ProcessPoolExecutor | None) -> None:
        window, judge = Window(self.standings, self._spending), self._order.judge
        under_way: deque[tuple[str, Request, asyncio.Task[_Outcome]]] = deque()
        async with (
            self._order.generator.opened(self._answers, self._say, self._data) as backend,
            Asking(judge, self._judged_answers, self._say) if judge else nullcontext() as second,
            asyncio.TaskGroup() as group,
        ):

            async def answered(request: Request) -> _Outcome:
                found = await backend.ask(request.body, request.prompt_tokens)
                text, spent = found.text if isinstance(found, Answer) else "", request.spent(found)
                examined = await self._examined(request, found, pool)
                if second is None or (judged := await judged_by(second, request, examined)) is None:
                    return _Outcome(text, spent, examined)
                return _Outcome(text, spent + judged.spent, examined, judged)

            while True:
                while (following := window.next()) is not None:
                    name, request = following
                    under_way.append((name, request, group.create_task(answered(request))))
                if not under_way:
                    return
                await asyncio.sleep(0)  # the new tasks begin; waiting for one that is done would not let them
                name, request, task = under_way.popleft()
                backend.hurry(request.body)
                outcome, before = await task, self.tokens
                self._judge(name, request, outcome)
                window.judged(name, request, outcome.spent)
                advance(self.tokens - before)

    async def _examined(self, request: Request, found: Answer | Refusal, pool: ProcessPoolExecutor | None) -> Examined:
        if isinstance(found, Refusal):
            return Rejection(found.reason, found.problem, "an answer")
        if found.is_endless:
            return Rejection("endless", f"{found.ended}: {found.text[:_SHOWN_OF_ENDLESS]!r}", "an answer with an end")
        asked = Asked(request.seed.text, request.seed.language, request.family)
        if pool is None:
            return examine(self._rules, asked, found.text)
        return await asyncio.get_running_loop().run_in_executor(pool, examine_here, asked, found.text)

    def counts(self) -> dict[str, Any]:
        """Return the counts for the manifest."""
        disciplines = {
            name: {
                "quota": s.filling.quota,
                "tokens": s.filling.accepted,
                "requests": s.asked,
                "seeds_left": len(s.waiting),
            }
            for name, s in self.standings.items()
        }
        kept = self._pairs - sum(self._rejected.values())
        return {
            "requests": self._spending.requests,
            "prompt_tokens": self._spending.prompt_tokens,
            "answer_tokens": self._spending.answer_tokens,
            **({"money": f"{self._spending.money:f}"} if self._order.budget.prices else {}),
            "pairs": self._pairs,
            "kept": kept,
            "removed": dict(sorted(self._rejected.items())),
            "tokens": self.tokens,
            "disciplines": disciplines,
            "snippets_left_out": dict(sorted(self._chosen.faults.items())),
            "tokens_counted_by": self._order.counted_by,
            "seeds": dict(self._chosen.told),
            **({"judge": self._agreement.told()} if self._order.judge else {}),
            "ended_by": self._ended_by(),
        }

    def _ended_by(self) -> str:
        if all(standing.filling.is_met for standing in self.standings.values()):
            return "quotas"
        if self._spending.requests == self._order.budget.requests:
            return "budget.requests"  # no more seeds than that were chosen, so that both may have run out
        return self._spending.reached or "seeds"

    def _judge(self, name: str, request: Request, outcome: _Outcome) -> None:
        """Sort an answer's pairs into accepted and rejected; an answer without a pair counts as one rejected."""
        own, examined = request.key[:_ID_DIGITS], outcome.examined
        if isinstance(examined, Rejection):
            self._pairs += 1
            self._reject(own, request, outcome.text, examined)
            return
        for number, (pair, found) in enumerate(examined, start=1):
            self._pairs += 1
            id = own if len(examined) == 1 else f"{own}-{number}"
            doubt = self._doubt(number, not isinstance(found, Rejection), outcome.judged)
            why = found if isinstance(found, Rejection) else doubt or self._fault(name, id, pair, found)
            if why is None:
                self._accept(id, request, pair)
            else:
                self._reject(id, request, pair.text, why)

    def _doubt(self, number: int, passed: bool, judged: Judged | None) -> Rejection | None:
        """Count what the judge says of a pair; return why it goes for that."""
        if judged is None or self._order.judge is None:
            return None
        verdict = judged.verdicts[number - 1]
        self._agreement.add(passed, verdict)
        return self._order.judge.fault(verdict, judged.text)

    def _fault(self, name: str, id: str, pair: Pair, own: Likeness) -> Rejection | None:
        """Return what is wrong with a sound pair beside those accepted before; None counts it as accepted."""
        filling, tokens = self.standings[name].filling, self._count(pair.text)
        allowed = f"{filling.quota} tokens"
        if filling.is_met:
            return Rejection("quota_met", f"{filling.accepted} tokens", allowed)
        if not filling.fits(tokens):
            filling.refuse()
            return Rejection("too_much_for_quota", f"{filling.accepted} and {tokens} tokens", f"{allowed} and 2 %")
        if why := self._accepted.reject(id, own):
            return why
        filling.take(tokens)
        return None

    def _accept(self, id: str, request: Request, pair: Pair) -> None:
        lineage, seed = request.lineage(), request.seed
        row: Mapping[str, Any] = {
            "id": id,
            "text": writable(pair.text),
            "question": writable(pair.question),
            "solution": writable(pair.solution),
            "discipline": seed.discipline,
            "level": seed.level,
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
