"""Reads what a synthesizer makes: the first so many of its documents, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pipeline.clean.record import Record
from pipeline.seeds import key
from pipeline.sources import Synthetic


def read_synthetic(read: Synthetic, source: str, seed: int) -> Iterator[Record]:
    """Yield one record a document, with what made it."""
    documents = read.synthesizer.documents(key(seed, "synthesize", source))
    for number, document in enumerate(islice(documents, read.documents), start=1):
        yield Record(f"{read.synthesizer.kind}:{number}", number, document.text, made_by=document.made_by)
