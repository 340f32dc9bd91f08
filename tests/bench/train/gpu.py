"""A measurement: tokens a second, MFU and memory on one GPU, over micro-batch x attention x loss kernel.

MFU is said in both conventions of `Architecture.flops_per_token`, of the card's dense bf16 peak. Not run on a GPU yet;
`--shape tiny` goes through all of it on a CPU too, where it measures nothing that matters. Targets on an H200, bf16:
`tinyllama` at 0.50 MFU of the full convention (aim: 0.55, 74,000 tokens/s), `llama3-8b` at 8,500 tokens/s. One H200
holds llama3-8b with its AdamW (14 bytes a parameter would be 112 GiB before activations) only with blocks recomputed.
Prints JSON: python tests/bench/train/gpu.py --shape tinyllama|llama3-8b|tiny [--micro-batches 4,8,16] [--recompute 0]
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import sys
from importlib.metadata import version
from typing import Any

import torch
from sides import best_of_turns, ours

from pipeline.errors import UserError
from pipeline.train.accelerators import peak_flops
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
    "tiny": Architecture(
        num_layers=2,
        hidden_size=64,
        feed_forward_size=128,
        num_heads=4,
        num_key_value_heads=2,
        vocabulary_size=512,
        max_sequence_length=128,
    ),
}


def one(shape: Architecture, micro_batch: int, documents: bool, loss: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one point, or the reason why there are none."""
    about = {"micro_batch": micro_batch, "attention": "document" if documents else "sequence", "loss": loss}
    gpu = torch.cuda.is_available()
    length = shape.max_sequence_length
    tokens = torch.randint(0, shape.vocabulary_size, (micro_batch, length + 1))
    # Eight documents a sequence.
    parts = (torch.arange(length) * 8 // length).expand(micro_batch, -1) if documents else None
    if gpu:
        torch.cuda.reset_peak_memory_stats()
    try:
        step = ours(
            shape,
            tokens,
            micro_batch=micro_batch,
            precision="bf16",
            kernels=Kernels(loss=loss),  # type: ignore[arg-type]
            documents=parts,
            layout=Layout(recompute=asked.recompute),
        )
        seconds = best_of_turns({"ours": step}, asked.turns)["ours"].wall
    except (UserError, torch.OutOfMemoryError) as error:
        return {**about, "not_run": str(error).splitlines()[0]}
    rate = micro_batch * length / seconds
    peak = peak_flops(device_name(), "bf16")
    mfu = {
        f"mfu_{convention}": round(rate * shape.flops_per_token(length, convention) / peak, 4)  # type: ignore[arg-type]
        for convention in ("full", "causal")
        if peak
    }
    memory = {"memory_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1)} if gpu else {}
    return {**about, "tokens_per_second": round(rate), **mfu, **memory}


def device_name() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=list(SHAPES), default="tinyllama")
    parser.add_argument("--micro-batches", default="4,8,16")
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--recompute", type=int, default=0, help="blocks that keep their input alone")
    asked = parser.parse_args()
    if not torch.cuda.is_available() and asked.shape != "tiny":
        sys.exit("this measurement needs a CUDA device, and torch sees none; tests/bench/train/cpu.py is the CPU's")
    initialize(Layout(), seed=1)
    sizes = [int(size) for size in asked.micro_batches.split(",")]
    points = []
    for size, documents, loss in itertools.product(sizes, (False, True), ("torch", "liger")):
        points.append(one(SHAPES[asked.shape], size, documents, loss, asked))
        gc.collect()  # a model and its optimizer hold each other
        torch.cuda.empty_cache()
        print(points[-1], file=sys.stderr)
    shutdown()
    result = {
        "command": " ".join(["python", *sys.argv]),
        "device": device_name(),
        "versions": {name: version(name) for name in ("torch", "megatron-core")},
        "points": points,
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
