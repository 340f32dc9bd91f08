"""A pack on disk: the documents of one slice in bins of one sequence each, filled best-fit and never cut.

Only documents longer than a sequence are cut, into whole sequences and a rest that is packed like a document. Which
documents share a bin stays the same in every epoch, so that all epochs have one length; orders then sort bins as they
sort documents. Bins are filled from windows of documents that the order has near each other. Like orders, packs can be
made again at any time and live in a cache; making one takes memory for one window.
"""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from curricula.order import Order
from pipeline import seeds
from pipeline.artifact import canonical, sha256_of
from pipeline.errors import WorkError
from pipeline.stream.best_fit import best_fit
from pipeline.stream.neighbours import neighbours, window_of
from pipeline.stream.order_file import FORMAT as ORDER_FORMAT
from pipeline.stream.slice_table import DOCUMENT, SliceFile

FORMAT = 2
SUMS = "sums.json"
"""File -> size and SHA-256."""

PART = np.dtype([("document", "<i8"), ("begin", "<i8"), ("tokens", "<i8")])
"""A stretch of a document: ``document`` is its index in the slice, ``begin`` its first token inside the document."""
Parts = npt.NDArray[Any]


@dataclass(frozen=True)
class Pack:
    """Bins of at most ``capacity`` tokens. The parts of bin i are ``parts[starts[i] : starts[i + 1]]``."""

    folder: Path
    capacity: int
    parts: Parts
    starts: npt.NDArray[np.int64]
    bins: SliceFile
    """The slice with its bins in the place of documents, each as long as a sequence: what an order is made of."""
    build: Callable[[Path], None]
    """Makes the same files in a folder that is not there yet."""

    def check(self) -> None:
        """Read all of it and raise WorkError where it is not what was written."""
        for name, (_, digest) in _sums(self.folder).items():
            if sha256_of(self.folder / name) != digest:
                raise _damaged(self.folder / name)


def open_pack(cache: Path, piece: SliceFile, capacity: int, seed: int, order: Order) -> Pack:
    """Open the pack of a slice that is read in ``order``, making it first; WorkError for one that is damaged."""
    key = seeds.key(seed, "pack", piece.name)
    signal = piece.signal_identity if order.needs else None
    name = _name(piece, capacity, [key, signal, *window_of(order)])

    def whole() -> Iterator[Parts]:
        for rows in neighbours(order, len(piece.documents), piece.signal, key):
            parts = np.zeros(len(rows), PART)
            parts["document"], parts["tokens"] = rows, piece.documents["tokens"][rows]
            yield parts

    return _open(cache / name, piece, capacity, whole)


def open_rest(
    cache: Path, piece: SliceFile, capacity: int, of: list[Any], order: Order, left: Callable[[], Parts]
) -> Pack:
    """Open the pack of what an epoch has left, making it first.

    ``of`` names the rest; ``left`` returns it in reading order, and is called only to make the pack.
    """
    _, window = window_of(order)

    def rest() -> Iterator[Parts]:
        parts = left()
        for start in range(0, len(parts), window):
            yield parts[start : start + window]

    return _open(cache / _name(piece, capacity, [of, window]), piece, capacity, rest)


def problems(pack: Pack) -> Iterator[str]:
    """Make a pack again and yield every file of it that the cache holds otherwise."""
    fresh = pack.folder.with_name(f"{pack.folder.name}.check.{os.getpid()}")
    try:
        pack.build(fresh)
        for path in sorted(fresh.iterdir()):
            kept = pack.folder / path.name
            if not kept.is_file() or not filecmp.cmp(kept, path, shallow=False):
                yield str(_damaged(kept))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _damaged(path: Path) -> WorkError:
    return WorkError(f"{path}: is not what was written; remove {path.parent}, it is made again when it is needed")


