"""A chain: the stages that are to be made, put together into jobs, each with the jobs that it waits for.

Stages of one verb that can follow each other are one job, so that a recipe of a hundred sources is no hundred jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.stage import Stage
from pipeline.train.stages import EvaluateStage, ExportStage, TrainStage

Kind = Literal["data", "train", "model"]


@dataclass
class Part:
    """One job of a chain."""

    name: str
    """Unique in its chain, such as ``label`` or ``train-cpt``."""
    kind: Kind
    """``data``: drives arrays of tasks; ``train``: trains on all nodes; ``model``: one process with a model."""
    stages: list[Stage] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    """Names of the parts before it that make what it reads."""


def chain_of(stages: Sequence[Stage]) -> list[Part]:
    """Return the parts that make the stages, which come inputs first; every part after those that it reads."""
    parts: list[Part] = []
    place: dict[str, int] = {}
    for stage in stages:
        needed = {place[need.name] for need in stage.stages if need.name in place}
        at = _place(parts, stage, max(needed, default=0))
        parts[at].stages.append(stage)
        waits = {*parts[at].after, *(parts[i].name for i in needed if i != at)}
        parts[at].after = [part.name for part in parts if part.name in waits]
        place[stage.name] = at
    return parts


def _place(parts: list[Part], stage: Stage, earliest: int) -> int:
    """Return the index of the last part, from the earliest on, that the stage belongs to; or add one."""
    kind, title = _key(stage)
    alike = [i for i, part in enumerate(parts) if (part.kind, part.name.partition(".")[0]) == (kind, title)]
    if alike and alike[-1] >= earliest:
        return alike[-1]
    parts.append(Part(f"{title}.{len(alike) + 1}" if alike else title, kind))
    return len(parts) - 1


def _key(stage: Stage) -> tuple[Kind, str]:
    """Return the kind of the stage's part, and its name where it is the first of that name."""
    match stage:
        case TrainStage():
            return "train", f"train-{stage.run_name}"
        case ExportStage():
            return "model", f"model-{stage.train.run_name}"
        case EvaluateStage():
            return "model", f"model-{stage.export.train.run_name}"
    return "data", stage.verb
