from collections import Counter

import pyarrow.parquet as pq
import pytest
from labelled_world import quiet, stages_for, write_corpus

from pipeline.artifact import read_manifest
from pipeline.errors import UserError
from pipeline.label import vector_chunks
from pipeline.label.signals.clusters import Clusters
from pipeline.stage import make

HASHED = {"kind": "hashed", "dimension": 512}


def signal(**settings):
    return Clusters.model_validate({"sources": ["web"], "clusters": 4, "embedding": HASHED, **settings})


def test_documents_of_one_topic_share_clusters_and_sizes_are_in_the_manifest(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_chunks, "ROWS", 7)
    corpora = {"web": write_corpus(tmp_path, "web", 90)}
    make(stages_for(signal(clusters=9), corpora, tmp_path), quiet(tmp_path / "root"))
    counts = read_manifest(tmp_path / "root" / "learned" / "clusters").counts
    table = pq.read_table(tmp_path / "root" / "labels" / "web" / "clusters" / "labels.parquet").to_pydict()
    found = Counter(table["cluster"])
    assert {name: size for name, size in counts["sizes"].items() if size} == found
    assert counts["inertia"] == pytest.approx(sum(1 - s for s in table["cluster_similarity"]), abs=0.01)
    topics = {name: Counter(i % 3 for i, c in enumerate(table["cluster"]) if c == name) for name in found}
    assert sum(max(mine.values()) for mine in topics.values()) > 80


def test_more_clusters_than_documents_is_the_users_to_mend(tmp_path):
    corpora = {"web": write_corpus(tmp_path, "web", 5)}
    with pytest.raises(UserError, match="5 documents cannot make 6 clusters"):
        make(stages_for(signal(clusters=6), corpora, tmp_path), quiet(tmp_path / "root"))
