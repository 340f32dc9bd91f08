"""Duplicates: who goes for whom, over all parts of a source.

datatrove's exact deduplication is not used: between files it keeps the copy that lies earliest *within its own
file*, and breaks ties by the order of a heap. Its MinHash keeps whichever document the roots of a tree fall on. Here
the best stays (`pipeline.clean.survivor`), and each removed document names it. Memory: under 200 bytes a document;
signatures lie on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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
    """Yield what goes of each part of the source."""
    hits = {part: compared.hits(part) for part in range(compared.others, len(compared.parts))}
    verdict = judge(compared, settings, np.array([row for some in hits.values() for row in sorted(some)], np.int64))
    sizes = verdict.cluster_size
    shares = _shares(verdict, compared) if isinstance(settings, MinHash) else {}
    places = _places(compared, np.unique(verdict.survivor[verdict.code > _CONTAMINATED]))
    for part, some in hits.items():
        begin, end = compared.starts[part : part + 2].tolist()
        gone = begin + np.flatnonzero(verdict.code[begin:end])
        codes = verdict.code[gone].tolist()
        said = [
            some[row] if code == _CONTAMINATED else _said(code, places[survivor], shares.get(row), settings)
            for row, code, survivor in zip(gone.tolist(), codes, verdict.survivor[gone].tolist(), strict=True)
        ]
        yield Removals(gone - begin, [_REASONS[code] for code in codes], said, sizes[begin:end])


def judge(compared: Compared, settings: AnyDeduplication, contaminated: Rows) -> Verdict:
    """Decide for every document: hits of benchmarks go first, then ids are made unique, then texts."""
    total, texts = int(compared.starts[-1]), compared.texts
    verdict = Verdict(np.zeros(total, np.uint8), np.arange(total))
    verdict.code[contaminated] = _CONTAMINATED
    rows = compared.first + np.flatnonzero(verdict.code[compared.first :] == _KEPT)
    holder = rows[first_of(compared.ids[rows - compared.first])]
    other_text = (texts[holder] != texts[rows]).any(axis=1)
    verdict.survivor[rows] = np.where(other_text, holder, rows)
    verdict.code[rows[other_text]] = _SAME_ID
    match settings:
        case KeepCopies():
            verdict.survivor[rows] = holder
        case Exact() | MinHash():
            _settle_texts(verdict, rows[~other_text], texts, compared, settings)
    gone = np.flatnonzero((verdict.code == _KEPT) & (verdict.survivor != np.arange(total)))
    equal = (texts[gone] == texts[verdict.survivor[gone]]).all(axis=1)
    verdict.code[gone] = np.where(equal, _SAME_TEXT, _ALIKE)
    return verdict


def _settle_texts(verdict: Verdict, rows: Rows, texts: Hashes, compared: Compared, settings: Exact | MinHash) -> None:
    """Find a survivor for each of these rows, which bear ids of their own or the same text as who bears theirs."""
    values: dict[Criterion, npt.NDArray[np.float64]] = {"language_score": compared.language_score}
    if isinstance(settings, MinHash):
        values["length"] = compared.length.astype(np.float64)
    published = np.arange(compared.first)
    rows = np.concatenate([published, ranked(rows, settings.prefer, values)])
    survivor = verdict.survivor
    survivor[rows] = rows[first_of(texts[rows])]
    if isinstance(settings, MinHash):
        heads = rows[(survivor[rows] == rows) & (compared.length[rows] > 0)]
        survivor[heads] = heads[first_of(compared.identity[heads])]
        heads = heads[survivor[heads] == heads]
        fixed = int((heads < compared.first).sum())
        found = near_duplicates.survivors(compared.hashes, compared.bands, heads, settings.similarity, fixed)
        survivor[heads] = heads[found]
    for _ in range(2):  # same text -> same signature -> alike: three steps at most
        survivor[rows] = survivor[survivor[rows]]
    survivor[published] = published


def _places(compared: Compared, wanted: Rows) -> dict[int, str]:
    """Return where the wanted documents lie, ``file:line``; of other sources with the name of the source."""
    places: dict[int, str] = {}
    bounds = np.searchsorted(wanted, compared.starts).tolist()
    for i, part in enumerate(compared.parts):
        some = wanted[bounds[i] : bounds[i + 1]]
        if len(some):
            lines = pq.read_table(part, columns=["file_line"])["file_line"].take(some - compared.starts[i]).to_pylist()
            if i < compared.others:
                source = pq.read_table(part, columns=["source"])["source"][0].as_py()
                lines = [f"{line} of {source}" for line in lines]
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
