"""A measurement: tokens a second, MFU and memory on one GPU, over micro-batch x attention x loss kernel.

MFU is said in both conventions of `Architecture.flops_per_token`, of the card's dense bf16 peak.
Prints JSON: python tests/bench/train/gpu.py --shape tinyllama|llama3-8b [--micro-batches 4,8,16]
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from importlib.metadata import version
from typing import Any

import torch
from sides import best_of_turns, ours

from pipeline.errors import UserError
from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout
from pipeline.train.parallel import initialize, shutdown
from pipeline.train.settings import Kernels

SHAPES = {
    "tinyllama": Architecture(
        num_layers=22,
        hidden_size=2048,
        feed_forward_size=5632,
        num_heads=32,
        num_key_value_heads=4,
        vocabulary_size=32000,
        max_sequence_length=2048,
    ),
    "llama3-8b": Architecture(
        num_layers=32,
        hidden_size=4096,
        feed_forward_size=14336,
        num_heads=32,
        num_key_value_heads=8,
        vocabulary_size=128256,
        max_sequence_length=8192,
        rope_theta=500000.0,
    ),
}
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
"""Dense bf16 floating-point operations a second, from NVIDIA's data sheets (SXM)."""


def one(shape: Architecture, micro_batch: int, documents: bool, loss: str, turns: int) -> dict[str, Any]:
    """Return the figures of one point, or the reason why there are none."""
    about = {"micro_batch": micro_batch, "attention": "document" if documents else "sequence", "loss": loss}
    length = shape.max_sequence_length
    tokens = torch.randint(0, shape.vocabulary_size, (micro_batch, length + 1))
    # Eight documents a sequence.
    parts = (torch.arange(length) * 8 // length).expand(micro_batch, -1) if documents else None
    torch.cuda.reset_peak_memory_stats()
    try:
        step = ours(
            shape,
            tokens,
            micro_batch=micro_batch,
            precision="bf16",
            kernels=Kernels(loss=loss),  # type: ignore[arg-type]
            documents=parts,
        )
        seconds = best_of_turns({"ours": step}, turns)["ours"]
    except (UserError, torch.OutOfMemoryError) as error:
        return {**about, "not_run": str(error).splitlines()[0]}
    rate = micro_batch * length / seconds
    name = torch.cuda.get_device_name()
    peak = next((value for card, value in PEAKS.items() if card in name), None)
    mfu = {
        f"mfu_{convention}": round(rate * shape.flops_per_token(length, convention) / peak, 4)  # type: ignore[arg-type]
        for convention in ("full", "causal")
        if peak
    }
    memory = round(torch.cuda.max_memory_allocated() / 2**30, 1)
    return {**about, "tokens_per_second": round(rate), **mfu, "memory_gib": memory}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=list(SHAPES), default="tinyllama")
    parser.add_argument("--micro-batches", default="4,8,16")
    parser.add_argument("--turns", type=int, default=6)
    asked = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("this measurement needs a CUDA device, and torch sees none; tests/bench/train/cpu.py is the CPU's")
    initialize(Layout(), seed=1)
    sizes = [int(size) for size in asked.micro_batches.split(",")]
    points = []
    for size, documents, loss in itertools.product(sizes, (False, True), ("torch", "liger")):
        points.append(one(SHAPES[asked.shape], size, documents, loss, asked.turns))
        torch.cuda.empty_cache()
        print(points[-1], file=sys.stderr)
    shutdown()
    result = {
        "command": f"python tests/bench/train/gpu.py --shape {asked.shape} --micro-batches {asked.micro_batches}",
        "device": torch.cuda.get_device_name(),
        "versions": {name: version(name) for name in ("torch", "megatron-core")},
        "points": points,
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
