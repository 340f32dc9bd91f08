"""Resuming torch's Adam inside megatron-core's distributed optimizer, which alone goes wrong in four ways.

Where Apex and Transformer Engine are absent, megatron-core 0.16 to 0.19 (1) fails to describe the state of
an optimizer that has not stepped yet, (2) saves by default in a form that its own writer refuses and that no
other layout could read, (3) fails on the step count that torch keeps for each tensor, and (4) gives all
tensors one shared step count, which then advances once per tensor and step: nothing is raised, and training
drifts.
Besides, (5) the settings saved with the state would silently replace those of the recipe, and (6) where a bucket of
gradients is filled up to a multiple of 128 numbers, the state of all weights in the buckets behind it is saved shifted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from megatron.core.optimizer import MegatronOptimizer

from pipeline.train.optimizer import megatron_optimizers, torch_optimizers

FULLY_RESHARDABLE = {
    # The one form that can be read back on another number of processes (cure of 2).
    "distrib_optim_sharding_type": "fully_reshardable",
    "distrib_optim_fully_reshardable_mem_efficient": False,
    "chained_optim_avoid_prefix": True,
}


def make_state(optimizer: MegatronOptimizer) -> None:
    """Give every weight an empty Adam state, as if a step had been prepared but not made (cure of 1)."""
    for inner in torch_optimizers(optimizer):
        for group in inner.param_groups:
            for weight in group["params"]:
                if not inner.state[weight]:
                    inner.state[weight] = {
                        "step": torch.zeros((), dtype=torch.float32, device=weight.device),
                        "exp_avg": torch.zeros_like(weight),
                        "exp_avg_sq": torch.zeros_like(weight),
                    }


@contextmanager
def counting_padding(optimizer: MegatronOptimizer) -> Iterator[None]:
    """Save state where it is looked for: places count the padding of buckets, and so must sizes (cure of 6)."""
    buffers = [
        buffer
        for part in megatron_optimizers(optimizer)
        if hasattr(part, "model_param_group_index_map")
        for buffer in part.buffers
    ]
    sizes = [(held, held.numel_unpadded) for buffer in buffers for held in (buffer, *buffer.buckets)]
    for buffer in buffers:
        buffer.numel_unpadded = buffer.numel
        for bucket in buffer.buckets:
            bucket.numel_unpadded = bucket.grad_data.numel()
    try:
        yield
    finally:
        for held, size in sizes:
            held.numel_unpadded = size


def name_count(state: dict[str, Any]) -> None:
    """Put a step count of 0 into the loaded state of a plain optimizer, which does not save that one."""
    inner = state.get("optimizer", state)
    if "state" in inner:
        inner["state"].setdefault("common_step", torch.zeros(()))


@contextmanager
def loading(optimizer: MegatronOptimizer) -> Iterator[None]:
    """Make `optimizer.load_state_dict` restore the saved state, and no more than the state."""
    settings = [_settings(group) for inner in torch_optimizers(optimizer) for group in inner.param_groups]
    distributed = [part for part in megatron_optimizers(optimizer) if hasattr(part, "model_param_group_index_map")]
    for part in distributed:
        part._set_main_param_and_optimizer_states = _setter_with_step(part)
    try:
        yield
    finally:
        for part in distributed:
            del part._set_main_param_and_optimizer_states
    separate_steps(optimizer)
    groups = (group for inner in torch_optimizers(optimizer) for group in inner.param_groups)
    for group, before in zip(groups, settings, strict=True):
        group.update(before)


def _settings(group: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name not in ("params", "step")}


def _setter_with_step(part: Any) -> Any:
    """Return megatron-core's setter of a weight's state, told the step count it expects (cure of 3)."""
    set_states = part._set_main_param_and_optimizer_states

    def set_with_step(model_weight: torch.nn.Parameter, tensors: dict[str, torch.Tensor]) -> None:
        group, order = part.model_param_group_index_map[model_weight]
        weight = part.optimizer.param_groups[group]["params"][order]
        set_states(model_weight, {"step": part.optimizer.state[weight]["step"], **tensors})

    return set_with_step


def separate_steps(optimizer: MegatronOptimizer) -> None:
    """Give every weight a step count of its own (cure of 4)."""
    for inner in torch_optimizers(optimizer):
        for weight, state in inner.state.items():
            count = torch.as_tensor(state["step"], dtype=torch.float32)
            state["step"] = count.to(weight.device).clone()
