"""Encoding: the work of tokenising, each piece of a corpus to a file of tokens in the corpus's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import WorkError
from pipeline.pieces.piece import Piece
from pipeline.pieces.work import Do, Work
from pipeline.tokens.encode import load_encoder
from pipeline.tokens.format import ShardWriter, Tokens
from pipeline.tokens.read import TokenFile


@dataclass(frozen=True)
class Encoding(Work):
    """Leaves the tokens of each piece as a shard."""

    ending = ".idx"

    tokenizer: Path
    """Folder of the tokenizer artifact."""

    @property
    def uses_all_cores(self) -> bool:
        """Tokenizers have threads of their own."""
        return True

    def open(self, cores: int) -> Do:
        """Load the tokenizer."""
        encoder = load_encoder(self.tokenizer, cores)

        def encode(piece: Piece) -> None:
            draft = self.folder / f"{piece.name}-draft"
            with ShardWriter(draft, encoder.dtype) as shard:
                for table in piece.tables(["text"]):
                    tokens = encoder.encode_batch(table["text"].to_pylist())
                    self._check(tokens, encoder.vocabulary_size)
                    shard.add(tokens)
            for ending in (".bin", self.ending):
                draft.with_name(draft.name + ending).replace(self.folder / f"{piece.name}{ending}")

        return encode

    def tokens(self, piece: Piece) -> Iterator[tuple[Sequence[str], Sequence[Tokens]]]:
        """Yield ids and tokens of the documents of a piece that is done, one row group at a time."""
        shard, begin = TokenFile(self.folder / piece.name), 0
        for table in piece.tables(["id"]):
            yield table["id"].to_pylist(), [shard.document(i) for i in range(begin, begin + len(table))]
            begin += len(table)

    def _check(self, tokens: Sequence[Tokens], vocabulary_size: int) -> None:
        largest = max((int(document.max()) for document in tokens), default=0)
        if largest >= vocabulary_size:
            raise WorkError(f"{self.tokenizer}: gives token {largest}; it has {vocabulary_size} entries")
