"""Compute: steps, FLOPs, memory and GPU-hours of each run, from its architecture alone, and its cost on GPUs."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UserError
from pipeline.planning.cost import Fields, Machine, cost
from pipeline.planning.gpu import GPUS
from pipeline.recipe import Recipe
from pipeline.stream.director import total_steps
from pipeline.train.architecture import Architecture

BYTES_PER_PARAMETER = {"fp32": 16, "bf16": 18}
"""Weights, gradients in fp32, AdamW's two moments and, for bf16, the fp32 master copy."""


def compute(recipe: Recipe, data: Path, gpu: str, utilization: float, gpus: int | None = None) -> dict[str, Fields]:
    """Return run -> its cost, with a layout where a number of GPUs is given.

    ``flops`` counts attention over whole sequences (the PaLM convention).
    """
    costs: dict[str, Fields] = {}
    for name, run in recipe.runs.items():
        shape = architecture_of(recipe, name, data)
        steps = total_steps(run)
        costs[name] = {"steps": steps, "tokens_per_step": run.batch * run.sequence_length}
        if shape is not None:
            flops = shape.flops_per_token(run.sequence_length, "full") * run.tokens
            memory = shape.parameters() * BYTES_PER_PARAMETER[run.precision]
            costs[name] |= {
                "parameters": shape.parameters(),
                "flops": flops,
                "state_bytes": memory,
                "gpu": gpu,
                "gpu_hours": flops / (GPUS[gpu].peak[run.precision] * utilization) / 3600,
            }
            if gpus is not None:
                costs[name]["cost"] = cost(run, shape, Machine(gpu, gpus, utilization), steps)
    return costs


def architecture_of(recipe: Recipe, run: str, data: Path) -> Architecture | None:
    """Return the shape of a run's model, or None if its checkpoint is not here to look at."""
    start = recipe.runs[run].start
    if start.kind == "architecture":
        return start.architecture
    if start.kind == "run":
        return architecture_of(recipe, start.run, data)
    try:
        return Architecture.from_hugging_face(data / start.path)
    except UserError:
        return None
