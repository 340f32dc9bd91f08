import zlib

import numpy as np
import pyarrow.parquet as pq
import pytest
from written_corpus import WrittenCorpus

from pipeline.errors import WorkError
from pipeline.label.signals import Clusters, CompressionRatio, Language, Length, Mtld
from pipeline.label.stage import LabelStage
from pipeline.progress import Progress
from pipeline.stage import Where, make

TEXTS = (
    "The first of several documents, long enough to be kept whatever happens to it.",
    "第二篇文章，写的是中文，足够长。",
    "again and again " * 40,
)


@pytest.mark.parametrize("workers", [1, 3])
def test_one_row_a_document_in_corpus_order(tmp_path, workers):
    corpus = WrittenCorpus(TEXTS, tmp_path)
    root = tmp_path / f"root{workers}"
    stages = [LabelStage(corpus, signal) for signal in (Language(), Length(), CompressionRatio())]
    make([corpus, *stages], Where(root, workers, Progress(quiet=True)))
    assert [stage.name for stage in stages] == ["labels/s/language", "labels/s/length", "labels/s/compression_ratio"]
    language, length, ratio = (pq.read_table(root / stage.name / "labels.parquet").to_pydict() for stage in stages)
    assert language == {"id": ["s/0", "s/1", "s/2"], "language": ["und_Latn", "und_Hani", "und_Latn"]} | {
        "language_score": pytest.approx([0.9] * 3),
        "script": ["Latn", "Hani", "Latn"],
    }
    assert length == {"id": ["s/0", "s/1", "s/2"], "characters": [len(t) for t in TEXTS], "units": [14, 13, 120]}
    expected = [len(zlib.compress(text.encode(), 6)) / len(text.encode()) for text in TEXTS]
    assert np.allclose(ratio["compression_ratio"], expected, atol=1e-6)


def test_pieces_are_put_together_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.pieces.piece.PIECE_BYTES", 1)
    corpus = WrittenCorpus(tuple("word " * i for i in range(10)), tmp_path, rows=3)
    stage = LabelStage(corpus, Length())
    where = Where(tmp_path / "root", 2, Progress(quiet=True))
    make([corpus, stage], where)
    labels = pq.read_table(where.root / stage.name / "labels.parquet").to_pydict()
    assert labels == {
        "id": [f"s/{i}" for i in range(10)],
        "characters": [5 * i for i in range(10)],
        "units": list(range(10)),
    }


def test_processes_give_the_same_bytes_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.pieces.piece.PIECE_BYTES", 1)
    monkeypatch.setattr("pipeline.pieces.side_by_side.WORTH", 1)
    corpus = WrittenCorpus(tuple(TEXTS[i % 3] * (i + 1) for i in range(12)), tmp_path, rows=3)
    stage = LabelStage(corpus, Mtld())
    made = []
    for workers in (1, 2):
        where = Where(tmp_path / f"root{workers}", workers, Progress(quiet=True))
        make([corpus, stage], where)
        made.append((where.root / stage.name / "labels.parquet").read_bytes())
    assert made[0] == made[1]


def test_an_error_in_a_worker_process_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.pieces.piece.PIECE_BYTES", 1)
    monkeypatch.setattr("pipeline.pieces.side_by_side.WORTH", 1)
    corpus = WrittenCorpus(TEXTS * 4, tmp_path, rows=3)
    where = Where(tmp_path / "root", 2, Progress(quiet=True))
    make([corpus], where)
    (part,) = (where.root / corpus.name / "documents").glob("*.parquet")
    whole = part.read_bytes()
    part.write_bytes(whole[:100] + bytes(400) + whole[500:])
    with pytest.raises(WorkError, match="labels/s/length"):
        make([LabelStage(corpus, Length())], where)


def test_a_model_that_uses_all_cores_is_opened_once_however_large_the_corpus(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.pieces.piece.PIECE_BYTES", 1)
    monkeypatch.setattr("pipeline.pieces.side_by_side.WORTH", 1)
    encoder = Clusters.model_validate({"sources": ["s"], "embedding": {"kind": "hugging_face", "path": "model"}})
    assert encoder.uses_all_cores
    assert not Clusters(sources=("s",)).uses_all_cores
    opened = []

    def open_once(self, around):
        opened.append(around.source)
        return lambda texts, metadata: {
            "cluster": np.array(["00000"] * len(texts), dtype=object),
            "cluster_similarity": np.ones(len(texts), np.float32),
        }

    monkeypatch.setattr(Clusters, "open", open_once)
    monkeypatch.setattr("pipeline.label.stage.LabelStage.files", lambda self: {})
    corpus = WrittenCorpus(TEXTS * 4, tmp_path, rows=3)
    make([corpus, LabelStage(corpus, encoder)], Where(tmp_path / "root", 3, Progress(quiet=True)))
    assert opened == ["s"]
