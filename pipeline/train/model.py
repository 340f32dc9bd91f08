"""The model: megatron-core's GPTModel made from an architecture, behind one function.

GPTModel is deprecated upstream, so nothing outside this file names it. Dropout is 0 everywhere, and the loss
is summed over tokens, so that it does not depend on how a batch is cut into micro-batches.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from megatron.core import parallel_state, tensor_parallel
from megatron.core.distributed import (
    DistributedDataParallel,
    DistributedDataParallelConfig,
    finalize_model_grads,
)
from megatron.core.models.gpt import GPTModel
from megatron.core.transformer import TransformerConfig
from megatron.core.transformer.module import Float16Module
from torch import Tensor
from torch.nn import functional

from pipeline.errors import UserError
from pipeline.train import parallel
from pipeline.train.architecture import Architecture
from pipeline.train.cross_entropy import VocabularyShard, linear_cross_entropy
from pipeline.train.initial_weights import draw_weights
from pipeline.train.layers import block_specification
from pipeline.train.layout import Layout
from pipeline.train.rotary import Rotary
from pipeline.train.settings import Kernels
from pipeline.train.weight_rules import mark_cut_weights

Precision = Literal["fp32", "bf16"]
TORCH = Kernels(attention="torch", norm="torch", loss="torch")
DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Llama(GPTModel):
    """GPTModel that answers labels with a summed loss whose logits never exist as a whole."""

    loss_kernel: str
    vocabulary_size: int
    """Tokens; the rows of the embedding beyond are padding."""

    def _postprocess(
        self, hidden_states: Tensor, *rest: Any, labels: Tensor | None, loss_mask: Tensor | None = None, **others: Any
    ) -> Tensor:
        """Return the hidden states before the last stage; there logits [batch, sequence, V], or the loss of `labels`.

        hidden_states are [sequence, batch, width], labels and loss_mask [batch, sequence]; the loss is the masked sum
        in nats, an fp32 scalar.
        """
        if not self.post_process or labels is None:
            return super()._postprocess(hidden_states, *rest, labels=labels, loss_mask=loss_mask, **others)
        tied = self.share_embeddings_and_output_weights
        weight = self.shared_embedding_or_output_weight() if tied else self.output_layer.weight
        # Labels are turned to the order of the hidden states, not these: megatron-core's sum of their gradient over
        # processes is lost where it is not contiguous.
        hidden = _gather(hidden_states, self.config).flatten(0, 1)
        counted = None if loss_mask is None else loss_mask.t().flatten()
        shard = _shard(weight)
        if shard.first + weight.size(0) > self.vocabulary_size:  # padding takes no part in the softmax
            weight = weight[: self.vocabulary_size - shard.first]
        return linear_cross_entropy(hidden, weight, labels.t().flatten(), counted, shard, self.loss_kernel)


def _gather(hidden: Tensor, config: TransformerConfig) -> Tensor:
    """Return the whole hidden states on every tensor-parallel process, their gradient being the sum over all."""
    if config.sequence_parallel:
        return tensor_parallel.gather_from_sequence_parallel_region(hidden, tensor_parallel_output_grad=True)
    return tensor_parallel.copy_to_tensor_model_parallel_region(hidden)


def _shard(weight: Tensor) -> VocabularyShard:
    rank, size = parallel.tensor_place()
    group = parallel_state.get_tensor_model_parallel_group() if size > 1 else None
    return VocabularyShard(rank * weight.size(0), group)


def transformer_config(architecture: Architecture, precision: Precision, layout: Layout) -> TransformerConfig:
    """Return megatron-core's settings for this architecture."""
    on_gpu = torch.cuda.is_available()
    return TransformerConfig(
        num_layers=architecture.num_layers,
        hidden_size=architecture.hidden_size,
        ffn_hidden_size=architecture.feed_forward_size,
        num_attention_heads=architecture.num_heads,
        num_query_groups=architecture.num_key_value_heads,
        kv_channels=architecture.head_size,
        normalization="RMSNorm",
        layernorm_epsilon=architecture.norm_epsilon,
        gated_linear_unit=True,
        activation_func=functional.silu,
        add_bias_linear=False,
        attention_dropout=0.0,
        hidden_dropout=0.0,
        tensor_model_parallel_size=layout.tensor,
        pipeline_model_parallel_size=layout.pipeline,
        context_parallel_size=layout.context,
        sequence_parallel=layout.sequence_parallel,
        params_dtype=DTYPES[precision],
        pipeline_dtype=DTYPES[precision],
        bf16=precision == "bf16",
        calculate_per_token_loss=True,
        # Weights are drawn here (`initial_weights`) or loaded.
        use_cpu_initialization=True,
        perform_initialization=False,
        recompute_granularity="full" if layout.recompute else None,
        recompute_method="block" if layout.recompute else None,
        recompute_num_layers=layout.recompute or None,
        # Compiled at first use, which costs more than it gives on a CPU.
        bias_dropout_fusion=on_gpu,
        # The name means a slot for a whole activation; `SwiGLU` is in it.
        use_te_activation_func=True,
        bias_activation_fusion=False,
        # These three need Transformer Engine or Apex.
        gradient_accumulation_fusion=False,
        persist_layer_norm=False,
        apply_rope_fusion=False,
    )


