"""A small recipe that is right, and a way to write it wrongly."""

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.recipe import load_recipe

SOUND = """\
name: small
seed: 1
tokenizer: {kind: file, path: tokenizer.json}
sources:
  en-web:
    read: {kind: jsonl, paths: [en.jsonl]}
    profile: en
    license: CC0-1.0
    tokens: 2M
  zh-web:
    read: {kind: parquet, paths: ["zh/*.parquet"]}
    profile: zh
    license: CC0-1.0
groups:
  both:
    en-web: 0.5
    zh-web: 0.5
labels:
  - kind: length
  - kind: compression_ratio
slices: []
runs:
  base:
    start:
      kind: architecture
      architecture: {num_layers: 2, hidden_size: 64, feed_forward_size: 128, num_heads: 4, num_key_value_heads: 2,
                     vocabulary_size: 512, max_sequence_length: 128}
    phases:
      - name: english
        tokens: 1M
        mixture:
          kind: static
          shares: {en-web: 1.0}
    sequence_length: 128
    batch: 8
    learning_rate: {kind: wsd, peak: 1e-3}
  cpt:
    start: {kind: run, run: base}
    phases:
      - name: bilingual
        tokens: 0.5M
        mixture:
          kind: static
          shares: {both: 1.0}
    orders:
      zh-web: {kind: ascending, signal: compression_ratio}
    sequence_length: 128
    batch: 8
    micro_batch: 4
    learning_rate: {kind: warmup_constant, peak: 1e-4}
"""


@pytest.fixture
def sound_recipe(tmp_path: Path) -> Path:
    """A recipe file without a fault."""
    path = tmp_path / "recipe.yaml"
    path.write_text(SOUND, encoding="utf-8")
    return path


@pytest.fixture
def problems_of(tmp_path: Path):
    """Return a function: replacements in the sound recipe -> the lines of the error, without the folder."""

    def problems(*changes: tuple[str, str]) -> list[str]:
        text = SOUND
        for old, new in changes:
            assert text.count(old) >= 1, f"{old!r} is not in the recipe"
            text = text.replace(old, new, 1)
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UserError) as caught:
            load_recipe(path)
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    return problems
