"""A measurement: one training step of ours against Hugging Face's LlamaForCausalLM with torch's AdamW.

Both take the same shapes, tokens and precision in one process, in turns, so that other work on the machine
hits both alike; the best round of each counts.
Prints JSON: python tests/bench/train_step.py [--threads 2 ...]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.model import build_model
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, zero_gradients
from pipeline.train.parallel import Layout, initialize, shutdown
from pipeline.train.settings import AdamW

Step = Callable[[torch.Tensor], float]


def ours(architecture: Architecture, *, distributed_optimizer: bool) -> Step:
    model = build_model(architecture, layout=Layout(distributed_optimizer=distributed_optimizer), seed=1)
    optimizer = build_optimizer(model, AdamW())

    def run(tokens: torch.Tensor) -> float:
        set_learning_rate(optimizer, 1e-3)
        zero_gradients(model, optimizer)
        loss = forward_backward(model, tokens, micro_batch_size=tokens.size(0))
        step(optimizer)
        return loss.mean

    return run


def hugging_face(architecture: Architecture, *, fused: bool) -> Step:
    config = LlamaConfig(**architecture.to_hugging_face_config(), attn_implementation="sdpa")
    model = LlamaForCausalLM(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=fused)

    def run(tokens: torch.Tensor) -> float:
        optimizer.zero_grad()
        logits = model(tokens[:, :-1], use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return run


def measure(steps: dict[str, Step], tokens: torch.Tensor, rounds: int) -> dict[str, float]:
    """Return the best seconds a step of each."""
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(rounds):
        for name, run in steps.items():
            start = time.perf_counter()
            run(tokens)
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    defaults = {
        "hidden-size": 128,
        "feed-forward-size": 344,
        "num-layers": 4,
        "num-heads": 4,
        "num-key-value-heads": 2,
        "vocabulary-size": 4096,
        "sequence-length": 256,
        "num-sequences": 8,
        "rounds": 12,
        "threads": 2,
    }
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    shape = (
        "hidden_size",
        "feed_forward_size",
        "num_layers",
        "num_heads",
        "num_key_value_heads",
        "vocabulary_size",
    )
    architecture = Architecture(
        **{name: getattr(asked, name) for name in shape}, max_sequence_length=asked.sequence_length
    )
    initialize(Layout(), seed=1)
    tokens = torch.randint(0, asked.vocabulary_size, (asked.num_sequences, asked.sequence_length + 1))
    steps = {
        "megatron_plain_optimizer": ours(architecture, distributed_optimizer=False),
        "megatron_distributed_optimizer": ours(architecture, distributed_optimizer=True),
        "hugging_face": hugging_face(architecture, fused=False),
        "hugging_face_fused_adam": hugging_face(architecture, fused=True),
    }
    seconds = measure(steps, tokens, asked.rounds)
    shutdown()
    num_tokens = asked.num_sequences * asked.sequence_length
    print(
        json.dumps(
            {
                "settings": vars(asked),
                "parameters": architecture.parameters(),
                "tokens_per_second": {name: round(num_tokens / value) for name, value in seconds.items()},
                "speed_against_hugging_face": {
                    name: round(seconds["hugging_face"] / value, 3) for name, value in seconds.items()
                },
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
