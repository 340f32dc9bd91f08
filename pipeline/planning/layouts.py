"""Layouts: the ways in which a number of GPUs can share a run's model, with memory and time of each, and the best.

Time is a model, not a measurement: the FLOPs at a stated utilisation, the pipeline's idle share, and communication that
nothing hides, at the bandwidths of data sheets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from pipeline.planning.gpu import MACHINE, Gpu
from pipeline.planning.gpu_memory import ELEMENT, Memory, Split, memory, stage_parameters
from pipeline.train.architecture import Architecture

USABLE = 0.92
"""Share of a GPU's memory that a layout may fill; CUDA's own, NCCL's buffers and fragments take the rest."""
ALIKE = 0.05
"""Share of time that the model cannot tell apart."""
LONGEST_MICRO_BATCH = 1 << 14
"""Tokens of a micro-batch from which on a larger one is thought to make matrix products no faster."""


@dataclass(frozen=True)
class Work:
    """What is to be trained, on what."""

    shape: Architecture
    sequence_length: int
    batch: int
    """Sequences a step."""
    precision: str
    gpu: Gpu
    utilization: float
    """Share of the peak that a GPU reaches while it computes."""


@dataclass(frozen=True)
class Candidate:
    """One layout with what it takes."""

    split: Split
    memory: Memory
    compute: float
    """Seconds of a step while GPUs compute."""
    idle: float
    """Seconds of a step in which a pipeline's stages wait for the first micro-batch, and for the last."""
    communication: float
    """Seconds of a step."""

    @property
    def seconds(self) -> float:
        """Of a step."""
        return self.compute + self.idle + self.communication

    def fits(self, gpu: Gpu) -> bool:
        """Tell whether its peak leaves the GPU what others need."""
        return self.memory.total <= USABLE * gpu.memory


def ranked(work: Work, gpus: int) -> list[Candidate]:
    """Return the layouts that fit, each division once with its best micro-batch, the one to take first.

    That is the least divided one of those that take at most `ALIKE` longer than the fastest; the rest by their time.
    """
    best: dict[tuple[int, int, int], Candidate] = {}
    for each in sorted((each for each in candidates(work, gpus) if each.fits(work.gpu)), key=_rank):
        best.setdefault((each.split.tensor, each.split.pipeline, each.split.context), each)
    found = list(best.values())
    alike = [each for each in found if each.seconds <= (1 + ALIKE) * found[0].seconds]
    first = sorted(alike, key=lambda each: each.split.layout.model_size)[:1]
    return [*first, *(each for each in found if each not in first)]


def candidates(work: Work, gpus: int) -> Iterator[Candidate]:
    """Yield every layout that divides model and batch, fitting or not, each recomputing the fewest blocks that it can.

    One that does not fit recomputes all.
    """
    for split in _splits(work, gpus):
        for recompute in range(work.shape.num_layers // split.pipeline + 1):
            found = _candidate(work, replace(split, recompute=recompute))
            if found.fits(work.gpu):
                break
        yield found


def _splits(work: Work, gpus: int) -> Iterator[Split]:
    for tensor, context, pipeline in product(_divisors(gpus), repeat=3):
        if tensor * context > MACHINE or gpus % (tensor * context * pipeline):
            continue
        data = gpus // (tensor * context * pipeline)
        if work.batch % data or work.sequence_length % (2 * context * tensor):
            continue
        for micro_batch in _divisors(work.batch // data):
            split = Split(tensor, pipeline, data, micro_batch, context)
            if split.layout.refusals(work.shape):
                break
            if micro_batch == 1 or split.tokens(work.sequence_length) <= LONGEST_MICRO_BATCH:
                yield split


def _candidate(work: Work, split: Split) -> Candidate:
    shape, tokens = work.shape, work.batch * work.sequence_length
    flops = shape.flops_per_token(work.sequence_length, "full") * tokens
    compute = flops / (split.gpus * work.gpu.peak[work.precision] * work.utilization)
    # A forward pass is a third of forward and backward.
    compute *= 1 + split.recompute * split.pipeline / shape.num_layers / 3
    micro_batches = work.batch // (split.data * split.micro_batch)
    own = memory(shape, split, work.sequence_length, work.batch, work.precision)
    sent = _between_copies(work, split) + _between_parts(work, split)
    return Candidate(split, own, compute, compute * (split.pipeline - 1) / micro_batches, sent)


def _between_copies(work: Work, split: Split) -> float:
    """Return seconds a step in which copies of the model add up gradients (fp32) and give out weights."""
    size = max(stage_parameters(work.shape, split, stage) for stage in (0, split.pipeline - 1))
    speed = work.gpu.inside if split.gpus <= MACHINE else work.gpu.between
    copies = split.data * split.context
    return (4 + ELEMENT[work.precision]) * size * (copies - 1) / copies / speed


def _between_parts(work: Work, split: Split) -> float:
    """Return seconds a step in which GPUs that share matrices or sequences wait for each other.

    Of each block four gathers and four sums of the residual stream over tensor-parallel GPUs, and a gather and a sum of
    keys and values over those of a context.
    """
    shape, tokens = work.shape, work.batch // split.data * work.sequence_length
    stream = 8 * tokens // split.context * shape.hidden_size * (split.tensor - 1) / split.tensor
    keys = 2 * shape.num_key_value_heads * shape.head_size // split.tensor
    gathered = 2 * tokens * keys * (split.context - 1) / split.context
    layers = shape.num_layers // split.pipeline
    return layers * (stream + gathered) * ELEMENT[work.precision] / work.gpu.inside


def _rank(each: Candidate) -> tuple[float, int, int, int, int]:
    split = each.split
    return (round(each.seconds, 6), split.pipeline, split.tensor, split.context, -split.micro_batch)


def _divisors(number: int) -> list[int]:
    return [each for each in range(1, number + 1) if number % each == 0]
