"""The layout: how one model is spread over processes, and the process groups that follow from it.

One path for every size: a single process is a group of one, without a port; several are told by the
environment that torchrun sets (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from megatron.core import parallel_state, tensor_parallel
from pydantic import Field, model_validator
from torch import distributed
from torch._C._distributed_c10d import HashStore

from curricula.settings import Settings
from pipeline.errors import UserError
from pipeline.train import cpu_backend
from pipeline.train.architecture import Architecture


class Layout(Settings):
    """Ways of splitting the model; processes left over hold copies of it (data parallel)."""

    tensor: int = Field(default=1, ge=1)
    """Processes that share each matrix."""
    pipeline: int = Field(default=1, ge=1)
    """Processes that share the stack of blocks."""
    context: int = Field(default=1, ge=1)
    """Processes that share each sequence; only 1 for now."""
    sequence_parallel: bool = False
    """Whether norms are split along the sequence over the tensor-parallel processes."""
    distributed_optimizer: bool = True
    """Whether the optimizer's state is split over the copies of the model."""
    overlap: bool = False
    """Whether gradients are reduced while the backward pass still runs."""

    @model_validator(mode="after")
    def _possible(self) -> Layout:
        if self.context > 1:
            raise ValueError(f"context: found {self.context}, allowed is 1 (context parallelism is not there yet)")
        if self.sequence_parallel and self.tensor == 1:
            raise ValueError("sequence_parallel: found true with tensor: 1, allowed with tensor 2 or more")
        return self

    @property
    def model_size(self) -> int:
        """Processes that together hold one copy of the model."""
        return self.tensor * self.pipeline * self.context

    def refusals(self, architecture: Architecture) -> list[str]:
        """Name every way in which the architecture cannot be split like this."""
        divided = {
            "layout.tensor": (
                self.tensor,
                ("num_heads", "num_key_value_heads", "feed_forward_size", "vocabulary_size"),
            ),
            "layout.pipeline": (self.pipeline, ("num_layers",)),
        }
        return [
            f"{name}: {parts} does not divide {field} {getattr(architecture, field)}"
            for name, (parts, fields) in divided.items()
            for field in fields
            if getattr(architecture, field) % parts
        ]


@dataclass(frozen=True)
class Place:
    """Where this process stands in the layout."""

    rank: int
    """Of all processes."""
    world_size: int
    """All processes."""
    data_rank: int
    """Which copy of the model this process is part of."""
    data_size: int
    """Copies of the model."""
    first_stage: bool
    """Whether tokens enter the model here."""
    last_stage: bool
    """Whether the loss is computed here."""
    device: torch.device
    """Where the model and its batches live."""


def initialize(layout: Layout, seed: int) -> Place:
    """Join the other processes, form the groups of the layout, and seed torch.

    Raises UserError where the number of processes is no multiple of the layout's.
    """
    on_cpu = cpu_backend.enable()
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    if world_size % layout.model_size:
        raise UserError(
            f"layout: found {world_size} processes, allowed are multiples of {layout.model_size} "
            f"(tensor {layout.tensor} x pipeline {layout.pipeline})"
        )
    if not on_cpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if world_size == 1:
        distributed.init_process_group("gloo" if on_cpu else "nccl", store=HashStore(), rank=0, world_size=1)
    else:
        distributed.init_process_group("gloo" if on_cpu else "nccl")
    parallel_state.initialize_model_parallel(layout.tensor, layout.pipeline, context_parallel_size=layout.context)
    torch.manual_seed(seed)
    tensor_parallel.model_parallel_cuda_manual_seed(seed)
    return place()


def place() -> Place:
    """Return this process's place in the groups that `initialize` formed."""
    return Place(
        rank=distributed.get_rank(),
        world_size=distributed.get_world_size(),
        data_rank=parallel_state.get_data_parallel_rank(),
        data_size=parallel_state.get_data_parallel_world_size(),
        first_stage=parallel_state.is_pipeline_first_stage(),
        last_stage=parallel_state.is_pipeline_last_stage(),
        device=device(),
    )


def device() -> torch.device:
    """Return the device of this process."""
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")


def sum_over_copies(value: int) -> int:
    """Return the sum of every copy's value, modulo 2**63, which no number of copies changes."""
    if parallel_state.get_data_parallel_world_size() == 1:
        return value % 2**63
    total = torch.tensor(value % 2**63, dtype=torch.int64, device=device())
    distributed.all_reduce(total, group=parallel_state.get_data_parallel_group())
    # int64 wraps modulo 2**64, of which 2**63 is a divisor.
    return int(total) % 2**63


def shutdown() -> None:
    """Leave the groups; `initialize` may be called again afterwards."""
    parallel_state.destroy_model_parallel()
    distributed.destroy_process_group()
