import json

import pyarrow.parquet as pq
import pytest
from labelled_world import TOPICS, quiet, stages_for, write_corpus

from pipeline.artifact import read_manifest
from pipeline.errors import UserError
from pipeline.label.signals.topic import Topic
from pipeline.stage import make, why_stale


def of_file(**settings):
    labels = {"kind": "file", "paths": ["web.jsonl"], "sources": ["web"], **settings.pop("labels", {})}
    return Topic.model_validate({"labels": labels, **settings})


@pytest.fixture
def corpora(tmp_path):
    return {"web": write_corpus(tmp_path, "web", 60), "other": write_corpus(tmp_path, "other", 30, first=60)}


def stale(signal, corpora, tmp_path):
    return [s.name for s in stages_for(signal, corpora, tmp_path) if why_stale(s, tmp_path / "root")]


def test_one_classifier_learns_from_labels_one_has_and_serves_every_source(tmp_path, corpora):
    make(stages_for(of_file(), corpora, tmp_path), quiet(tmp_path / "root"))
    manifest = read_manifest(tmp_path / "root" / "learned" / "topic")
    assert manifest.counts["per_topic"] == dict.fromkeys(TOPICS, 20)
    assert manifest.counts["held_out"]["documents"] == 6
    assert sum(map(sum, manifest.counts["confusion"]["rows_are_true"])) == 6
    rows = pq.read_table(tmp_path / "root" / "labels" / "other" / "topic" / "labels.parquet").to_pylist()
    assert [row["topic"] for row in rows] == [TOPICS[i % 3] for i in range(60, 90)]
    examples = pq.read_table(tmp_path / "root" / "learned" / "topic" / "examples.parquet").to_pylist()
    assert [row["id"] for row in examples] == [f"web/{i}" for i in range(60)]
    assert sum(row["held_out"] for row in examples) == 6


def test_labels_go_stale_exactly_when_what_they_come_from_changes(tmp_path, corpora):
    make(stages_for(of_file(), corpora, tmp_path), quiet(tmp_path / "root"))
    assert stale(of_file(), corpora, tmp_path) == []
    assert stale(of_file(least_confidence=0.5), corpora, tmp_path) == ["labels/web/topic", "labels/other/topic"]
    everything = ["learned/topic", "labels/web/topic", "labels/other/topic"]
    assert stale(of_file(held_out=0.2), corpora, tmp_path) == everything
    (tmp_path / "copy.jsonl").write_text((tmp_path / "web.jsonl").read_text())
    assert stale(of_file(labels={"paths": ["copy.jsonl"]}), corpora, tmp_path) == everything
    changed = {**corpora, "other": write_corpus(tmp_path, "other", 31, first=60)}
    assert stale(of_file(), changed, tmp_path) == ["corpus/other", "labels/other/topic"]


def test_whole_sources_can_be_topics_and_a_taxonomy_ones_own(tmp_path, corpora):
    (tmp_path / "mine.yaml").write_text("source: me\ntopics:\n  early: {en: Early}\n  late: {en: Late, zh: 晚}\n")
    labels = {"kind": "sources", "topics": {"web": "Early", "other": "晚"}}
    signal = Topic.model_validate({"labels": labels, "taxonomy": "mine.yaml", "least_confidence": 1.0})
    make(stages_for(signal, corpora, tmp_path), quiet(tmp_path / "root"))
    manifest = read_manifest(tmp_path / "root" / "learned" / "topic")
    assert manifest.counts["per_topic"] == {"early": 60, "late": 30}
    rows = pq.read_table(tmp_path / "root" / "labels" / "web" / "topic" / "labels.parquet").to_pylist()
    assert {row["topic"] for row in rows} <= {"none", "early", "late"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"id": "0", "topic": "medecine-health"}], "no such topic; did you mean medicine-health"),
        ([{"id": "x", "topic": "law-policy"}], r"none of 1 ids, such as 'x', is a document of web"),
        ([{"id": "0", "topic": "law-policy"}, {"id": "0", "topic": "others"}], "f.jsonl:2: 0 is labelled others here"),
        ([{"id": "0"}], "f.jsonl:1: topic: found keys id; text is needed"),
        ([{"id": "0", "topic": "law-policy"}], "two topics or more are needed"),
    ],
)
def test_wrong_labels_are_named(tmp_path, corpora, rows, words):
    (tmp_path / "f.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UserError, match=words):
        make(stages_for(of_file(labels={"paths": ["f.jsonl"]}), corpora, tmp_path), quiet(tmp_path / "root"))


def test_a_missing_file_is_named(tmp_path, corpora):
    with pytest.raises(UserError, match=r"labels.topic.labels.paths: none.jsonl: no such file"):
        make(stages_for(of_file(labels={"paths": ["none.jsonl"]}), corpora, tmp_path), quiet(tmp_path / "root"))
