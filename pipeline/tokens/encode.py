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
from typing import Any

import numpy as np

from pipeline.errors import UserError
from pipeline.tokens.format import Tokens, dtype_for

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

    def _finish(self, ids: list[int]) -> Tokens:
        tokens = np.empty(len(ids) + 1, dtype=self.dtype)
        tokens[:-1] = ids
        tokens[-1] = self.end_of_document
        return tokens


class FastEncoder(Encoder):
    """A Hugging Face fast tokenizer. It runs on its own threads, which do not change the ids."""

    def __init__(self, path: Path, facts: EncoderFacts) -> None:
        super().__init__(facts)
        self._tokenizer = load_fast(path)

    def encode_batch(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode without special tokens."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [self._finish(item.ids) for item in encoded]


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


def load_fast(path: Path) -> Any:
    """Load a ``tokenizer.json`` with padding and truncation switched off; raise UserError if it is none."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for every kind of damage
        raise UserError(f"tokenizer.path: {path}: not a tokenizer.json: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def load_sentencepiece(path: Path) -> Any:
    """Load a sentencepiece model; raise UserError if it is none."""
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor()
    try:
        model.LoadFromSerializedProto(path.read_bytes())
    except RuntimeError as error:
        raise UserError(f"tokenizer.path: {path}: not a sentencepiece model: {error}") from error
    if not model.vocab_size():
        raise UserError(f"tokenizer.path: {path}: not a sentencepiece model: it has no pieces")
    return model
