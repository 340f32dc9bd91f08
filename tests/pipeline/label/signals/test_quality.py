import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from labelled_world import TOPICS, quiet, stages_for, text_of, write_corpus

from pipeline.artifact import read_manifest
from pipeline.errors import UserError
from pipeline.label.signals.quality import Quality
from pipeline.stage import make


def scores_by_topic(tmp_path, signal, corpora):
    make(stages_for(signal, corpora, tmp_path), quiet(tmp_path / "root"))
    rows = pq.read_table(tmp_path / "root" / "labels" / "web" / "quality" / "labels.parquet")["quality"].to_numpy()
    assert ((rows >= 0) & (rows <= 1)).all()
    return [float(np.mean(rows[i::3])) for i in range(3)], read_manifest(tmp_path / "root" / "learned" / "quality")


def test_a_good_and_a_poor_set(tmp_path):
    corpora = {"web": write_corpus(tmp_path, "web", 90)}
    (tmp_path / "good.jsonl").write_text("".join(json.dumps({"q": text_of(i)}) + "\n" for i in range(300, 390, 3)))
    (tmp_path / "poor.jsonl").write_text("".join(json.dumps({"text": text_of(i)}) + "\n" for i in range(301, 391, 3)))
    examples = {
        "kind": "sets",
        "positive": {"files": {"paths": ["good.jsonl"], "text_keys": ["q", "a"]}},
        "negative": {"files": {"paths": ["poor.jsonl"]}},
    }
    means, manifest = scores_by_topic(tmp_path, Quality.model_validate({"examples": examples}), corpora)
    assert means[0] > 0.9
    assert means[1] < 0.1
    assert manifest.counts["good"] == manifest.counts["poor"] == 30
    assert manifest.counts["held_out"]["auc"] == 1.0
    assert set(manifest.inputs) == {"positive", "negative"}


def test_documents_near_benchmark_examples_are_the_good_set(tmp_path):
    corpora = {"web": write_corpus(tmp_path, "web", 240)}
    asked = [i for i in range(600, 700) if i % 3 == 1 and i % 4 != 3]
    (tmp_path / "exam.jsonl").write_text("".join(json.dumps({"text": text_of(i)}) + "\n" for i in asked))
    examples = {
        "kind": "benchmarks",
        "benchmarks": {"exam": {"paths": ["exam.jsonl"]}},
        "sources": ["web"],
        "top_share": 0.2,
        "embedding": {"kind": "hashed"},
    }
    means, manifest = scores_by_topic(tmp_path, Quality.model_validate({"examples": examples}), corpora)
    assert TOPICS[int(np.argmax(means))] == TOPICS[1]
    assert manifest.counts["good"] == manifest.counts["poor"] == 48


def test_too_few_examples_are_the_users_to_mend(tmp_path):
    corpora = {"web": write_corpus(tmp_path, "web", 30)}
    (tmp_path / "good.jsonl").write_text('{"text": "one"}\n')
    examples = {
        "kind": "sets",
        "positive": {"files": {"paths": ["good.jsonl"]}},
        "negative": {"sources": ["web"]},
    }
    with pytest.raises(UserError, match="1 good and 30 poor documents"):
        scores_by_topic(tmp_path, Quality.model_validate({"examples": examples}), corpora)
