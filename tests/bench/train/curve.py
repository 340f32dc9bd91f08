"""A measurement: the losses of 200 steps of a tiny model, in fp32 on a CPU and in bf16 on the device that is there.

Tokens are drawn from a chain in which each is one of four that its predecessor decides, so that there is something to
learn (3.9 nats at first, 1.39 when everything is known). With a GPU it says how far bf16 there is from fp32 on the CPU
that made the kept file; without one how far bf16 on the CPU is, which is what the number format costs by itself.
Prints JSON: python tests/bench/train/curve.py [--keep]
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path

import torch

from pipeline.train.architecture import Architecture
from pipeline.train.batches import forward_backward
from pipeline.train.kernels import choose
from pipeline.train.layout import Layout
from pipeline.train.model import Precision, build_model
from pipeline.train.optimizer import build_optimizer, set_learning_rate, step, zero_gradients
from pipeline.train.parallel import initialize, shutdown
from pipeline.train.settings import AdamW, Kernels

KEPT = Path(__file__).parents[1] / "results" / "curve.json"
SHAPE = Architecture(
    num_layers=2,
    hidden_size=64,
    feed_forward_size=128,
    num_heads=4,
    num_key_value_heads=2,
    vocabulary_size=48,
    max_sequence_length=64,
)
STEPS, SEQUENCES = 200, 16
TOLERANCE = 0.005
"""Of a step's loss. bf16 keeps eight bits of every number: 0.4 % of each, of which a loss averages many."""


def batch(number: int) -> torch.Tensor:
    """Return tokens [sequences, length + 1]."""
    generator = torch.Generator().manual_seed(number)
    ways = torch.randint(0, 4, (SEQUENCES, SHAPE.max_sequence_length + 1), generator=generator)
    tokens = [ways[:, 0]]
    for position in range(1, ways.size(1)):
        tokens.append((7 * tokens[-1] + 11 * ways[:, position] + 1) % SHAPE.vocabulary_size)
    return torch.stack(tokens, dim=1)


def losses(precision: Precision) -> list[float]:
    initialize(Layout(), seed=1)
    model = build_model(
        SHAPE, layout=Layout(), seed=1, precision=precision, kernels=choose(Kernels(), tensor_parallel=1)
    )
    optimizer = build_optimizer(model, AdamW())
    found = []
    for number in range(STEPS):
        set_learning_rate(optimizer, 1e-3 * min(1.0, (number + 1) / 20))
        zero_gradients(model, optimizer)
        found.append(forward_backward(model, batch(number), micro_batch_size=16).mean)
        step(optimizer)
    shutdown()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="make the kept file anew; on a CPU alone")
    asked = parser.parse_args()
    gpu = torch.cuda.is_available()
    said = {"versions": {name: version(name) for name in ("torch", "megatron-core")}}
    if asked.keep:
        if gpu:
            sys.exit("the kept file is a CPU's: set CUDA_VISIBLE_DEVICES to nothing")
        torch.set_num_threads(1)
        made = {"command": "python tests/bench/train/curve.py --keep", **said, "precision": "fp32", "device": "CPU"}
        KEPT.write_text(json.dumps({**made, "losses": losses("fp32")}, indent=1) + "\n", encoding="utf-8")
    expected = json.loads(KEPT.read_text(encoding="utf-8"))["losses"]
    found = losses("bf16")
    apart = [abs(one - other) / other for one, other in zip(found, expected, strict=True)]
    result = {
        "device": torch.cuda.get_device_name() if gpu else "CPU",
        **said,
        "last_losses": {"kept": round(expected[-1], 4), "here": round(found[-1], 4)},
        "largest_relative_difference": round(max(apart), 5),
        "mean_relative_difference": round(sum(apart) / STEPS, 5),
        "within_tolerance": max(apart) <= TOLERANCE,
        "tolerance": TOLERANCE,
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
