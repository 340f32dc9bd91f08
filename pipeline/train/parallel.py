"""The processes that train one model together: their groups, made from a layout, and this one's place in them.

One path for every size: a single process is a group of one, without a port; several are told by the
environment that torchrun sets (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from megatron.core import parallel_state, tensor_parallel
from torch import distributed
from torch._C._distributed_c10d import HashStore

from pipeline.errors import UserError
from pipeline.train import cpu_backend
from pipeline.train.layout import Layout


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
            f"(tensor {layout.tensor} x pipeline {layout.pipeline} x context {layout.context})"
        )
    if not on_cpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if world_size == 1:
        distributed.init_process_group("gloo" if on_cpu else "nccl", store=HashStore(), rank=0, world_size=1)
    else:
        distributed.init_process_group("gloo" if on_cpu else "nccl")
    return form_groups(layout, seed)


def form_groups(layout: Layout, seed: int) -> Place:
    """Form the groups of a layout, in the place of those of another one, in processes that have joined; seed torch."""
    parallel_state.destroy_model_parallel()
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


def tensor_place() -> tuple[int, int]:
    """Return this process's rank and the number of those that share each matrix."""
    return parallel_state.get_tensor_model_parallel_rank(), parallel_state.get_tensor_model_parallel_world_size()


def weights_are_shared() -> bool:
    """Return whether other processes hold the same weights, for other sequences or other parts of sequences."""
    return bool(parallel_state.get_data_parallel_world_size(with_context_parallel=True) > 1)


def sum_over_copies(value: int) -> int:
    """Return the sum of every copy's value, modulo 2**63, which no number of copies changes."""
    if parallel_state.get_data_parallel_world_size() == 1:
        return value % 2**63
    total = torch.tensor(value % 2**63, dtype=torch.int64, device=device())
    distributed.all_reduce(total, group=parallel_state.get_data_parallel_group())
    # int64 wraps modulo 2**64, of which 2**63 is a divisor.
    return int(total) % 2**63


def as_first_rank(value: bool) -> bool:
    """Return what the first process says, on every one of them."""
    if distributed.get_world_size() == 1:
        return value
    flag = torch.tensor(int(value), device=device())
    distributed.broadcast(flag, src=0)
    return bool(flag)


def shutdown() -> None:
    """Leave the groups; `initialize` may be called again afterwards."""
    parallel_state.destroy_model_parallel()
    distributed.destroy_process_group()
