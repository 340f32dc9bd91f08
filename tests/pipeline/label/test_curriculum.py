"""From labels to the stream: an order over perplexity gives the documents from easy to hard."""

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from small_run import write_jsonl
from tiny_llama import write_tiny_llama

from pipeline.errors import UserError
from pipeline.plan import make_plan
from pipeline.progress import Progress
from pipeline.recipe import load_recipe
from pipeline.stage import Where, make
from pipeline.stream.order_file import open_order
from pipeline.stream.slice_table import load_slices

TEXTS = [
    f"Document {i}: " + "the quick brown fox jumps " * (i % 7) + f"over {i * 7919 % 1000} lazy dogs." for i in range(60)
]
ARCHITECTURE = {
    "num_layers": 1,
    "hidden_size": 32,
    "feed_forward_size": 64,
    "num_heads": 4,
    "num_key_value_heads": 2,
    "vocabulary_size": 300,
    "max_sequence_length": 64,
}
RUN = {
    "start": {"kind": "architecture", "architecture": ARCHITECTURE},
    "phases": [{"name": "all", "tokens": 512, "mixture": {"kind": "static", "shares": {"web": 1.0}}}],
    "sequence_length": 32,
    "batch": 2,
    "learning_rate": {"kind": "warmup_constant", "peak": 1e-3},
}
SCORING = {"window": 64, "precision": "fp32"}


def recipe(folder, checkpoint, **changes):
    """Write the recipe and read it."""
    write_jsonl(folder / "web.jsonl", TEXTS)
    sections = {
        "name": "curriculum",
        "tokenizer": {"kind": "file", "path": "tiny", "end_of_document": "<s>"},
        "sources": {"web": {"read": {"kind": "jsonl", "paths": ["web.jsonl"]}, "profile": "en", "license": "x"}},
        "clean": {"filters": []},
        "labels": [{"kind": "perplexity", "checkpoint": checkpoint, "scoring": SCORING}, {"kind": "fertility"}],
        "runs": {"cpt": {**RUN, "orders": {"web": {"kind": "ascending", "signal": "perplexity"}}}},
        **changes,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(sections, sort_keys=False))
    return load_recipe(path)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_tiny_llama(folder / "tiny")
    return folder


def test_the_stream_is_in_the_order_of_perplexity(data, tmp_path):
    found = recipe(data, {"kind": "checkpoint", "path": "tiny"})
    stages = {stage.name: stage for stage in make_plan(found, data, tmp_path).stages}
    wanted = [stage for stage in stages.values() if stage.verb in ("clean", "label", "tokenize", "stream")]
    make(wanted, Where(tmp_path, 1, Progress(quiet=True)))
    labels = pq.read_table(tmp_path / "labels/web/perplexity/labels.parquet").to_pydict()
    values = dict(zip(labels["id"], labels["perplexity"], strict=True))
    assert len(set(values.values())) > 20
    (piece,) = load_slices(tmp_path / "stream/cpt").values()
    order = found.runs["cpt"].order_of("web")
    opened = open_order(tmp_path / "cache", piece, order, found.seed, 0)
    documents = pq.read_table(tmp_path / "tokens/web/documents.parquet").to_pydict()
    ids = [id for id, split in zip(documents["id"], documents["split"], strict=True) if split == "train"]
    rows = opened.find(
        0, sum(count for count, split in zip(documents["tokens"], documents["split"], strict=True) if split == "train")
    )[0].tolist()
    read = [values[ids[row]] for row in rows]
    assert sorted(rows) == list(range(len(ids)))
    assert read == sorted(read)
    fertility = pq.read_table(tmp_path / "labels/web/fertility/labels.parquet")["fertility"].to_numpy()
    assert np.isfinite(fertility).all()
    assert (fertility > 1).all()


def test_a_label_may_read_the_model_of_an_earlier_run(data, tmp_path):
    ordered = {**RUN, "orders": {"web": {"kind": "ascending", "signal": "perplexity"}}}
    found = recipe(data, {"kind": "run", "run": "base"}, runs={"base": RUN, "last": ordered})
    names = [stage.name for stage in make_plan(found, data, tmp_path).stages]
    assert names.index("models/base") < names.index("labels/web/perplexity") < names.index("stream/last")
    assert names.index("tokens/web") < names.index("labels/web/fertility")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, r"labels\.0: no run is called bse; did you mean base"),
        (
            {"checkpoint": "base"},
            "perplexity comes from the model of run base, and only runs below that one can read it",
        ),
        ({"checkpoint": "base", "slices": [{"column": "perplexity", "quantiles": 2}]}, "slices hold for every run"),
    ],
)
def test_a_label_that_comes_too_late_is_refused(data, changes, message):
    name = changes.pop("checkpoint", "bse")
    runs = {"base": {**RUN, "orders": {"web": {"kind": "ascending", "signal": "perplexity"}}}}
    with pytest.raises(UserError, match=message):
        recipe(data, {"kind": "run", "run": name}, runs=runs, **changes)
