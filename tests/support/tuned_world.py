"""A small experiment on real text: the interpreter's own help texts, and questions made by program."""

import pydoc_data.topics
from pathlib import Path

from small_run import write_jsonl

RECIPE = """
name: tiny
seed: 7
tokenizer: {kind: train, vocabulary_size: 320, sources: [help]}
sources:
  help: {read: {kind: jsonl, paths: [raw/help.jsonl]}, profile: en, license: PSF-2.0, tokens: 60K}
  made:
    read: {kind: synthetic, documents: 120, synthesizer: {kind: arithmetic}}
    profile: qa
    license: Apache-2.0
    tokens: 20K
validation: {share: 0.2, tokens: 300}
runs:
  cpt:
    start:
      kind: architecture
      architecture: {num_layers: 1, hidden_size: 16, feed_forward_size: 32, num_heads: 2, num_key_value_heads: 2,
        vocabulary_size: 320, max_sequence_length: 64, tie_embeddings: true}
    phases: [{name: all, tokens: 4K, mixture: {kind: static, shares: {help: 0.9, made: 0.1}}}]
    sequence_length: 32
    batch: 8
    micro_batch: 8
    round_steps: 4
    learning_rate: {kind: warmup_constant, peak: 3.0e-3, warmup: 1K}
    precision: fp32
"""

EXPERIMENT = """
name: share
question: Which share of made questions is best?
recipe: tiny.yaml
run: cpt
factors:
  made:
    kind: levels
    levels:
      few: {runs.cpt.phases.0.mixture.shares: {help: 0.9, made: 0.1}}
      many: {runs.cpt.phases.0.mixture.shares: {help: 0.5, made: 0.5}}
seeds: [1]
metrics:
  made: {kind: loss, sources: [made]}
  help: {kind: rise, sources: [help]}
decide: {lowest: made, at_most: {help: 1.0}}
"""


LONGER = RECIPE.replace("max_sequence_length: 64", "max_sequence_length: 256").replace(
    "    sequence_length: 32\n    batch: 8\n    micro_batch: 8",
    "    sequence_length: 256\n    batch: 1\n    micro_batch: 1",
)
SWARM = f"""{EXPERIMENT[: EXPERIMENT.index("factors:")]}
factors:
  mix: {{kind: shares, field: runs.cpt.phases.0.mixture.shares, of: [help, made]}}
design: {{kind: dirichlet, points: 1, corners: true}}
merging: {{factor: mix}}
seeds: [1]
metrics:
  made: {{kind: loss, sources: [made]}}
  help: {{kind: rise, sources: [help]}}
  answers: {{kind: answers, sources: [made]}}
  patterns: {{kind: induction, length: 8, rows: 16}}
decide: {{lowest: made}}
"""
"""One mixture and its parts alone, with every metric that asks the model."""


def write_tuned(folder: Path, experiment: str = EXPERIMENT, recipe: str = RECIPE) -> Path:
    """Write raw text, recipe and experiment; return the experiment's path."""
    help_texts = [text for _, text in sorted(pydoc_data.topics.topics.items())][:40]
    write_jsonl(folder / "raw" / "help.jsonl", help_texts)
    (folder / "tiny.yaml").write_text(recipe)
    (folder / "share.yaml").write_text(experiment)
    return folder / "share.yaml"
