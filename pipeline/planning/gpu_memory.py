"""Memory of a training step on one GPU, part by part: what its share of the model keeps, from the shape alone.

Static parts and what a forward pass keeps are exact for the CPU's kernels, on which a test measures them. The same
terms hold on a GPU, but for RMSNorm and SwiGLU: fused there, they keep less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout

ELEMENT = {"fp32": 4, "bf16": 2}
"""Bytes of a weight or an activation."""
CHUNK_LOGITS, LEAST_CHUNK = 1 << 25, 512
"""How the loss is cut into chunks, as `pipeline.train.cross_entropy` does."""
Device = Literal["cuda", "cpu"]


@dataclass(frozen=True)
class Split:
    """A layout with its micro-batch: how one model is spread over GPUs, and what each handles at a time."""

    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    micro_batch: int = 1
    """Sequences."""
    context: int = 1
    recompute: int = 0
    """Blocks of a stage that keep their input alone."""
    distributed_optimizer: bool = True
    device: Device = "cuda"

    @property
    def gpus(self) -> int:
        """How many there are."""
        return self.tensor * self.pipeline * self.context * self.data

    @property
    def layout(self) -> Layout:
        """As training takes it."""
        return Layout(
            tensor=self.tensor,
            pipeline=self.pipeline,
            context=self.context,
            sequence_parallel=self.tensor > 1,
            distributed_optimizer=self.distributed_optimizer,
            recompute=self.recompute,
        )

    def tokens(self, sequence_length: int) -> int:
        """Return a GPU's tokens of a micro-batch."""
        return self.micro_batch * sequence_length // self.context

    def rows(self, shape: Architecture) -> int:
        """Return a GPU's rows of embedding or output layer."""
        return self.layout.padded(shape.vocabulary_size) // self.tensor


@dataclass(frozen=True)
class Memory:
    """Bytes of each part at the peak of a step."""

    weights: int
    gradients: int
    """Buffers in fp32."""
    optimizer: int
    """AdamW's two moments and, of bf16 weights, the fp32 copies."""
    activations: int
    """What forward passes keep for backward ones, of all micro-batches in flight."""
    loss: int
    """Logits of a chunk and gradients of the output layer, while the loss is made; 0 but on the last stage."""
    backward: int
    """Gradients of activations and of the largest matrix, while a block's backward pass runs; not with the loss."""

    @property
    def total(self) -> int:
        """All that is there at once."""
        kept = self.weights + self.gradients + self.optimizer + self.activations
        return kept + max(self.loss, self.backward)


