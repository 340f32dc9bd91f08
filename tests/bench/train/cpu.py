"""A measurement: a training step of a 29M Llama on the CPU, ours beside a plain torch loop and Hugging Face's Trainer.

Prints JSON: python tests/bench/train/cpu.py [--threads 2 ...]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from importlib.metadata import version

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in {**SHAPE, "sequence_length": 512, "num_sequences": 4, "turns": 5, "threads": 2}.items():
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
        "command": "python tests/bench/train/cpu.py",
        "settings": vars(asked),
        "versions": {name: version(name) for name in ("torch", "megatron-core", "transformers")},
        "parameters": architecture.parameters(),
        "tokens_per_second": {name: round(tokens[:, 1:].numel() / value) for name, value in seconds.items()},
        "speed_of_ours": {
            f"against_{name}": round(value / seconds["ours"], 3) for name, value in seconds.items() if name != "ours"
        },
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
