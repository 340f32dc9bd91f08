"""Duplicates: who goes for whom, over all parts of a source.

datatrove's exact deduplication is not used: between files it keeps the copy that lies earliest *within its own
file*, and breaks ties by the order of a heap. Its MinHash keeps whichever document the roots of a tree fall on. Here
the best stays (`pipeline.clean.survivor`), and each removed document names it. Memory: under 200 bytes a document;
signatures lie on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pipeline.clean import near_duplicates
from pipeline.clean.compare import Compared
from pipeline.clean.deduplication import AnyDeduplication, Criterion, Exact, KeepCopies, MinHash
from pipeline.clean.near_duplicates import first_of
from pipeline.clean.removals import CONTAMINATED, DUPLICATE, DUPLICATE_ID, NEAR_DUPLICATE, Removals
from pipeline.clean.survivor import Rows, ranked
from pipeline.clean.unit_hashes import Hashes

_KEPT, _CONTAMINATED, _SAME_ID, _SAME_TEXT, _ALIKE = range(5)
_REASONS = ("", CONTAMINATED, DUPLICATE_ID, DUPLICATE, NEAR_DUPLICATE)
"""By code; the first stands for documents that stay."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of every document of a source, numbered in corpus order."""

    code: npt.NDArray[np.uint8]
    survivor: Rows
    """The document that stays for it (its own number where it stays); for a repeated id, the one that bears it."""

    @property
    def cluster_size(self) -> npt.NDArray[np.int32]:
        """Return for each document that stays how many it stands for, itself included."""
        copies = self.survivor[(self.code == _SAME_TEXT) | (self.code == _ALIKE)]
        return (1 + np.bincount(copies, minlength=len(self.code))).astype(np.int32)


def find(compared: Compared, settings: AnyDeduplication) -> Iterator[Removals]:
    """Yield what goes of each part."""
    parts = compared.parts
    starts = np.cumsum([0, *(pq.read_metadata(part).num_rows for part in parts)])
    verdict = judge(compared, settings, compared.contaminated(starts))
    sizes = verdict.cluster_size
    shares = _shares(verdict, compared) if isinstance(settings, MinHash) else {}
    places = _places(parts, starts, np.unique(verdict.survivor[verdict.code > _CONTAMINATED]))
    for part, begin, end in zip(parts, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        gone = begin + np.flatnonzero(verdict.code[begin:end])
        hits = compared.hits(part)
        said = [
            hits[row - begin] if code == _CONTAMINATED else _said(code, places[survivor], shares.get(row), settings)
            for row, code, survivor in zip(
                gone.tolist(), verdict.code[gone].tolist(), verdict.survivor[gone].tolist(), strict=True
            )
        ]
        yield Removals(gone - begin, [_REASONS[code] for code in verdict.code[gone]], said, sizes[begin:end])


def judge(compared: Compared, settings: AnyDeduplication, contaminated: Rows) -> Verdict:
    """Decide for every document: hits of benchmarks go first, then ids are made unique, then texts."""
    ids, texts = _hashes(compared.parts, "id_hash"), _hashes(compared.parts, "text_hash")
    verdict = Verdict(np.zeros(len(ids), np.uint8), np.arange(len(ids)))
    verdict.code[contaminated] = _CONTAMINATED
    rows = np.flatnonzero(verdict.code == _KEPT)
    holder = rows[first_of(ids[rows])]
    other_text = (texts[holder] != texts[rows]).any(axis=1)
    verdict.survivor[rows] = np.where(other_text, holder, rows)
    verdict.code[rows[other_text]] = _SAME_ID
    match settings:
        case KeepCopies():
            verdict.survivor[rows] = holder
        case Exact() | MinHash():
            _settle_texts(verdict, rows[~other_text], texts, compared, settings)
    gone = np.flatnonzero((verdict.code == _KEPT) & (verdict.survivor != np.arange(len(ids))))
    equal = (texts[gone] == texts[verdict.survivor[gone]]).all(axis=1)
    verdict.code[gone] = np.where(equal, _SAME_TEXT, _ALIKE)
    return verdict


def _settle_texts(verdict: Verdict, rows: Rows, texts: Hashes, compared: Compared, settings: Exact | MinHash) -> None:
    """Find a survivor for each of these rows, which bear ids of their own or the same text as who bears theirs."""
    values: dict[Criterion, npt.NDArray[np.float64]] = {"language_score": _column(compared.parts, "language_score")}
    if isinstance(settings, MinHash):
        values["length"] = compared.length.astype(np.float64)
    rows = ranked(rows, settings.prefer, values)
    verdict.survivor[rows] = rows[first_of(texts[rows])]
    if isinstance(settings, MinHash):
        heads = rows[(verdict.survivor[rows] == rows) & (compared.length[rows] > 0)]
        verdict.survivor[heads] = heads[first_of(compared.identity[heads])]
        heads = heads[verdict.survivor[heads] == heads]
        alike = near_duplicates.survivors(compared.hashes, compared.bands, heads, settings.similarity)
        verdict.survivor[heads] = heads[alike]
    for _ in range(2):  # same text -> same signature -> alike: three steps at most
        verdict.survivor[rows] = verdict.survivor[verdict.survivor[rows]]


def _hashes(parts: Sequence[Path], column: str) -> Hashes:
    """Return a column of 16-byte hashes as pairs of 64-bit numbers."""
    blocks = [pq.read_table(part, columns=[column])[column].combine_chunks() for part in parts]
    data = b"".join(block.buffers()[1][block.offset * 16 : (block.offset + len(block)) * 16] for block in blocks)
    return np.frombuffer(data, dtype=np.uint64).reshape(-1, 2)


def _column(parts: Sequence[Path], name: str) -> npt.NDArray[np.float64]:
    columns = [pq.read_table(part, columns=[name])[name].to_numpy() for part in parts]
    return np.concatenate([np.zeros(0), *columns])


def _places(parts: Sequence[Path], starts: Rows, wanted: Rows) -> dict[int, str]:
    """Return where the wanted documents lie, ``file:line``."""
    places: dict[int, str] = {}
    bounds = np.searchsorted(wanted, starts).tolist()
    for i, part in enumerate(parts):
        some = wanted[bounds[i] : bounds[i + 1]]
        if len(some):
            lines = pq.read_table(part, columns=["file_line"])["file_line"].take(some - starts[i]).to_pylist()
            places.update(zip(some.tolist(), lines, strict=True))
    return places


def _shares(verdict: Verdict, compared: Compared) -> Mapping[int, float]:
    """Return the estimated similarity of each near-duplicate with its survivor."""
    gone = np.flatnonzero(verdict.code == _ALIKE)
    return {
        row: float((compared.hashes[row] == compared.hashes[survivor]).mean())
        for row, survivor in zip(gone.tolist(), verdict.survivor[gone].tolist(), strict=True)
    }


def _said(code: int, place: str, share: float | None, settings: AnyDeduplication) -> tuple[str, str]:
    """Return what was found and what is allowed."""
    if code == _SAME_ID:
        return f"same id as {place}", "one text an id"
    if code == _SAME_TEXT:
        return f"same text as {place}", "one document a text"
    assert isinstance(settings, MinHash)
    return f"{share:.2f} like {place}", f"under {settings.similarity:g}"
