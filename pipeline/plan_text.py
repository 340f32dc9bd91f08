"""A plan as people read it: one token table a run, then compute, warnings and stages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from mixtures.base import expand
from pipeline.budget import Row
from pipeline.recipe import Recipe

BILLION = 1e9
SHOWN = 4
"""Stages that a line names before it counts the rest."""


def as_text(
    recipe: Recipe, rows: list[Row], costs: dict[str, dict[str, Any]], warnings: list[str], stages: list[dict[str, str]]
) -> str:
    """Return the whole plan, ending in a newline."""
    lines = [f"{recipe.name}: {recipe.description}".rstrip(": "), ""]
    for run in recipe.runs:
        lines += [*_table(recipe, run, [row for row in rows if row.run == run]), *_cost(costs[run]), ""]
    lines += [f"warning: {text}" for text in warnings]
    lines += _stages(stages)
    return "\n".join(lines) + "\n"


def _table(recipe: Recipe, run: str, rows: list[Row]) -> Iterator[str]:
    phases = recipe.runs[run].phases
    scale, unit = (BILLION, "B") if recipe.runs[run].tokens >= BILLION else (1e6, "M")
    total = math.fsum(row.tokens for row in rows)
    yield f"run {run}: tokens in {unit}"
    yield _line("source", [f"phase {i + 1}" for i in range(len(phases))] + ["total", "%", "unique", "epochs"])
    for row in rows:
        yield _line(row.source, _cells(row.phases, row.tokens, total, scale) + _supply(row, scale))
    for group in recipe.groups:
        mine = expand({group: 1.0}, recipe.groups)
        inside = [row for row in rows if row.source in mine]
        if inside:
            yield _line(f"= {group}", _sums(inside, len(phases), total, scale))
    yield _line("= all", _sums(rows, len(phases), total, scale))
    for i, phase in enumerate(phases):
        yield f"  phase {i + 1}: {phase.name}, {phase.mixture.kind}"


def _cells(phases: tuple[float, ...], tokens: float, total: float, scale: float) -> list[str]:
    return [*(f"{x / scale:.4f}" if x else "-" for x in phases), f"{tokens / scale:.4f}", f"{100 * tokens / total:.2f}"]


def _sums(rows: list[Row], count: int, total: float, scale: float) -> list[str]:
    phases = tuple(math.fsum(row.phases[i] for row in rows) for i in range(count))
    return _cells(phases, math.fsum(phases), total, scale)


def _supply(row: Row, scale: float) -> list[str]:
    if row.unique is None:
        return ["unknown", "unknown"]
    return [f"{row.unique / scale:.4f}", f"{row.epochs:.2f}" if row.epochs is not None else "-"]


def _line(name: str, cells: list[str]) -> str:
    return f"  {name:<20}" + "".join(f"{cell:>11}" for cell in cells)


def _cost(cost: dict[str, Any]) -> Iterator[str]:
    yield f"  {cost['steps']:,} steps of {cost['tokens_per_step']:,} tokens"
    if "flops" in cost:
        yield (
            f"  {cost['parameters']:,} parameters, {cost['flops']:.3g} FLOP, "
            f"{cost['state_bytes'] / 2**30:.2f} GiB for weights, "
            f"gradients and optimizer, {cost['gpu_hours']:.2f} GPU-hours"
        )
    else:
        yield "  no FLOPs or memory: the checkpoint is not here, so its shape is unknown"


def _stages(stages: list[dict[str, str]]) -> Iterator[str]:
    fresh = sum(stage["state"] == "fresh" for stage in stages)
    yield f"stages: {fresh} of {len(stages)} fresh"
    states: dict[tuple[str, str], list[str]] = {}
    for stage in stages:
        if stage["state"] != "fresh":
            states.setdefault((stage["verb"], stage["state"]), []).append(stage["stage"])
    for (verb, state), names in states.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"  {verb}: {state}: {', '.join(names[:SHOWN])}{more}"
