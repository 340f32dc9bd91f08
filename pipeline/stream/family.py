"""Family: where the documents of a run come from, and what became of a page: its uses and those of all made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import UserError
from pipeline.stream.corpus_rows import CorpusRows
from pipeline.stream.descendants import Descendant, descendants
from pipeline.stream.trace import Tracer, Use


@dataclass(frozen=True)
class Origin:
    """What a document was made from, and by what; both empty for one that was found."""

    parents: tuple[str, ...]
    made_by: str


class Family:
    """Origins and descendants of a run's documents."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._rows = CorpusRows(tracer.opened.root, ("parents", "made_by"))
        self.lost: set[str] = set()
        """Sources whose documents' origins were asked for and cannot be told."""

    def origin(self, use: Use) -> Origin | None:
        """Return where a document that was read comes from; None where its corpus is there no more, or is another."""
        source = use.piece.source
        if source in self.lost:
            return None
        try:
            row = self._rows.find(source, use.piece.row, use.document)
        except UserError:
            self.lost.add(source)
            return None
        return Origin(tuple(row["parents"] or ()), row["made_by"] or "")

    def uses(self, identifier: str) -> Iterator[Use | Descendant]:
        """Yield every use of a document, then those of all that was made from it.

        A descendant that no step read is yielded itself. Raises UserError where the run read neither the document nor
        anything made from it.
        """
        made = descendants(self._tracer.opened.root, identifier)
        if not made or self._tracer.trains_on(identifier):
            yield from self._tracer.document(identifier)
        for child in made:
            known = child.artifact.startswith("corpus/") and self._tracer.trains_on(child.id)
            uses = self._tracer.document(child.id) if known else iter(())
            first = next(uses, None)
            yield child if first is None else first
            yield from uses
