"""The cost of a run on a stated number of GPUs: the layout to take, its memory part by part, steps and hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.planning.gpu import GIB, GPUS, MACHINE
from pipeline.planning.layouts import USABLE, Candidate, Work, candidates, ranked
from pipeline.recipe import Run
from pipeline.train.architecture import Architecture

OTHERS = 3
"""Layouts that are named besides the best."""
UNVERIFIED = (
    "hours are a model's, never measured on a GPU: utilisation as given, idle and communication as computed, nothing "
    "hidden, validation, checkpoints and data left out; the memory model was checked on the CPU"
)
Fields = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """What a run is planned for."""

    gpu: str
    """A name of `pipeline.planning.gpu.GPUS`."""
    gpus: int
    utilization: float


def cost(run: Run, shape: Architecture, machine: Machine, steps: int) -> Fields:
    """Return the best layout and the next ones; where none fits, the nearest and what it lacks."""
    gpu = GPUS[machine.gpu]
    work = Work(shape, run.sequence_length, run.batch, run.precision, gpu, machine.utilization)
    told: Fields = {
        **asdict(machine),
        "gpu_bytes": gpu.memory,
        "usable_bytes": round(USABLE * gpu.memory),
        "recipe_micro_batch": run.micro_batch,
        "verified": False,
    }
    found = ranked(work, machine.gpus)
    if not found:
        nearest = min(candidates(work, machine.gpus), key=lambda each: each.memory.total, default=None)
        return {**told, "best": None, "others": [], "nearest": nearest and _fields(nearest, work, steps)}
    best, *others = (_fields(each, work, steps) for each in found)
    return {**told, "best": best, "others": others[:OTHERS], "nearest": None}


def as_lines(told: Fields) -> Iterator[str]:
    """Yield what a plan says of it."""
    capacity = f"{told['gpu_bytes'] / GIB:.1f}"
    yield f"  on {told['gpus']} {told['gpu'].upper()} of {capacity} GiB each:"
    if told["best"] is None:
        yield from _no_layout(told)
        return
    best = told["best"]
    own = told["recipe_micro_batch"]
    advice = "" if own == best["micro_batch"] else f" (the recipe says {own}: write micro_batch: {best['micro_batch']})"
    yield f"    layout: {_layout(best)}{advice}"
    yield f"    memory: {_memory(best)} of {capacity} GiB a GPU"
    yield (
        f"    time: {best['step_seconds']:.3g} s a step at {100 * told['utilization']:g} % utilisation, of which "
        f"{100 * best['idle_share']:.0f} % idle and {100 * best['communication_share']:.0f} % communication; "
        f"{best['hours']:,.1f} hours, {best['gpu_hours']:,.1f} GPU-hours, "
        f"{best['tokens_per_second_per_gpu']:,.0f} tokens/s a GPU"
    )
    if command := _command(told, best):
        yield f"    run it with: {command}"
    for other in told["others"]:
        yield f"    or: {_layout(other)}: {other['memory']['total'] / GIB:.1f} GiB a GPU, {other['hours']:,.1f} hours"
    yield f"    {UNVERIFIED}"


def _no_layout(told: Fields) -> Iterator[str]:
    if told["nearest"] is None:
        yield (
            f"    no layout: {told['gpus']} GPUs can share neither the sequences of a batch nor the model evenly; take "
            "another number of GPUs, or another batch"
        )
        return
    nearest, usable = told["nearest"], told["usable_bytes"]
    yield f"    no layout fits; the nearest is {_layout(nearest)}: {_memory(nearest)}"
    yield (
        f"    {(nearest['memory']['total'] - usable) / GIB:.1f} GiB more than the {usable / GIB:.1f} GiB that may be "
        "filled; take more GPUs, or ones with more memory, or shorter sequences"
    )


def _layout(found: Fields) -> str:
    parts = ", ".join(f"{name} {found['layout'][name]}" for name in ("tensor", "pipeline", "context", "data"))
    again = found["layout"]["recompute"]
    return f"{parts}, micro-batch {found['micro_batch']}" + (f", {again} blocks of a stage recomputed" if again else "")


def _memory(found: Fields) -> str:
    amounts = {name: f"{size / GIB:.1f}" for name, size in found["memory"].items()}
    total, loss, backward = (amounts.pop(name) for name in ("total", "loss", "backward"))
    parts = ", ".join(f"{name} {size}" for name, size in amounts.items())
    return f"{parts}, and either logits and loss {loss} or gradients of a block {backward} = {total}"


def _command(told: Fields, found: Fields) -> str:
    processes = [f"--processes {told['gpus']}"] if told["gpus"] <= MACHINE else []
    return " ".join([*processes, *([f"--layout {found['command']}"] if found["command"] else [])])


def _fields(each: Candidate, work: Work, steps: int) -> Fields:
    split = each.split
    hours = each.seconds * steps / 3600
    return {
        "layout": {
            **split.layout.model_dump(exclude={"overlap", "distributed_optimizer", "background_saving"}),
            "data": split.data,
        },
        "command": split.layout.text,
        "micro_batch": split.micro_batch,
        "memory": {**asdict(each.memory), "total": each.memory.total},
        "step_seconds": each.seconds,
        "idle_share": each.idle / each.seconds,
        "communication_share": each.communication / each.seconds,
        "tokens_per_second_per_gpu": work.batch * work.sequence_length / each.seconds / split.gpus,
        "hours": hours,
        "gpu_hours": hours * split.gpus,
    }
