import zlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.label.signals import CompressionRatio, Language, Length
from pipeline.label.stage import LabelStage
from pipeline.progress import Progress
from pipeline.sources import Source
from pipeline.stage import Where, make

TEXTS = [
    "The first of several documents, long enough to be kept whatever happens to it.",
    "第二篇文章，写的是中文，足够长。",
    "again and again " * 40,
]


@pytest.fixture
def corpus(tmp_path):
    import json

    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i, text in enumerate(TEXTS))
    )
    source = Source.model_validate({"read": {"kind": "jsonl", "paths": ["a.jsonl"]}, "profile": "en", "license": "x"})
    return CleanStage("s", source, Clean(filters=()), 0, tmp_path)


@pytest.mark.parametrize("workers", [1, 3])
def test_one_row_a_document_in_corpus_order(tmp_path, corpus, workers):
    root = tmp_path / f"root{workers}"
    stages = [LabelStage(corpus, signal) for signal in (Language(), Length(), CompressionRatio())]
    make([corpus, *stages], Where(root, workers, Progress(quiet=True)))
    assert [stage.name for stage in stages] == ["labels/s/language", "labels/s/length", "labels/s/compression_ratio"]
    language, length, ratio = (pq.read_table(root / stage.name / "labels.parquet").to_pydict() for stage in stages)
    assert language == {"id": ["s/0", "s/1", "s/2"], "language": ["und"] * 3, "language_score": [0.0] * 3}
    assert length == {"id": ["s/0", "s/1", "s/2"], "characters": [len(t) for t in TEXTS], "units": [14, 13, 120]}
    expected = [len(zlib.compress(text.encode(), 6)) / len(text.encode()) for text in TEXTS]
    assert np.allclose(ratio["compression_ratio"], expected, atol=1e-6)


def test_batches_are_put_together_in_order(tmp_path, corpus, monkeypatch):
    monkeypatch.setattr("pipeline.clean.corpus.BATCH_ROWS", 1)
    stage = LabelStage(corpus, Length())
    make([corpus, stage], Where(tmp_path / "root", 2, Progress(quiet=True)))
    assert pq.read_table(Path(tmp_path / "root") / stage.name / "labels.parquet")["id"].to_pylist() == [
        "s/0",
        "s/1",
        "s/2",
    ]
