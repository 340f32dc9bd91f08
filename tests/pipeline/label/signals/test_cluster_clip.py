"""ClusterClip from one recipe: clusters cut the source into slices, read evenly until one is at its cap."""

import pyarrow.parquet as pq
import pytest
from labelled_world import text_of
from small_run import write_jsonl
from tiny_llama import write_tiny_llama

from mixtures.base import Situation, Slice
from pipeline.plan import make_plan
from pipeline.progress import Progress
from pipeline.recipe import load_recipe
from pipeline.stage import Where, make
from pipeline.stream.slice_table import load_slices

RECIPE = """
name: cluster-clip
tokenizer: {kind: file, path: tiny, end_of_document: <s>}
sources: {web: {read: {kind: jsonl, paths: [web.jsonl]}, profile: en, license: x}}
clean: {filters: []}
labels: [{kind: clusters, sources: [web], clusters: 3}]
slices: [{column: cluster}]
runs:
  cpt:
    start:
      kind: architecture
      architecture: {num_layers: 1, hidden_size: 32, feed_forward_size: 64, num_heads: 4, num_key_value_heads: 2,
        vocabulary_size: 300, max_sequence_length: 64}
    phases:
      - name: all
        tokens: 2048
        mixture: {kind: repetition_cap, epochs: 5, of: {kind: stratified, sources: all}}
    sequence_length: 32
    batch: 2
    learning_rate: {kind: warmup_constant, peak: 1.0e-3}
"""


def test_every_cluster_is_a_slice_and_the_capped_mixture_reads_them_evenly(tmp_path):
    write_tiny_llama(tmp_path / "tiny")
    # Medicine is nine in ten documents; the two other topics share the rest.
    numbers = [i for i in range(0, 540, 3) if i % 4 != 3] + [i for i in range(60) if i % 3 and i % 4 != 3]
    write_jsonl(tmp_path / "web.jsonl", [text_of(i) for i in numbers])
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    recipe = load_recipe(tmp_path / "recipe.yaml")
    plan = make_plan(recipe, tmp_path, tmp_path)
    wanted = [stage for stage in plan.stages if stage.verb in ("clean", "label", "tokenize", "stream")]
    make(wanted, Where(tmp_path, 1, Progress(quiet=True)))
    labels = pq.read_table(tmp_path / "labels/web/clusters/labels.parquet").to_pydict()
    slices = load_slices(tmp_path / "stream/cpt")
    assert set(slices) == {f"web/cluster={name}" for name in labels["cluster"]}
    assert len(slices) == 3
    tokens = {name: piece.tokens for name, piece in slices.items()}
    assert max(tokens.values()) > 1.5 * min(tokens.values())
    pieces = tuple(Slice(name, "web", (), held) for name, held in tokens.items())
    mixture = recipe.runs["cpt"].phases[0].mixture
    assert mixture.choose(Situation(pieces, {}, 0.0, 0)) == pytest.approx(dict.fromkeys(slices, 1 / 3))
    smallest = min(tokens, key=tokens.get)
    later = mixture.choose(Situation(pieces, {}, 0.5, 1024, epochs={smallest: 5.0}))
    assert later[smallest] == 0
    assert sum(later.values()) == pytest.approx(1)
