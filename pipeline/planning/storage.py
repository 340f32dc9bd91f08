"""Storage: bytes on disk of what a run reads and writes down, and memory for the tables beside it.

Of what is made, the files are counted. Before that, documents are taken to hold `DOCUMENT_TOKENS` tokens each where
nobody has counted them; without any size of a source there is no amount.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline import artifact
from pipeline.planning.budget import Budget, Row
from pipeline.planning.forecast import count_rounds
from pipeline.planning.supply import Basis, Piece
from pipeline.recipe import Recipe
from pipeline.stream.slice_table import DOCUMENT
from pipeline.tokens.format import dtype_for

DOCUMENT_TOKENS = 1_000
"""Tokens a document, of web pages and articles about so many; books have far more, questions far less."""
INDEX_BYTES = 20
"""Bytes a document in an ``.idx`` file."""
ROW_BYTES = 24
"""Bytes a document in ``documents.parquet``, about."""
ORDER_BYTES = 16
"""Bytes a document and epoch of an order that is kept on disk: its row and where it ends."""
PACK_BYTES = 40
"""Bytes a document that is packed, about: where it lies, its bin's begin, and what the bins' orders take."""
SIGNAL_BYTES = 8
RECORD_BYTES, SHARE_BYTES, TIMES_NAMED = 450, 60, 5
"""Bytes a round in the ledger: fixed, and for every slice its share, sequences, carry, cursor and loss, each with the
slice's name."""
OWN_MEMORY = 32 << 20
"""Bytes that reading takes however large the corpus is, measured up to 10^8 documents (tests/bench/memory.py)."""
SORTING_BYTES = 40
"""Bytes a document while the order of a slice is made that has to be sorted or held as a whole."""


@dataclass(frozen=True)
class Amount:
    """Bytes, and how surely they are known."""

    bytes: int | None
    basis: Basis


def storage(recipe: Recipe, budget: Budget, root: Path, fresh: Container[str]) -> dict[str, Amount]:
    """Return what is on disk for one run (tokens, slices, orders, ledger) and its memory (own, mapped)."""
    pieces = tuple(budget.pieces.values())
    orders = _sum(_order(recipe, budget, row) for row in budget.rows)
    slices = _slices(recipe, budget, root, fresh)
    sources = dict.fromkeys(piece.source for piece in pieces)
    return {
        "tokens": _sum(_tokens(recipe, source, pieces, root, fresh) for source in sources),
        "slices": slices,
        "orders": orders,
        "ledger": _ledger(recipe, budget, root, fresh),
        "own memory": _own(recipe, budget),
        "mapped memory": _sum([slices, _sum(_order(recipe, budget, row, epochs=1) for row in budget.rows)]),
    }


def _tokens(recipe: Recipe, source: str, pieces: tuple[Piece, ...], root: Path, fresh: Container[str]) -> Amount:
    folder = root / "tokens" / source
    if artifact.is_published(folder):
        return _files(folder, f"tokens/{source}" in fresh)
    mine = [piece for piece in pieces if piece.source == source]
    known = [piece.tokens for piece in mine if piece.tokens is not None]
    if len(known) < len(mine):
        return Amount(None, "unknown")
    documents = sum(_documents(piece) or 0 for piece in mine)
    train = sum(known) * _token_bytes(recipe) + documents * (INDEX_BYTES + ROW_BYTES)
    return Amount(round(train / max(1 - recipe.validation.share, 0.01)), "estimate")


def _token_bytes(recipe: Recipe) -> int:
    """Return the bytes of a token; 4 where the vocabulary is not known yet."""
    if recipe.tokenizer.kind == "train":
        return dtype_for(recipe.tokenizer.vocabulary_size).itemsize
    return 4


def _slices(recipe: Recipe, budget: Budget, root: Path, fresh: Container[str]) -> Amount:
    name = f"stream/{budget.run}"
    if name in fresh:
        return _files(root / name, True)
    return _sum(
        replace(amount, basis="estimate") if amount.bytes is not None else amount
        for piece in budget.pieces.values()
        for amount in [_by_document(piece, DOCUMENT.itemsize + _signal_bytes(recipe, budget.run, piece))]
    )


def _signal_bytes(recipe: Recipe, run: str, piece: Piece) -> int:
    return SIGNAL_BYTES if recipe.runs[run].order_of(piece.source).needs else 0


def _order(recipe: Recipe, budget: Budget, row: Row, epochs: int | None = None) -> Amount:
    """Return what the orders of a slice take, of all epochs that the run begins or of a stated number."""
    piece = budget.pieces[row.slice]
    if recipe.runs[budget.run].packing_of(piece.source) != "end_to_end":
        packed = _by_document(piece, PACK_BYTES)
        return packed if packed.bytes is None else replace(packed, basis="estimate")
    if not _is_kept(recipe, budget, piece):
        return Amount(0, "exact")
    if row.epochs is None:
        return Amount(None, "unknown")
    return _by_document(piece, ORDER_BYTES * (math.ceil(row.epochs) if epochs is None else epochs))


def _is_kept(recipe: Recipe, budget: Budget, piece: Piece) -> bool:
    """Tell whether the order of a slice is written out; the others are computed where they are read."""
    order = recipe.runs[budget.run].order_of(piece.source)
    return order.parts(max(1, _documents(piece) or 1), 0) is None


def _own(recipe: Recipe, budget: Budget) -> Amount:
    kept = [piece for piece in budget.pieces.values() if _is_kept(recipe, budget, piece)]
    sizes = [_documents(piece) for piece in kept]
    if None in sizes:
        return Amount(None, "unknown")
    return Amount(OWN_MEMORY + SORTING_BYTES * max([0, *(size for size in sizes if size is not None)]), "estimate")


def _ledger(recipe: Recipe, budget: Budget, root: Path, fresh: Container[str]) -> Amount:
    name = f"runs/{budget.run}"
    if name in fresh:
        return Amount((root / name / "ledger.jsonl").stat().st_size, "exact")
    record = RECORD_BYTES + sum(SHARE_BYTES + TIMES_NAMED * len(row.slice.encode()) for row in budget.rows)
    return Amount(count_rounds(recipe.runs[budget.run]) * record, "estimate")


def _documents(piece: Piece) -> int | None:
    if piece.documents is not None or piece.tokens is None:
        return piece.documents
    return -(-piece.tokens // DOCUMENT_TOKENS)


def _by_document(piece: Piece, size: int) -> Amount:
    documents = _documents(piece)
    counted = piece.documents is not None and piece.basis == "exact"
    return Amount(documents * size if documents is not None else None, _basis(counted, documents))


def _basis(exact: bool, amount: int | None) -> Basis:
    return "unknown" if amount is None else "exact" if exact else "estimate"


def _files(folder: Path, exact: bool) -> Amount:
    size = sum(entry.bytes for entry in artifact.read_manifest(folder).files)
    return Amount(size, "exact" if exact else "estimate")


def _sum(amounts: Iterable[Amount]) -> Amount:
    """Return the sum, as sure as the least sure of its parts."""
    parts = tuple(amounts)
    bases = {part.basis for part in parts}
    if "unknown" in bases:
        return Amount(None, "unknown")
    return Amount(sum(part.bytes or 0 for part in parts), "estimate" if "estimate" in bases else "exact")
