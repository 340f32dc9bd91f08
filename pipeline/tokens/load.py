"""Loading tokenizers: Hugging Face's ``tokenizer.json`` and sentencepiece models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.errors import UserError


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
