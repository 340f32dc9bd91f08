"""A corpus of seven tasks and as many pieces, and the stages that clean, label and tokenize it."""

import json
from pathlib import Path

from pipeline import artifact
from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.label.learn_stage import LearnStage
from pipeline.label.signals import Clusters, Length
from pipeline.label.stage import LabelStage
from pipeline.progress import Progress
from pipeline.sources import Source
from pipeline.stage import Where
from pipeline.tokens.settings import TrainTokenizer
from pipeline.tokens.stage import TokenizeStage
from pipeline.tokens.tokenizer_stage import TokenizerStage


def write_raw(folder):
    """Write three files, each with a line that is no JSON at its end."""
    (folder / "in").mkdir()
    for f in range(3):
        said = ("Document {i} of file {f} tells of rivers. ", "文件{f}的第{i}篇讲的是河流。")
        rows = [{"id": f"{f}-{i}", "text": said[i % 2].format(i=i, f=f) * (3 + i % 5)} for i in range(20)]
        (folder / "in" / f"{f}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{bad\n")


def make_small(patch):
    """Let two kilobytes be a task, every row group a piece, and everything worth a process."""
    patch.setattr("pipeline.clean.inputs.TASK_BYTES", 2000)
    patch.setattr("pipeline.clean.stage.FILTERING_WORTH", 1)
    patch.setattr("pipeline.pieces.piece.PIECE_BYTES", 1)
    patch.setattr("pipeline.pieces.side_by_side.WORTH", 1)


def corpus_of(folder, kind="jsonl", paths="in/*.jsonl"):
    """Return the stage that cleans."""
    source = Source.model_validate({"read": {"kind": kind, "paths": [paths]}, "profile": "en", "license": "CC0-1.0"})
    return CleanStage("web", source, Clean(filters=(), largest_bad_share=0.5), 0, folder)


def stages_of(folder):
    """Return the stages: a corpus, a signal, a learned one, a tokenizer, tokens."""
    corpus = corpus_of(folder)
    clusters = Clusters.model_validate({"sources": ["web"], "clusters": 2, "embedding": {"kind": "hashed"}})
    learned = LearnStage(clusters, {"web": corpus}, 0, folder)
    tokenizer = TokenizerStage(TrainTokenizer(vocabulary_size=300, sources=("web",)), (corpus,), folder)
    labels = [LabelStage(corpus, Length()), LabelStage(corpus, clusters, (learned,))]
    return [corpus, labels[0], learned, labels[1], tokenizer, TokenizeStage(corpus, tokenizer, 0.2, shard_tokens=500)]


def where(root, cluster=None, workers=1):
    """Return where to work, without a word."""
    return Where(root, workers, progress=Progress(quiet=True), cluster=cluster)


def files_of(root, stages):
    """Return what the manifests say of every file of the stages' artifacts."""
    return {stage.name: artifact.read_manifest(Path(root) / stage.name).files for stage in stages}
