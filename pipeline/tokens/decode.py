"""A decoder: token ids back to text, with the tokenizer that made them.

A stretch may begin or end inside a character; what is left of it shows as the replacement character.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.tokens.encode import SENTENCEPIECE, read_facts
from pipeline.tokens.load import load_fast, load_sentencepiece


def load_decoder(folder: Path) -> Callable[[Sequence[int]], str]:
    """Return the function that decodes ids of a tokenizer artifact, end-of-document tokens included."""
    facts = read_facts(folder)
    path = folder / facts.file
    if facts.file == SENTENCEPIECE:
        model = load_sentencepiece(path)
        return lambda ids: str(model.decode(list(ids)))
    tokenizer = load_fast(path)
    return lambda ids: str(tokenizer.decode(list(ids), skip_special_tokens=False))
