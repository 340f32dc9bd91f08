"""Stability monitors: what the hooks see is what plain arithmetic gives, and training does not notice them."""

import math

import pytest
import torch

from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.layout import Layout
from pipeline.train.model import build_model, unwrap
from pipeline.train.stability import attention_logits, same_document, watching
from pipeline.train.weights import export_hugging_face

TINY = Architecture(
    num_layers=2,
    hidden_size=32,
    feed_forward_size=64,
    num_heads=4,
    num_key_value_heads=2,
    vocabulary_size=64,
    max_sequence_length=16,
)
TOKENS = torch.randint(0, 64, (4, 17), generator=torch.Generator().manual_seed(0))


def test_logits_by_hand():
    # One head of width 1: queries 1 2 3, keys 1 10 100, scale 1.
    query, key = torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1, 1), torch.tensor([1.0, 10.0, 100.0]).view(3, 1, 1, 1)
    assert attention_logits(query, key, None, 1.0) == (pytest.approx((1 + 2 + 20 + 3 + 30 + 300) / 6), 300.0)
    apart = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    assert attention_logits(query, key, apart, 1.0) == (pytest.approx((1 + 2 + 20 + 300) / 4), 300.0)


def test_grouped_queries_and_many_rows(monkeypatch):
    generator = torch.Generator().manual_seed(1)
    query, key = torch.randn(9, 2, 4, 8, generator=generator), torch.randn(9, 2, 2, 8, generator=generator)
    square = torch.einsum("qhd,khd->hqk", query[:, 0], key[:, 0].repeat_interleave(2, dim=1)) / math.sqrt(8)
    seen = square[:, torch.ones(9, 9, dtype=torch.bool).tril()]
    expected = (pytest.approx(seen.mean().item(), rel=1e-5), pytest.approx(seen.max().item(), rel=1e-5))
    assert attention_logits(query, key, None, None) == expected
    monkeypatch.setattr("pipeline.train.stability.ROWS", 2)
    assert attention_logits(query, key, None, None) == expected


def test_documents_are_told_by_places_in_the_whole_sequence(monkeypatch):
    # Of eight tokens in documents of 3 and 5, the first of two processes holds 0, 1 and 6, 7.
    monkeypatch.setattr("pipeline.train.context._place", lambda: (2, 0))
    monkeypatch.setattr("megatron.core.parallel_state.get_context_parallel_world_size", lambda: 2)
    documents = torch.tensor([0, 0, 1, 1])
    found = same_document(torch.tensor([0, 3, 8]), 4)
    assert torch.equal(found, documents[:, None] == documents[None, :])


def test_every_layer_is_seen_and_training_is_the_same(one_process):
    model = build_model(TINY, layout=Layout(), seed=1)
    plain = forward_backward(model, TOKENS, micro_batch_size=2)
    gradient = [weight.main_grad.clone() for weight in model.parameters()]
    model.zero_grad_buffer()
    with watching(model) as stability:
        watched = forward_backward(model, TOKENS, micro_batch_size=2)
    assert watched == plain
    assert all(torch.equal(a, b.main_grad) for a, b in zip(gradient, model.parameters(), strict=True))
    found = stability.gathered()
    assert {name: len(values) for name, values in found.items()} == {
        "hidden_rms": 2,
        "attention_logit_mean": 2,
        "attention_logit_max": 2,
    }
    with torch.no_grad():
        before_norm = []
        hook = unwrap(model).decoder.final_layernorm.register_forward_pre_hook(
            lambda _, inputs: before_norm.append(inputs[0])
        )
        model(TOKENS[:2, :-1], None, None)
        hook.remove()
    assert found["hidden_rms"][-1] == pytest.approx(before_norm[0].square().mean().sqrt().item(), rel=1e-6)
    logits = zip(found["attention_logit_mean"], found["attention_logit_max"], strict=True)
    assert all(mean < largest for mean, largest in logits)


SCRIPT = """
import json, os
from pathlib import Path

import torch
from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.model import build_model
from pipeline.train.layout import Layout
from pipeline.train.parallel import initialize
from pipeline.train.stability import watching
from pipeline.train.weights import load_hugging_face

if __name__ == "__main__":
    layout, folder = Layout.model_validate_json(os.environ["LAYOUT"]), Path(os.environ["MODEL"])
    place = initialize(layout, seed=1)
    architecture = Architecture.from_hugging_face(folder)
    model = build_model(architecture, layout=layout, seed=1)
    load_hugging_face(model, architecture, folder)
    tokens = torch.randint(0, 64, (4, 17), generator=torch.Generator().manual_seed(0))
    with watching(model) as stability:
        forward_backward(model, tokens, micro_batch_size=2)
    found = stability.gathered()
    if place.rank == 0:
        Path(os.environ["RESULT"]).write_text(json.dumps(found))
"""


@pytest.mark.parametrize("layout", ['{"tensor": 2, "sequence_parallel": true}', '{"pipeline": 2}'])
def test_split_models_show_the_same(run_script, layout, one_process, tmp_path):
    model = build_model(TINY, layout=Layout(), seed=1)
    export_hugging_face(model, TINY, tmp_path / "model", precision="fp32")
    with watching(model) as stability:
        forward_backward(model, TOKENS, micro_batch_size=2)
    split = run_script(SCRIPT, processes=2, environment={"LAYOUT": layout, "MODEL": str(tmp_path / "model")})
    for name, values in stability.gathered().items():
        assert split[name] == pytest.approx(values, rel=1e-4)