def memory(shape: Architecture, split: Split, sequence_length: int, batch: int, precision: str) -> Memory:
    """Return the memory of the fullest pipeline stage; ``batch`` is sequences a step, over all GPUs."""
    stages = sorted({0, split.pipeline // 2, split.pipeline - 1})
    found = [at_stage(shape, split, sequence_length, batch, precision, stage) for stage in stages]
    return max(found, key=lambda each: each.total)


def at_stage(shape: Architecture, split: Split, sequence_length: int, batch: int, precision: str, stage: int) -> Memory:
    """Return the memory of a GPU of one pipeline stage, counted from 0."""
    size, tokens = ELEMENT[precision], split.tokens(sequence_length)
    weights, last = stage_parameters(shape, split, stage), stage == split.pipeline - 1
    shared = split.data * split.context if split.distributed_optimizer else 1
    block = kept_by_block(shape, split, sequence_length, precision)
    kept = (shape.num_layers // split.pipeline - split.recompute) * block
    kept += split.recompute * tokens * shape.hidden_size * size // split.tensor
    kept += 8 * tokens  # token ids
    if last:
        kept += tokens * kept_by_norm(shape, split, precision) // split.tensor
    # One forward, one backward: a stage is ahead of the last one by as many micro-batches as stages lie between.
    in_flight = min(split.pipeline - stage, max(1, batch // (split.data * split.micro_batch)))
    return Memory(
        weights=weights * size,
        gradients=weights * 4,
        optimizer=-(-weights * (8 if precision == "fp32" else 12) // shared),
        activations=in_flight * kept,
        loss=_loss(shape, split, sequence_length, precision) if last else 0,
        backward=_backward(shape, split, tokens, size) + (block if split.recompute else 0),
    )


def stage_parameters(shape: Architecture, split: Split, stage: int) -> int:
    """Return the weights of one GPU of a stage. Tied embeddings lie on the first stage and on the last."""
    layers = shape.num_layers // split.pipeline
    first, last = stage == 0, stage == split.pipeline - 1
    embeddings = int(first) + int(last) - int(first and last and shape.tie_embeddings)
    norms = (2 * layers + int(last)) * shape.hidden_size
    rows = embeddings * split.rows(shape)
    return norms + layers * _block_matrices(shape) // split.tensor + rows * shape.hidden_size


def kept_by_block(shape: Architecture, split: Split, sequence_length: int, precision: str) -> int:
    """Return the bytes that a block keeps of a micro-batch.

    Each of two norms its input and the input of the matrix behind it, which sequence parallelism divides; attention its
    query, key, value, its result and the logarithms of its sums; SwiGLU what it is made from and what it makes.
    Rotary positions are kept once for all blocks. Where sequences are shared, key and value are whole sequences', and
    the result is laid together once more.
    """
    size, tokens = ELEMENT[precision], split.tokens(sequence_length)
    query, key = shape.num_heads * shape.head_size, shape.num_key_value_heads * shape.head_size
    keys = 2 * key * split.context
    attention = (3 * query + keys) * size + 4 * shape.num_heads
    feed_forward = 3 * shape.feed_forward_size * size
    along = 2 * (kept_by_norm(shape, split, precision) + shape.hidden_size * size)
    masks = 0
    if split.device == "cpu" and split.context > 1:  # whose kernels want masks written out
        masks = 4 * (2 * split.context + 1) * (sequence_length // (2 * split.context)) ** 2
    return tokens * (along + attention + feed_forward) // split.tensor + masks


def kept_by_norm(shape: Architecture, split: Split, precision: str) -> int:
    """Return the bytes that a norm keeps of a token: its input, and the inverse root in fp32.

    On the CPU input and result, both in fp32.
    """
    return 4 + shape.hidden_size * (ELEMENT[precision] if split.device == "cuda" else 8)


def kept_by_loss(shape: Architecture, split: Split, sequence_length: int, precision: str) -> int:
    """Return the bytes that the loss keeps: the gradients of the hidden states and of the output layer."""
    return (split.tokens(sequence_length) + split.rows(shape)) * shape.hidden_size * ELEMENT[precision]


def _loss(shape: Architecture, split: Split, sequence_length: int, precision: str) -> int:
    """Return the most that is held while the loss is made.

    Hidden states and their gradient, all of them on each tensor-parallel GPU; the output layer's gradient and a chunk's
    logits and logarithms in fp32.
    """
    size, tokens, rows = ELEMENT[precision], split.tokens(sequence_length), split.rows(shape)
    chunk = min(tokens, max(LEAST_CHUNK, CHUNK_LOGITS // rows))
    return 2 * tokens * shape.hidden_size * size + rows * (4 * shape.hidden_size + 8 * chunk)


def _backward(shape: Architecture, split: Split, tokens: int, size: int) -> int:
    """Return the gradients in SwiGLU, those of the residual stream, and that of the largest matrix.

    What was kept goes as they come, so that of SwiGLU's three only two count.
    """
    inner = shape.feed_forward_size // split.tensor
    return size * (tokens * (2 * inner + 2 * shape.hidden_size) + 2 * inner * shape.hidden_size)


def _block_matrices(shape: Architecture) -> int:
    projections = 2 * (shape.num_heads + shape.num_key_value_heads) * shape.head_size * shape.hidden_size
    return projections + 3 * shape.hidden_size * shape.feed_forward_size
