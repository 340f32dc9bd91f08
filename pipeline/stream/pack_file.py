"""A pack on disk: the documents of one slice in bins of one sequence each, filled best-fit and never cut.

Only documents longer than a sequence are cut, into whole sequences and a rest that is packed like a document. Which
documents share a bin stays the same in every epoch, so that all epochs have one length; orders then sort bins as they
sort documents. Bins are filled from windows of neighbours: memory stays flat, and where an order sorts by a signal the
neighbours have similar values of it. Like orders, packs can be made again at any time and live in a cache.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from curricula.ascending import Ascending
from curricula.random_order import Random
from pipeline import seeds
from pipeline.artifact import canonical
from pipeline.stream.best_fit import best_fit
from pipeline.stream.order_file import FORMAT as ORDER_FORMAT
from pipeline.stream.slice_table import DOCUMENT, SliceFile

FORMAT = 1
WINDOW = 1 << 18
"""Documents that are packed together."""

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

    @property
    def padding(self) -> int:
        """Tokens of an epoch that no document fills."""
        return self.bins.tokens - int(self.parts["tokens"].sum())


def open_pack(cache: Path, piece: SliceFile, capacity: int, seed: int, by: str | None) -> Pack:
    """Open the pack of a slice, making it first; ``by`` is the label column that the slice's order sorts by."""
    key = seeds.key(seed, "pack", piece.name)
    order = Ascending(signal=by) if by else Random()
    name = _name(piece, capacity, key, [by, piece.signal_identity if by else None])

    def whole() -> Iterator[Parts]:
        for rows in order.rows(len(piece.documents), piece.signal, key, piece.documents["tokens"]):
            parts = np.zeros(len(rows), PART)
            parts["document"], parts["tokens"] = rows, piece.documents["tokens"][rows]
            yield parts

    return _open(cache / name, piece, capacity, whole)


def open_rest(cache: Path, piece: SliceFile, capacity: int, rest: Parts) -> Pack:
    """Open the pack of what an epoch has left, in the order of ``rest``, making it first."""
    name = _name(piece, capacity, 0, hashlib.sha256(rest.tobytes()).hexdigest())
    return _open(cache / name, piece, capacity, lambda: iter((rest,)))


def problems(pack: Pack) -> Iterator[str]:
    """Make a pack again and yield every file of it that the cache holds otherwise."""
    fresh = pack.folder.with_name(f"{pack.folder.name}.check.{os.getpid()}")
    try:
        pack.build(fresh)
        for path in sorted(fresh.iterdir()):
            kept = pack.folder / path.name
            if not kept.is_file() or not filecmp.cmp(kept, path, shallow=False):
                yield (
                    f"{kept}: is not how {pack.bins.name} is packed; remove {pack.folder}, it is made again when it is "
                    "needed"
                )
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _name(piece: SliceFile, capacity: int, key: int, what: Any) -> str:
    identity = canonical([FORMAT, ORDER_FORMAT, WINDOW, piece.name, piece.identity, capacity, key, what])
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def _open(folder: Path, piece: SliceFile, capacity: int, stretches: Callable[[], Iterator[Parts]]) -> Pack:
    def build(place: Path) -> None:
        _build(place, piece, capacity, stretches())

    if not folder.is_dir():
        build(folder)
    bins = np.load(folder / "bins.npy", mmap_mode="r")
    signal = folder / "signal.npy"
    packed = replace(
        piece,
        documents=bins,
        tokens=len(bins) * capacity,
        identity=folder.name,
        signal=np.load(signal, mmap_mode="r") if signal.is_file() else None,
        signal_identity=folder.name if signal.is_file() else None,
    )
    return Pack(
        folder,
        capacity,
        np.memmap(folder / "parts.bin", PART, "r"),
        np.load(folder / "starts.npy", mmap_mode="r"),
        packed,
        build,
    )


def _build(folder: Path, piece: SliceFile, capacity: int, stretches: Iterator[Parts]) -> None:
    """Write the pack beside its place and rename it; of several processes the first one wins. None may be empty."""
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    counts, signals = [], []
    with (draft / "parts.bin").open("wb") as file:
        for window in _windows(stretches, capacity):
            order, count = _bins(window, capacity)
            parts = window[order]
            parts.tofile(file)
            counts.append(count)
            if piece.signal is not None:
                signals.append(_means(piece.signal[parts["document"]], parts["tokens"], count))
    sizes = np.concatenate(counts)
    bins = np.zeros(len(sizes), DOCUMENT)
    bins["row"], bins["tokens"] = np.arange(len(sizes)), capacity
    np.save(draft / "starts.npy", np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))
    np.save(draft / "bins.npy", bins)
    if piece.signal is not None:
        np.save(draft / "signal.npy", np.concatenate(signals))
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(draft)


def _windows(stretches: Iterator[Parts], capacity: int) -> Iterator[Parts]:
    for stretch in stretches:
        for start in range(0, len(stretch), WINDOW):
            yield _chunked(stretch[start : start + WINDOW], capacity)


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
