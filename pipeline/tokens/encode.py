"""An encoder: text to token ids, over Hugging Face fast tokenizers and sentencepiece models alike.

No beginning-of-sequence token is written; the end-of-document token follows every document.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.tokens.format import Tokens, dtype_for
from pipeline.tokens.load import load_sentencepiece
from pipeline.tokens.token_ids import Ids, TokenIds

ENCODER = "encoder.json"
TOKENIZER_JSON = "tokenizer.json"
SENTENCEPIECE = "tokenizer.model"


@dataclass(frozen=True)
class EncoderFacts:
    """What a tokenizer artifact says of itself in ``encoder.json``."""

    file: str
    """``tokenizer.json`` or ``tokenizer.model``."""
    vocabulary_size: int
    """Largest id + 1."""
    end_of_document: int
    """Id written after every document."""
    end_of_document_token: str

    def write(self, folder: Path) -> None:
        """Write ``encoder.json``."""
        (folder / ENCODER).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


class Encoder(ABC):
    """Turns texts into token ids."""

    def __init__(self, facts: EncoderFacts) -> None:
        self.vocabulary_size, self.end_of_document = facts.vocabulary_size, facts.end_of_document
        self.dtype = dtype_for(facts.vocabulary_size)

    @abstractmethod
    def encode_batch(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the ids of each text, end-of-document token included, all below ``vocabulary_size``."""

    def _finish(self, ids: Sequence[int] | Ids) -> Tokens:
        tokens = np.empty(len(ids) + 1, dtype=self.dtype)
        tokens[:-1] = ids
        tokens[-1] = self.end_of_document
        return tokens


class FastEncoder(Encoder):
    """A Hugging Face fast tokenizer."""

    def __init__(self, path: Path, facts: EncoderFacts) -> None:
        super().__init__(facts)
        self._ids = TokenIds(path)

    def encode_batch(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode without special tokens."""
        return [self._finish(ids) for ids in self._ids.of(texts)]


class SentencePieceEncoder(Encoder):
    """A sentencepiece model."""

    def __init__(self, path: Path, facts: EncoderFacts, workers: int) -> None:
        super().__init__(facts)
        self._model, self._workers = load_sentencepiece(path), workers

    def encode_batch(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode on as many threads as there are workers."""
        return [self._finish(ids) for ids in self._model.encode(list(texts), out_type=int, num_threads=self._workers)]


def load_encoder(folder: Path, workers: int = 1) -> Encoder:
    """Load the encoder of a tokenizer artifact."""
    facts = read_facts(folder)
    if facts.file == SENTENCEPIECE:
        return SentencePieceEncoder(folder / facts.file, facts, workers)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if workers > 1 else "false"
    os.environ.setdefault("RAYON_NUM_THREADS", str(workers))
    return FastEncoder(folder / facts.file, facts)


def read_facts(folder: Path) -> EncoderFacts:
    """Read what a tokenizer artifact says of itself."""
    return EncoderFacts(**json.loads((folder / ENCODER).read_text(encoding="utf-8")))
