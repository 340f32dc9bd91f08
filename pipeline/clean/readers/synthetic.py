"""Reads what a synthesizer makes: the first so many of its documents, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pipeline.clean.record import Record
from pipeline.errors import UserError
from pipeline.seeds import key
from pipeline.sources import Synthetic
from synth.glossary import GlossaryError
from synth.synthesizer import Synthesized


def read_synthetic(read: Synthetic, source: str, seed: int, data: Path) -> Iterator[Record]:
    """Yield one record a document, with what made it; raise UserError where a file it is made from cannot be read."""
    documents = read.synthesizer.at(data).documents(key(seed, "synthesize", source))
    try:
        yield from _records(read, islice(documents, read.documents))
    except GlossaryError as error:
        raise UserError(str(error)) from error


def _records(read: Synthetic, documents: Iterator[Synthesized]) -> Iterator[Record]:
    for number, document in enumerate(documents, start=1):
        yield Record(f"{read.synthesizer.kind}:{number}", number, document.text, made_by=document.made_by)
