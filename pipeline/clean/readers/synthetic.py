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
    own = key(seed, "synthesize", source)
    documents = read.synthesizer.at(data).documents(own)
    try:
        yield from _records(read, islice(documents, read.documents), own)
    except GlossaryError as error:
        raise UserError(str(error)) from error


def _records(read: Synthetic, documents: Iterator[Synthesized], seed: int) -> Iterator[Record]:
    made = read.synthesizer
    for number, document in enumerate(documents, start=1):
        parents, origin = made.parents(document), made.origin(document, seed)
        yield Record(f"{made.kind}:{number}", number, document.text, parents=parents, made_by=origin)