def _name(piece: SliceFile, capacity: int, what: list[Any]) -> str:
    identity = canonical([FORMAT, ORDER_FORMAT, piece.name, piece.identity, capacity, what])
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def _sums(folder: Path) -> dict[str, list[Any]]:
    """Return what each file must be; raise WorkError where that cannot be read, or where a size differs."""
    try:
        sums: dict[str, list[Any]] = json.loads((folder / SUMS).read_text(encoding="utf-8"))
        wrong = [name for name, (size, _) in sums.items() if (folder / name).stat().st_size != size]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise _damaged(folder / SUMS) from error
    if wrong:
        raise _damaged(folder / wrong[0])
    return sums


def _open(folder: Path, piece: SliceFile, capacity: int, windows: Callable[[], Iterator[Parts]]) -> Pack:
    def build(place: Path) -> None:
        _build(place, piece, capacity, windows())

    if not folder.is_dir():
        build(folder)
    sums = _sums(folder)
    starts = np.memmap(folder / "starts.bin", np.int64, "r")
    signal = np.memmap(folder / "signal.bin", np.float64, "r") if "signal.bin" in sums else None
    count = len(starts) - 1
    # Every bin is as long as a sequence, so one entry stands for all of them.
    one = np.zeros(1, DOCUMENT)
    one["tokens"] = capacity
    bins = replace(
        piece,
        documents=np.broadcast_to(one, (count,)),
        tokens=count * capacity,
        identity=folder.name,
        signal=signal,
        signal_identity=folder.name if signal is not None else None,
    )
    return Pack(folder, capacity, np.memmap(folder / "parts.bin", PART, "r"), starts, bins, build)


def _build(folder: Path, piece: SliceFile, capacity: int, windows: Iterator[Parts]) -> None:
    """Write the pack beside its place and rename it; of several processes the first one wins. None may be empty."""
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    with (draft / "parts.bin").open("wb") as parts, (draft / "starts.bin").open("wb") as starts:
        np.zeros(1, np.int64).tofile(starts)
        written = 0
        for window in windows:
            chunked = _chunked(window, capacity)
            order, counts = _bins(chunked, capacity)
            ordered = chunked[order]
            ordered.tofile(parts)
            (written + np.cumsum(counts)).tofile(starts)
            written += len(ordered)
            if piece.signal is not None:
                with (draft / "signal.bin").open("ab") as signal:
                    _means(piece.signal[ordered["document"]], ordered["tokens"], counts).tofile(signal)
    sums = {path.name: [path.stat().st_size, sha256_of(path)] for path in sorted(draft.iterdir())}
    (draft / SUMS).write_text(canonical(sums), encoding="utf-8")
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(draft)


def _chunked(parts: Parts, capacity: int) -> Parts:
    """Return the parts with long ones cut into as many whole sequences as they hold, and a rest."""
    counts = -(-parts["tokens"] // capacity)
    cut = np.repeat(parts, counts)
    nth = np.arange(len(cut)) - np.repeat(np.cumsum(counts) - counts, counts)
    cut["begin"] += nth * capacity
    cut["tokens"] = np.minimum(cut["tokens"] - nth * capacity, capacity)
    return cut


def _bins(parts: Parts, capacity: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (parts sorted by bin, number of parts of each bin); a bin stands where its first part stood."""
    bin_of = best_fit(parts["tokens"], capacity)
    unique, first, which, counts = np.unique(bin_of, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(unique), dtype=np.int64)
    in_turn = np.argsort(first, kind="stable")
    rank[in_turn] = np.arange(len(unique))
    return np.argsort(rank[which.reshape(-1)], kind="stable"), counts[in_turn]


def _means(values: npt.NDArray[np.float64], tokens: Any, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the mean of each bin, weighed by tokens; NaN where a part has no value."""
    starts = np.cumsum(counts) - counts
    means: npt.NDArray[np.float64] = np.add.reduceat(values * tokens, starts) / np.add.reduceat(tokens, starts)
    return means
