"""Layouts: the ways in which a number of GPUs can share a run's model, with memory and time of each, and the best.

Time is a model, not a measurement: the FLOPs at a stated utilisation, the pipeline's idle share, and communication that
nothing hides, at the bandwidths of data sheets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.planning.gpu import MACHINE, Gpu
from pipeline.planning.gpu_memory import ELEMENT, Memory, Split, memory, stage_parameters
from pipeline.train.architecture import Architecture

USABLE = 0.92
"""Share of a GPU's memory that a layout may fill; CUDA's own, NCCL's buffers and fragments take the rest."""
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
    """Return the layouts that fit, each division once with its best micro-batch, the fastest first.

    Of those that take as long, the least divided one with the largest micro-batch comes first.
    """
    found = sorted((each for each in candidates(work, gpus) if each.fits(work.gpu)), key=_rank)
    best: dict[tuple[int, int], Candidate] = {}
    for each in found:
        best.setdefault((each.split.tensor, each.split.pipeline), each)
    return list(best.values())


def candidates(work: Work, gpus: int) -> Iterator[Candidate]:
    """Yield every layout that divides model and batch, whether it fits or not."""
    for split in _splits(work, gpus):
        yield _candidate(work, split)


def _splits(work: Work, gpus: int) -> Iterator[Split]:
    shape = work.shape
    divided = (shape.num_heads, shape.num_key_value_heads, shape.feed_forward_size, shape.vocabulary_size)
    for tensor in _divisors(min(gpus, MACHINE)):
        if gpus % tensor or any(number % tensor for number in (*divided, work.sequence_length)):
            continue
        for pipeline in _divisors(gpus // tensor):
            data = gpus // tensor // pipeline
            if shape.num_layers % pipeline or work.batch % data:
                continue
            for micro_batch in _divisors(work.batch // data):
                if micro_batch == 1 or micro_batch * work.sequence_length <= LONGEST_MICRO_BATCH:
                    yield Split(tensor, pipeline, data, micro_batch)


def _candidate(work: Work, split: Split) -> Candidate:
    shape, tokens = work.shape, work.batch * work.sequence_length
    flops = shape.flops_per_token(work.sequence_length, "full") * tokens
    compute = flops / (split.gpus * work.gpu.peak[work.precision] * work.utilization)
    micro_batches = work.batch // (split.data * split.micro_batch)
    own = memory(shape, split, work.sequence_length, work.batch, work.precision)
    sent = _between_copies(work, split) + _between_parts(work, split)
    return Candidate(split, own, compute, compute * (split.pipeline - 1) / micro_batches, sent)


def _between_copies(work: Work, split: Split) -> float:
    """Return seconds a step in which copies of the model add up gradients (fp32) and give out weights."""
    size = max(stage_parameters(work.shape, split, stage) for stage in (0, split.pipeline - 1))
    speed = work.gpu.inside if split.gpus <= MACHINE else work.gpu.between
    return (4 + ELEMENT[work.precision]) * size * (split.data - 1) / split.data / speed


def _between_parts(work: Work, split: Split) -> float:
    """Return seconds a step of tensor parallelism: of each block four gathers and four sums of the residual stream."""
    stream = work.batch // split.data * work.sequence_length * work.shape.hidden_size * ELEMENT[work.precision]
    layers = work.shape.num_layers // split.pipeline
    return 8 * layers * stream * (split.tensor - 1) / split.tensor / work.gpu.inside


def _rank(each: Candidate) -> tuple[float, int, int, int]:
    split = each.split
    return (round(each.seconds, 6), split.pipeline, split.tensor, -split.micro_batch)


def _divisors(number: int) -> list[int]:
    return [each for each in range(1, number + 1) if number % each == 0]
