"""Descendants: every document that was made from a page, in synthetic artifacts and in the corpora they became."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.clean import corpus
from pipeline.errors import UserError
from pipeline.synthesize.output import DOCUMENTS


@dataclass(frozen=True)
class Descendant:
    """A document that was made from another one."""

    artifact: str
    """Folder below the root, such as ``synthetic/science-qa`` or ``corpus/science-qa``."""
    id: str
    parent: str


def descendants(root: Path, document: str) -> Iterator[Descendant]:
    """Yield the documents made from one, those made from these, and so on.

    Ids of a corpus are ``source/id``: the rows of a synthetic artifact keep their parents when they become a corpus.
    Raises UserError where the root has neither corpora nor synthetic artifacts.
    """
    tables = list(_tables(root))
    if not tables:
        raise UserError(f"{root}: no corpus and no synthetic artifact here")
    waiting, seen = [document], {document}
    while waiting:
        parents, waiting = waiting, []
        for found in _children(tables, set(parents)):
            yield found
            if found.id not in seen:
                seen.add(found.id)
                waiting.append(found.id)


def _tables(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.glob(f"synthetic/*/{DOCUMENTS}")):
        yield path.parent.relative_to(root).as_posix(), path
    for folder in sorted((root / "corpus").glob("*")):
        yield from ((folder.relative_to(root).as_posix(), part) for part in corpus.parts(folder))


def _children(tables: list[tuple[str, Path]], parents: set[str]) -> Iterator[Descendant]:
    for name, path in tables:
        for batch in pq.ParquetFile(path).iter_batches(columns=["id", "parents"]):
            for id, named in zip(batch["id"].to_pylist(), batch["parents"].to_pylist(), strict=True):
                for parent in named or ():
                    if parent in parents:
                        yield Descendant(name, id, parent)
