"""Tokenising: a corpus becomes Megatron shards and a table that says where each document lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.artifact import SCRATCH
from pipeline.clean import corpus
from pipeline.clean.stage import CleanStage
from pipeline.pieces.everywhere import finish
from pipeline.pieces.piece import cut
from pipeline.stage import Stage, Where
from pipeline.tokens.encode import read_facts
from pipeline.tokens.encoding import Encoding
from pipeline.tokens.format import ShardWriter, Tokens, dtype_for
from pipeline.tokens.split import TRAIN, VALIDATION, split_of
from pipeline.tokens.tokenizer_stage import TokenizerStage

DOCUMENTS = "documents.parquet"
SHARD_TOKENS = 1_000_000_000
"""A shard ends before the document that would take it over this many tokens."""
SCHEMA = pa.schema(
    [("id", pa.string()), ("split", pa.string()), ("shard", pa.int32()), ("offset", pa.int64()), ("tokens", pa.int32())]
)
"""Columns of ``documents.parquet``, in the corpus's order. ``shard`` counts the shards of the document's split,
``offset`` tokens from the shard's start; ``tokens`` includes the end-of-document token."""


def shard_name(split: str, shard: int) -> str:
    """Return a shard's file name without its ending."""
    return f"{TRAIN}-{shard:05d}" if split == TRAIN else VALIDATION


@dataclass(frozen=True)
class TokenizeStage(Stage):
    """Makes ``tokens/<source>``."""

    kind = "tokens"
    verb = "tokenize"
    extras = ("data",)

    corpus: CleanStage
    tokenizer: TokenizerStage
    validation_share: float
    shard_tokens: int = SHARD_TOKENS

    @property
    def name(self) -> str:
        """The artifact's folder."""
        return f"tokens/{self.corpus.source_name}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """The split and the size of shards."""
        return {"validation_share": self.validation_share, "shard_tokens": self.shard_tokens}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The corpus and the tokenizer."""
        return (self.corpus, self.tokenizer)

    def run(self, draft: Path, where: Where) -> Mapping[str, Any]:
        """Encode piece by piece, and lay the pieces into the shards of the two splits."""
        pieces = list(cut(self.corpus.folder(where.root)))
        work = Encoding(draft / SCRATCH / "pieces", self.tokenizer.folder(where.root))
        finish(pieces, work, draft, where, title=f"tokenizing {self.corpus.source_name}")
        facts = read_facts(work.tokenizer)
        dtype = dtype_for(facts.vocabulary_size)
        with ExitStack() as open_files:
            writer = pq.ParquetWriter(draft / DOCUMENTS, SCHEMA, compression=corpus.COMPRESSION)
            table = open_files.enter_context(writer)
            splits = {
                TRAIN: Shards(TRAIN, draft, dtype, self.shard_tokens, open_files),
                VALIDATION: Shards(VALIDATION, draft, dtype, None, open_files),
            }
            for piece in pieces:
                for ids, tokens in work.tokens(piece):
                    table.write_batch(self._place(ids, tokens, splits))
        return {
            "vocabulary_size": facts.vocabulary_size,
            "end_of_document": facts.end_of_document,
            "dtype": dtype.name,
            **{f"{name}_{what}": count for name, shards in splits.items() for what, count in shards.counts().items()},
        }

    def _place(self, ids: Sequence[str], tokens: Sequence[Tokens], splits: Mapping[str, Shards]) -> pa.RecordBatch:
        chosen = np.array([split_of(id, self.validation_share) for id in ids], dtype=object)
        shard, offset = np.zeros(len(ids), np.int32), np.zeros(len(ids), np.int64)
        for name, shards in splits.items():
            rows = np.flatnonzero(chosen == name)
            shard[rows], offset[rows] = shards.add([tokens[int(row)] for row in rows])
        lengths = np.array([len(document) for document in tokens], dtype=np.int32)
        return pa.record_batch(
            [pa.array(ids, pa.string()), pa.array(chosen, pa.string()), shard, offset, lengths], schema=SCHEMA
        )


class Shards:
    """The shards of one split, opened one after the other as they fill."""

    def __init__(
        self, split: str, folder: Path, dtype: np.dtype[Any], limit: int | None, open_files: ExitStack
    ) -> None:
        self._split, self._folder, self._dtype, self._limit, self._open = split, folder, dtype, limit, open_files
        self._writers: list[ShardWriter] = []
        self._documents = 0

    def add(self, documents: Sequence[Tokens]) -> tuple[Tokens, Tokens]:
        """Write documents; return the shard of each and its offset there, in tokens."""
        shard, offset = np.zeros(len(documents), np.int32), np.zeros(len(documents), np.int64)
        begin = 0
        while begin < len(documents):
            writer = self._writer(len(documents[begin]))
            lengths = np.array([len(document) for document in documents[begin:]], dtype=np.int64)
            ends = writer.num_tokens + np.cumsum(lengths)
            fitting = len(lengths) if self._limit is None else max(1, int((ends <= self._limit).sum()))
            shard[begin : begin + fitting] = len(self._writers) - 1
            offset[begin : begin + fitting] = (ends - lengths)[:fitting]
            writer.add(documents[begin : begin + fitting])
            begin += fitting
        self._documents += len(documents)
        return shard, offset

    def counts(self) -> dict[str, int]:
        """Return documents, tokens and shards."""
        return {
            "documents": self._documents,
            "tokens": sum(writer.num_tokens for writer in self._writers),
            "shards": len(self._writers),
        }

    def _writer(self, coming: int) -> ShardWriter:
        """Return the shard that the next document belongs in; one document may be longer than a shard."""
        full = bool(self._writers) and self._limit is not None and self._writers[-1].num_tokens + coming > self._limit
        if not self._writers or full:
            prefix = self._folder / shard_name(self._split, len(self._writers))
            self._writers.append(self._open.enter_context(ShardWriter(prefix, self._dtype)))
        return self._writers[-1]
