"""Which tokenizer a recipe uses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from curricula.settings import Settings


class TokenizerFile(Settings):
    """An existing tokenizer."""

    kind: Literal["file"] = "file"
    path: str
    """A ``tokenizer.json``, a sentencepiece ``.model``, or a Hugging Face folder (or hub name) holding one."""
    end_of_document: str | None = None
    """Token written after every document; by default the tokenizer's own end-of-sequence token."""


class TrainTokenizer(Settings):
    """A byte-level BPE trained on cleaned sources, for runs that start from nothing."""

    kind: Literal["train"] = "train"
    vocabulary_size: int = Field(ge=300)
    """Entries, special tokens included."""
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources it learns from."""


AnyTokenizer = Annotated[TokenizerFile | TrainTokenizer, Field(discriminator="kind")]
"""What a recipe may write under ``tokenizer``."""
