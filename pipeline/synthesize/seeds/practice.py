"""Deliberate practice (arXiv 2502.15588): more of what the model that is being trained is unsure of.

The paper samples from p(x) exp(omega H(x)), H being the entropy of the model's answer. Here x is a document or a
discipline, p what would be asked for without practice, and H a loss of the model in nats.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.recipe_errors import near
from pipeline.synthesize.seeds.quotas import Quotas, shared_anew
from pipeline.synthesize.seeds.settings import Documents, Slices

VALIDATION = "validation.jsonl"
_KEYS = 1 << 64


def rank(key: int, loss: float, practice: Documents) -> float:
    """Return a number whose order, largest first, draws documents in proportion to exp(strength * loss).

    ``key`` is a hash of 64 bits. Adding Gumbel noise to log-weights and sorting draws without replacement; with
    strength 0 the order is that of the keys, smallest first.
    """
    uniform = 1 - (key + 0.5) / _KEYS
    return practice.strength * loss - math.log(-math.log(min(max(uniform, 1e-19), 1 - 1e-16)))


def too_hard(losses: npt.NDArray[np.float32], practice: Documents) -> float:
    """Return the loss from which on documents of a discipline are left out: ``floor(hardest * n)`` of them, ties more.

    Documents without a loss (NaN) do not count; infinity where none is left out.
    """
    known = np.sort(losses[~np.isnan(losses)])
    left_out = math.floor(practice.hardest * len(known))
    return float(known[-left_out]) if left_out else math.inf


def last_losses(run: Path, practice: Slices) -> dict[str, float]:
    """Return the losses of a run's last validation by slice, those the practice names.

    ``run`` is its folder. Raises UserError for a slice that it has no loss of.
    """
    last = (run / VALIDATION).read_text(encoding="utf-8").splitlines()[-1]
    losses: Mapping[str, float] = json.loads(last)["loss"]
    wanted = [name for names in practice.slices.values() for name in names]
    missing = [
        f"seeds.practice.slices: {name}: run {practice.run} has no loss of it{near(name, list(losses))}"
        for name in wanted
        if name not in losses
    ]
    if missing:
        raise UserError("\n".join(missing))
    return {name: losses[name] for name in wanted}


def practised(quotas: Quotas, practice: Slices, losses: Mapping[str, float]) -> dict[str, int]:
    """Return quotas by cell, shared anew among the cells of the disciplines that the practice names.

    A cell's part is proportional to quota * exp(strength * mean loss of its discipline's slices).
    """
    mean = {name: math.fsum(losses[each] for each in slices) / len(slices) for name, slices in practice.slices.items()}
    largest = max(mean.values())
    named = {cell: quota for cell, quota in quotas.items() if cell.partition("/")[0] in mean}
    factors = {cell: math.exp(practice.strength * (mean[cell.partition("/")[0]] - largest)) for cell in named}
    return {**quotas, **(shared_anew(named, factors) if named else {})}