def build_model(
    architecture: Architecture,
    *,
    precision: Precision = "fp32",
    layout: Layout,
    seed: int | None,
    kernels: Kernels = TORCH,
) -> DistributedDataParallel:
    """Return this process's part of the model, with first weights that depend on the seed alone.

    Without a seed the weights are undefined until they are loaded. `parallel.initialize` must have been called with
    the same layout, and `kernels` hold no ``auto``. Raises UserError where the architecture cannot be split like that.
    """
    if problems := layout.refusals(architecture):
        raise UserError("\n".join(problems))
    config = transformer_config(architecture, precision, layout)
    here = parallel.place()
    model = Llama(
        config=config,
        transformer_layer_spec=block_specification(config, kernels, Rotary(architecture)),
        vocab_size=layout.padded(architecture.vocabulary_size),
        max_sequence_length=architecture.max_sequence_length,
        pre_process=here.first_stage,
        post_process=here.last_stage,
        share_embeddings_and_output_weights=architecture.tie_embeddings,
        # Attention turns queries and keys by itself.
        position_embedding_type="none",
    )
    model.loss_kernel, model.vocabulary_size = kernels.loss, architecture.vocabulary_size
    mark_cut_weights(model, architecture)
    if seed is not None:
        draw_weights(model, architecture, seed)
    return _wrap(model.to(here.device), config, precision, layout)


def _wrap(model: GPTModel, config: TransformerConfig, precision: Precision, layout: Layout) -> DistributedDataParallel:
    """Add the gradient buffers, and tell the schedules how to finish a batch."""
    module = Float16Module(config, model) if precision == "bf16" else model
    settings = DistributedDataParallelConfig(
        grad_reduce_in_fp32=True,
        use_distributed_optimizer=layout.distributed_optimizer,
        overlap_grad_reduce=layout.overlap,
        # Weights would be on their way while checkpoints and averages read them.
        overlap_param_gather=False,
    )
    wrapped = _Wrapped(config=config, ddp_config=settings, module=module)
    config.finalize_model_grads_func = finalize_model_grads
    if layout.overlap:
        config.no_sync_func = wrapped.no_sync
    return wrapped


class _Wrapped(DistributedDataParallel):
    """Gradient buffers that are not sent round where there is one copy of the model: gloo would copy all of them."""

    def start_param_sync(self, *arguments: Any, **options: Any) -> None:
        if parallel.weights_are_shared():
            super().start_param_sync(*arguments, **options)

    def finish_grad_sync(self, *arguments: Any, **options: Any) -> None:
        # With overlap they are on their way already.
        if parallel.weights_are_shared() or self.ddp_config.overlap_grad_reduce:
            super().finish_grad_sync(*arguments, **options)


def unwrap(model: DistributedDataParallel) -> Any:
    """Return the bare GPTModel inside the wrappers."""
    module = model.module
    return module.module if isinstance(module, Float16Module) else module
