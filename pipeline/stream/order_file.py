"""The order of one slice and epoch, opened for reading by token offset: made on demand, or kept on disk.

An order that gives any part of itself is never written out; any other is, once. Either can be made again at any time
from (seed, slice, epoch), so what is written lives in a cache, not in an artifact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from curricula.order import Order
from pipeline import seeds
from pipeline.artifact import canonical
from pipeline.stream import parted_order, stored_order
from pipeline.stream.parted_order import PartedOrder
from pipeline.stream.slice_table import SliceFile
from pipeline.stream.stored_order import StoredOrder, open_stored

FORMAT = 2
"""Raised whenever an order's code gives other rows than before, so that cached orders of the old code are not used."""

OrderFile = StoredOrder | PartedOrder


def open_order(cache: Path, piece: SliceFile, order: Order, seed: int, epoch: int) -> OrderFile:
    """Open the order of a slice and epoch, making first what the cache has to hold and does not."""
    key = _key(piece, seed, epoch)
    parts = order.parts(len(piece.documents), key)
    if parts is None:
        return open_stored(_place(cache, piece, order, seed, epoch), piece, order, key)
    large = len(piece.documents) >= parted_order.LARGE
    return PartedOrder(_edges(_place(cache, piece, order, seed, epoch)) if large else None, piece, parts)


def problems(cache: Path, piece: SliceFile, order: Order, seed: int, epoch: int) -> Iterator[str]:
    """Make the order of a slice and epoch again and yield where the cache holds something else."""
    key, place = _key(piece, seed, epoch), _place(cache, piece, order, seed, epoch)
    parts = order.parts(len(piece.documents), key)
    if parts is None:
        found = stored_order.problems(place, piece, order, key)
    else:
        found = parted_order.problems(_edges(place), piece, parts)
    for problem in found:
        yield f"{problem} in epoch {epoch}; remove {place}, it is made again when it is needed"


def _key(piece: SliceFile, seed: int, epoch: int) -> int:
    return seeds.key(seed, "order", piece.name, epoch)


def _place(cache: Path, piece: SliceFile, order: Order, seed: int, epoch: int) -> Path:
    """Return the folder of what is kept of an order."""
    signal = piece.signal_identity if order.needs else None
    identity = canonical([FORMAT, piece.name, piece.identity, signal, order.model_dump(mode="json"), seed, epoch])
    return cache / hashlib.sha256(identity.encode()).hexdigest()[:32]


def _edges(place: Path) -> Path:
    return place / "edges.bin"
