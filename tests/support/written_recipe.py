"""A recipe with a source that a model writes, small enough to be run whole, and a model that writes it."""

import json

from synthesis_world import page, shown, written

RECIPE = """
name: r
tokenizer: {kind: train, vocabulary_size: 300, sources: [science]}
clean: {filters: []}
sources:
  science:
    read: {kind: jsonl, paths: [science.jsonl]}
    profile: en
    license: CC0-1.0
  qa:
    read:
      kind: model_written
      corpus: science
      discipline: language
      quotas: {und_Latn: 300, und_Hani: 300}
      snippets: {shortest: 20, longest: 80}
      prompts: [problem]
      generator: {url_env: TEST_URL, model: m, answer_tokens: 200, concurrency: 4}
      budget: {requests: 60}
    profile: qa
    license: CC0-1.0
labels: [{kind: language}, {kind: length}]
runs:
  one:
    start:
      kind: architecture
      architecture: {num_layers: 1, hidden_size: 32, feed_forward_size: 64, num_heads: 2, num_key_value_heads: 2,
        vocabulary_size: 300, max_sequence_length: 64, tie_embeddings: true}
    phases: [{name: all, tokens: 4K, mixture: {kind: static, shares: {science: 0.7, qa: 0.3}}}]
    sequence_length: 64
    batch: 4
    learning_rate: {kind: warmup_constant, peak: 1.0e-3, warmup: 1K}
"""


def write(folder, *changes):
    """Write the recipe with (old, new) exchanged, and its raw text; return the recipe's path."""
    lines = (json.dumps({"id": str(i), "text": page(i)}) + "\n" for i in range(40))
    (folder / "science.jsonl").write_text("".join(lines), encoding="utf-8")
    text = RECIPE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "r.yaml").write_text(text, encoding="utf-8")
    return folder / "r.yaml"


def sound(request, _):
    return 200, written(shown(request)), {}
