"""A measurement: a training step of a small Llama on the CPU in bf16 beside the same step in fp32.

Prints JSON: python tests/bench/train/precision.py [--hidden-size 256 ...]. Two variables leave out what a processor
can: `ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2` is one without AVX-512, where bf16 takes "about 5 times" as
long, as `check`, `plan` and the start of training say; `AVX512_CORE` and `avx512` one with AVX-512 and no bf16 in it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib.metadata import version

import torch
from sides import best_of_turns, ours

from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout
from pipeline.train.parallel import initialize, shutdown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = {"hidden_size": 256, "num_layers": 4, "sequence_length": 256, "num_sequences": 2, "turns": 3, "threads": 1}
    for name, value in sizes.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    architecture = Architecture(
        num_layers=asked.num_layers,
        hidden_size=asked.hidden_size,
        feed_forward_size=asked.hidden_size * 11 // 4,
        num_heads=8,
        num_key_value_heads=4,
        vocabulary_size=4096,
        max_sequence_length=asked.sequence_length,
    )
    initialize(Layout(), seed=1)
    tokens = torch.randint(0, architecture.vocabulary_size, (asked.num_sequences, asked.sequence_length + 1))
    sides = {
        precision: ours(architecture, tokens, micro_batch=asked.num_sequences, precision=precision)
        for precision in ("fp32", "bf16")
    }
    seconds = best_of_turns(sides, asked.turns)
    shutdown()
    result = {
        "command": " ".join(["python", *sys.argv]),
        "limits": {name: os.environ.get(name) for name in ("ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")},
        "settings": vars(asked),
        "versions": {name: version(name) for name in ("torch", "megatron-core")},
        "parameters": architecture.parameters(),
        "seconds_a_step": {name: round(each.processor, 4) for name, each in seconds.items()},
        "slower_in_bf16": round(seconds["bf16"].processor / seconds["fp32"].processor, 2),
        "slower_in_bf16_by_wall_clock": round(seconds["bf16"].wall / seconds["fp32"].wall, 2),
        "load_average": os.getloadavg(),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
