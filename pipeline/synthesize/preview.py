"""A preview: the prompts as they would be sent, how many requests there may be, and their tokens; nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.label.answers import Answers
from pipeline.synthesize.choosing import Chosen
from pipeline.synthesize.order import Order
from pipeline.synthesize.requests import Request
from pipeline.synthesize.waves import Spending, Standing, next_wave


def preview(order: Order, chosen: Chosen, answers: Answers) -> str:
    """Return the text that ``--dry-run`` prints: one prompt of each kind, a line a discipline, then the totals.

    The totals are the most that can be spent; how many requests fill the quotas is known only from the answers.
    """
    standings = {
        name: Standing([Request(order, seed) for seed in reversed(chosen.seeds[name])], quota)
        for name, quota in order.quotas.items()
    }
    spending = Spending(order)
    asked: list[tuple[str, Request]] = []
    while wave := list(next_wave(standings, spending)):
        asked += wave
    kept = sum(answers.find(order.generator.request(request.messages)) is not None for _, request in asked)
    prompts = sum(request.prompt_tokens for _, request in asked)
    lines = [*_prompts([request for _, request in asked])]
    for name, standing in standings.items():
        lines.append(
            f"{name}: {standing.quota} tokens wanted; {len(chosen.seeds[name])} snippets, "
            f"{standing.asked} of them at most asked about"
        )
    lines.append(
        f"at most {len(asked)} requests, {kept} of them answered before; about {prompts} tokens of prompts and "
        f"at most {len(asked) * order.generator.answer_tokens} tokens of answers by {order.generator.model}"
    )
    return "\n".join(lines) + "\n"


def _prompts(requests: list[Request]) -> Iterator[str]:
    shown: set[str] = set()
    for request in requests:
        name = str(request.lineage()["prompt"])
        if name not in shown:
            shown.add(name)
            yield f"--- {name}, about {request.seed.document}"
            yield request.messages[0]["content"]
            yield "---"
