"""What models are asked to write: the most that it can take before it is made, and what it took once it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline import artifact
from pipeline.recipe import Recipe
from pipeline.synthesize.order import Order
from pipeline.synthesize.recipe_checks import orders_of
from pipeline.synthesize.seeds.quotas import cells

Fields = dict[str, Any]


def synthesis(recipe: Recipe, root: Path, stages: Sequence[dict[str, str]]) -> dict[str, Fields]:
    """Return source -> what is asked for and spent, for every source that a model writes; ``stages`` with states."""
    states = {stage["stage"]: stage["state"] for stage in stages}
    return {name: _source(order, root, f"synthetic/{name}", states) for name, order in orders_of(recipe).items()}


def _source(order: Order, root: Path, stage: str, states: dict[str, str]) -> Fields:
    folder = root / stage
    counts = artifact.read_manifest(folder).counts if artifact.is_published(folder) else None
    return {
        "corpus": order.corpus,
        "model": order.generator.model,
        "state": states[stage],
        "quotas": cells(order.quotas),
        "requests_at_most": order.budget.requests,
        "answer_tokens_at_most": order.budget.requests * order.generator.answer_tokens,
        "tokens_at_most": order.budget.tokens,
        "money_at_most": None if order.budget.money is None else float(order.budget.money),
        "made": counts and {key: counts[key] for key in ("requests", "pairs", "kept", "tokens", "ended_by")},
    }


def as_lines(fields: dict[str, Fields]) -> Iterator[str]:
    """Yield what a plan says of it."""
    for name, told in fields.items():
        wanted, state = sum(told["quotas"].values()), told["state"]
        yield f"synthesis of {name}: {wanted:,} tokens about {told['corpus']} by {told['model']}: {state}"
        if state != "fresh":
            limit = f"; {told['tokens_at_most']:,} tokens in all" if told["tokens_at_most"] else ""
            limit += f"; {told['money_at_most']:,.2f} in money" if told["money_at_most"] else ""
            yield (
                f"  at most {told['requests_at_most']:,} requests with {told['answer_tokens_at_most']:,} tokens of "
                f"answers{limit}; answers kept from before cost nothing; `headwater run RECIPE --only synthetic/{name} "
                "--dry-run` shows prompts and exact counts"
            )
        if made := told["made"]:
            yield (
                f"  made: {made['requests']:,} requests gave {made['pairs']:,} pairs, of which {made['kept']:,} were "
                f"kept with {made['tokens']:,} tokens; ended by {made['ended_by']}"
            )
