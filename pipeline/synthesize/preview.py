"""A preview: the prompts as they would be sent, how many requests there may be, and their tokens; nothing is asked."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.label.answers import Answers
from pipeline.stage import Stage, why_stale
from pipeline.synthesize.choosing import Chosen
from pipeline.synthesize.order import Order
from pipeline.synthesize.requests import Request
from pipeline.synthesize.spending import Cost, Spending
from pipeline.synthesize.stage import SynthesizeStage
from pipeline.synthesize.window import Window, standings


def dry_run(stages: Sequence[Stage], root: Path) -> Iterator[str]:
    """Yield a line for every artifact that would be made, and for those that a model writes what it would be asked."""
    stale = {stage.name: reason for stage in stages if (reason := why_stale(stage, root))}
    for stage in stages:
        if stage.name not in stale:
            continue
        yield f"{stage.name}: {stale[stage.name]}"
        if isinstance(stage, SynthesizeStage):
            waits = [need.name for need in stage.stages if why_stale(need, root)]
            if waits:
                yield f"  what would be asked can be told once {', '.join(waits)} are made"
            else:
                with tempfile.TemporaryDirectory() as folder:
                    yield from preview(stage.order, stage.choose(root, Path(folder)), Answers(root)).splitlines()
    yield f"{len(stale)} of {len(stages)} artifacts would be made; nothing was"


def preview(order: Order, chosen: Chosen, answers: Answers) -> str:
    """Return the text that ``--dry-run`` prints: one prompt of each kind, a line a discipline, then the totals.

    The totals are the most that can be spent; how many requests fill the quotas is known only from the answers.
    """
    cells, first = standings(order, chosen), dict[str, Request]()
    asked, kept, most = 0, 0, Cost(0, 0)
    for request in _asked_at_most(Window(cells, Spending(order.budget))):
        asked, most = asked + 1, most + request.most_cost
        kept += answers.find_key(request.key) is not None
        first.setdefault(str(request.lineage()["prompt"]), request)
    lines = [*_prompts(first)]
    for name, standing in cells.items():
        lines.append(
            f"{name}: {standing.filling.quota} tokens wanted; {len(chosen.seeds[name])} snippets, "
            f"{standing.asked} of them at most asked about"
        )
    prices = order.budget.prices
    lines.append(
        f"at most {asked} requests, {kept} of them answered before; about {most.prompt} tokens of prompts and "
        f"at most {most.answer} tokens of answers by {order.generator.model}"
        + (f"; at most {most.money(prices):.2f} at the prices given" if prices else "")
    )
    return "\n".join(lines) + "\n"


def _asked_at_most(window: Window) -> Iterator[Request]:
    """Yield the requests that are asked where no answer is accepted and each costs the most it can."""
    under_way = deque[tuple[str, Request]]()
    while True:
        while (following := window.next()) is not None:
            under_way.append(following)
        if not under_way:
            return
        name, request = under_way.popleft()
        window.judged(name, request, request.most_cost)
        yield request


def _prompts(requests: Mapping[str, Request]) -> Iterator[str]:
    for name, request in requests.items():
        yield f"--- {name}, about {request.seed.document}"
        yield request.messages[0]["content"]
        yield "---"
