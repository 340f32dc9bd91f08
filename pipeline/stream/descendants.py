"""Descendants: every document that was made from a page, in synthetic artifacts and in the corpora they became.

The other way round, what a document was made from and by is written in its corpus.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.clean import corpus
from pipeline.synthesize.output import DOCUMENTS

_BEFORE_CLEANING = ("synthetic", "corrupted")
"""Folders of artifacts whose documents are cleaned into the corpus of the same name."""


@dataclass(frozen=True)
class Descendant:
    """A document that was made, from others or by a program alone."""

    artifact: str
    """Folder below the root, such as ``synthetic/science-qa`` or ``corpus/science-qa``."""
    id: str
    parents: tuple[str, ...]
    made_by: str


def descendants(root: Path, document: str) -> list[Descendant]:
    """Return the documents made from one, those made from these, and so on, each once.

    Ids of a corpus are ``source/id``. A document that cleaning kept is named only in the corpus that it became.
    """
    tables = list(_tables(root))
    found: dict[tuple[str, str], Descendant] = {}
    waiting = {document}
    while waiting:
        new = [child for child in _children(tables, waiting) if (child.artifact, child.id) not in found]
        found.update({(child.artifact, child.id): child for child in new})
        waiting = {child.id for child in new if child.artifact.startswith("corpus/")}
    return [child for child in found.values() if _in_corpus(child) not in found]


def as_made(root: Path, document: str) -> Descendant | None:
    """Return a document of a corpus, ``source/id``, with what it was made from and by; None where it was found."""
    folder = root / "corpus" / document.partition("/")[0]
    for part in corpus.parts(folder):
        for batch in pq.ParquetFile(part).iter_batches(columns=["id", "parents", "made_by"]):
            for row in batch.filter(pc.equal(batch["id"], document)).to_pylist():
                if row["parents"] or row["made_by"]:
                    return Descendant(f"corpus/{folder.name}", document, tuple(row["parents"] or ()), row["made_by"])
                return None
    return None


def _in_corpus(child: Descendant) -> tuple[str, str] | None:
    """Return what a document that was not cleaned yet is called in the corpus that it became, None for other ones."""
    kind, _, source = child.artifact.partition("/")
    return (f"corpus/{source}", f"{source}/{child.id}") if kind in _BEFORE_CLEANING else None


def _tables(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(path for kind in _BEFORE_CLEANING for path in root.glob(f"{kind}/*/{DOCUMENTS}")):
        yield path.parent.relative_to(root).as_posix(), path
    for folder in sorted((root / "corpus").glob("*")):
        yield from ((folder.relative_to(root).as_posix(), part) for part in corpus.parts(folder))


def _children(tables: list[tuple[str, Path]], parents: set[str]) -> Iterator[Descendant]:
    wanted = pa.array(sorted(parents), pa.string())
    for name, path in tables:
        for batch in pq.ParquetFile(path).iter_batches(columns=["id", "parents", "made_by"]):
            hit = pc.is_in(pc.list_flatten(batch["parents"]), value_set=wanted)
            rows = pc.unique(pc.filter(pc.list_parent_indices(batch["parents"]), hit))
            for row in batch.take(rows).to_pylist():
                yield Descendant(name, row["id"], tuple(row["parents"]), row["made_by"] or "")
