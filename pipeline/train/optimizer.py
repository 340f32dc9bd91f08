"""The optimizer: megatron-core's AdamW, plain or split over the copies of the model.

The learning rate is not its business: the loop sets it each step. Its own limits are constants, because they
are saved in every checkpoint and would otherwise override a new schedule without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from megatron.core.distributed import DistributedDataParallel
from megatron.core.optimizer import MegatronOptimizer, OptimizerConfig, get_megatron_optimizer
from megatron.core.optimizer.clip_grads import clip_grad_by_total_norm_fp32

from pipeline.train.settings import AdamW


def build_optimizer(model: DistributedDataParallel, settings: AdamW) -> MegatronOptimizer:
    """Return the optimizer of this process's weights, with learning rate 0.

    Weights must already be what training starts from: bf16 models copy them to fp32 here.
    """
    config = OptimizerConfig(
        optimizer="adam",
        lr=1.0,
        min_lr=0.0,
        adam_beta1=settings.beta1,
        adam_beta2=settings.beta2,
        adam_eps=settings.epsilon,
        weight_decay=settings.weight_decay,
        clip_grad=settings.clip_norm,
        bf16=model.config.bf16,
        params_dtype=model.config.params_dtype,
        use_distributed_optimizer=model.ddp_config.use_distributed_optimizer,
    )
    optimizer = get_megatron_optimizer(config, [model])
    model.config.grad_scale_func = optimizer.scale_loss
    for group in optimizer.param_groups:
        # megatron-core leaves it to its scheduler to spare the vectors.
        group["weight_decay"] = settings.weight_decay * group.get("wd_mult", 1.0)
    for inner in torch_optimizers(optimizer):
        if isinstance(inner, torch.optim.AdamW):
            for group in inner.param_groups:
                # One kernel for a group of tensors instead of ten for each tensor.
                group["fused"] = True
    set_learning_rate(optimizer, 0.0)
    return optimizer


def megatron_optimizers(optimizer: MegatronOptimizer) -> list[Any]:
    """Return the optimizers that megatron-core chained together."""
    return list(getattr(optimizer, "chained_optimizers", [optimizer]))


def torch_optimizers(optimizer: MegatronOptimizer) -> Iterator[torch.optim.Optimizer]:
    """Yield the torch optimizers inside; a process without weights has none."""
    yield from (part.optimizer for part in megatron_optimizers(optimizer) if part.optimizer is not None)


def set_learning_rate(optimizer: MegatronOptimizer, value: float) -> None:
    """Make the next step use this learning rate for every weight."""
    for group in optimizer.param_groups:
        group["lr"] = value


def zero_gradients(model: DistributedDataParallel, optimizer: MegatronOptimizer) -> None:
    """Forget the gradients of the last batch; call it before every batch."""
    model.zero_grad_buffer()
    optimizer.zero_grad()


def step(optimizer: MegatronOptimizer) -> float:
    """Clip the gradient, change the weights, and return the gradient's norm before clipping."""
    _, norm, _ = optimizer.step()
    return float(norm)


def step_if(optimizer: MegatronOptimizer, allows: Callable[[float], bool]) -> float:
    """Make the step if the gradient's norm allows it, else leave weights and moments as they are; return the norm."""
    optimizer.prepare_grads()
    norm = optimizer.get_grad_norm()
    if allows(float(norm)):
        for part in megatron_optimizers(optimizer):
            if part.optimizer is not None and (weights := part.get_parameters()):
                clip_grad_by_total_norm_fp32(weights, part.config.clip_grad, norm)
        optimizer.step_with_ready_grads()
    return float(norm)
