"""Rotary positions against transformers' own, forward and backward."""

import pytest
import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from pipeline.train.architecture import Architecture
from pipeline.train.known_architectures import known
from pipeline.train.rotary import Rotary

LENGTH, BATCH, GROUPS, QUERIES, WIDTH = 7, 2, 3, 2, 8


pytestmark = pytest.mark.usefixtures("one_process")


def architecture(**others):
    heads = {"num_heads": GROUPS * QUERIES, "num_key_value_heads": GROUPS, "hidden_size": GROUPS * QUERIES * WIDTH}
    sizes = {"num_layers": 1, "feed_forward_size": 8, "vocabulary_size": 16, "max_sequence_length": 64}
    return Architecture(**heads, **sizes, **others)


def mixed(dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(LENGTH, BATCH, GROUPS * (QUERIES + 2) * WIDTH, generator=generator, dtype=dtype)


@pytest.mark.parametrize("scaling", [None, known("llama-3.1-8b").rope_scaling], ids=["plain", "llama-3.1"])
def test_heads_are_turned_as_transformers_turns_them(scaling):
    shape = architecture(rope_scaling=scaling)
    product = mixed()
    query, key, value = Rotary(shape).split(product, WIDTH, QUERIES)
    heads = product.view(LENGTH, BATCH, GROUPS, QUERIES + 2, WIDTH).permute(1, 2, 3, 0, 4)
    asked, seen = heads[:, :, :QUERIES].flatten(1, 2), heads[:, :, QUERIES]
    config = LlamaConfig(**shape.to_hugging_face_config())
    angles = LlamaRotaryEmbedding(config)(product, torch.arange(LENGTH)[None])
    turned = apply_rotary_pos_emb(asked, seen, *angles)
    for found, expected in zip((query, key, value), (*turned, heads[:, :, QUERIES + 1]), strict=True):
        torch.testing.assert_close(found.permute(1, 2, 0, 3), expected)


def test_gradient_is_that_of_the_formula():
    rotary = Rotary(architecture())
    product = mixed(torch.float64)[:3, :1].requires_grad_()
    assert torch.autograd.gradcheck(lambda part: rotary.split(part, WIDTH, QUERIES), product, fast_mode=True)


def test_attention_gets_heads_whose_sequences_lie_together():
    for part in Rotary(architecture()).split(mixed(), WIDTH, QUERIES):
        assert part.permute(1, 2, 0, 3).is_contiguous()
