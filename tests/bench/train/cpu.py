"""A measurement: a training step of a 29M Llama on the CPU, ours beside a plain torch loop and Hugging Face's Trainer.

Besides the wall clock it reads the seconds of the processor: with one thread they do not count what other programs on
the machine take. Prints JSON: python tests/bench/train/cpu.py [--threads 1 ...]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from importlib.metadata import version
from typing import Any

import torch
from sides import best_of_turns, ours, plain_loop, trainer

from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout
from pipeline.train.parallel import initialize, shutdown

SHAPE = {
    "hidden_size": 512,
    "feed_forward_size": 1408,
    "num_layers": 7,
    "num_heads": 8,
    "num_key_value_heads": 4,
    "vocabulary_size": 8192,
}


def compared(seconds: dict[str, float], tokens: int) -> dict[str, Any]:
    return {
        "tokens_per_second": {name: round(tokens / value) for name, value in seconds.items()},
        "speed_of_ours": {
            f"against_{name}": round(value / seconds["ours"], 3) for name, value in seconds.items() if name != "ours"
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in {**SHAPE, "sequence_length": 512, "num_sequences": 4, "turns": 5, "threads": 1}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    architecture = Architecture(
        **{name: getattr(asked, name) for name in SHAPE}, max_sequence_length=asked.sequence_length
    )
    initialize(Layout(), seed=1)
    tokens = torch.randint(0, asked.vocabulary_size, (asked.num_sequences, asked.sequence_length + 1))
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "ours": ours(architecture, tokens, micro_batch=asked.num_sequences),
            "ours_without_distributed_optimizer": ours(
                architecture, tokens, micro_batch=asked.num_sequences, layout=Layout(distributed_optimizer=False)
            ),
            "plain_torch_loop": plain_loop(architecture, tokens),
            "hugging_face_trainer": trainer(architecture, tokens, folder),
        }
        seconds = best_of_turns(sides, asked.turns)
    shutdown()
    result = {
        "command": " ".join(["python", *sys.argv]),
        "settings": vars(asked),
        "versions": {name: version(name) for name in ("torch", "megatron-core", "transformers")},
        "parameters": architecture.parameters(),
        "by_wall_clock": compared({name: each.wall for name, each in seconds.items()}, tokens[:, 1:].numel()),
        "by_processor": compared({name: each.processor for name, each in seconds.items()}, tokens[:, 1:].numel()),
        "load_average": os.getloadavg(),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
