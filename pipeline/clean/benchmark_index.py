"""The index of benchmarks: the n-grams of their texts by hash, and where each lies, for words to be compared.

Of long texts all n-grams are in it; a short one is in it by its first words, and so is one that is too short to be
looked for anywhere but at a document's beginning. Texts that are the same in many items, such as the passage above
several questions, count once; n-grams in many different texts are templates and stay out, and so do those that say one
or two words again and again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.clean.benchmarks import Passage
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.unit_hashes import Hashes, Units, ngrams, spelled_with_signs, units_of
from pipeline.errors import UserError

PASSAGES = "passages.parquet"
"""Written last: where it is, the index is whole."""
_LONGEST = 1 << 16
"""Characters at which a text is cut; the few n-grams across a cut are not looked for."""
FEWEST = 3
"""Different units that are looked for; rows of zeros and table rules are in any corpus."""
_PARTS = ("long", "short", "questions")
_EMPHASIS = "*"
"""Around a question it is no multiplication."""


class Grams(NamedTuple):
    """Hashes in ascending order, each with a text that holds it, and the unit at which it begins there."""

    hashes: Hashes
    passage: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Index:
    """What is looked for."""

    long: Grams
    """Every n-gram of texts that have one."""
    short: Grams
    """The first words of texts that have none; the whole text is looked for."""
    questions: Grams
    """The first three words of texts that are too short for that (`pipeline.clean.whole_questions`)."""
    passages: Sequence[Passage]
    too_short: int
    """Texts that are not looked for: of fewer than three different units."""

    def save(self, folder: Path) -> None:
        """Write files that workers map or read."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, grams in zip(_PARTS, (self.long, self.short, self.questions), strict=True):
            for column, values in grams._asdict().items():
                np.save(folder / f"{name}.{column}.npy", values)
        rows = [passage._asdict() for passage in self.passages]
        schema = pa.schema([(name, pa.string()) for name in Passage._fields])
        pq.write_table(pa.Table.from_pylist(rows, schema), folder / "passages.tmp")
        (folder / "passages.tmp").replace(folder / PASSAGES)

    @classmethod
    def load(cls, folder: Path) -> Index:
        """Map what `save` wrote."""
        table = pq.read_table(folder / PASSAGES)
        passages = [Passage(*both) for both in zip(*(table[name].to_pylist() for name in Passage._fields), strict=True)]
        long, short, questions = (
            Grams(*(np.load(folder / f"{name}.{column}.npy", mmap_mode="r") for column in Grams._fields))
            for name in _PARTS
        )
        return cls(long, short, questions, passages, 0)


def build(found: Iterable[Passage], settings: Decontaminate) -> Index:
    """Return the index of all texts; raise UserError naming a benchmark of which nothing would be looked for."""
    times: dict[str, int] = {}
    passages, files = [], dict[str, set[str]]()
    for passage in _cut(found):
        if passage.text not in times:
            passages.append(passage)
        times[passage.text] = times.get(passage.text, 0) + 1
        files.setdefault(passage.file, set()).add(passage.text)
    long, too_short = [], 0
    short, questions = (_Short(length, settings.most_common) for length in (settings.shortest, FEWEST))
    wanted = set[str]()
    for piece in units_of([passage.text for passage in passages]):
        long.append(_ngrams(piece, settings.ngram))
        wanted.update(passages[number].text for number in np.unique(long[-1].passage).tolist())
        for row in np.flatnonzero(np.diff(piece.bounds) < settings.ngram).tolist():
            number, values = piece.document + row, piece.values[piece.bounds[row] : piece.bounds[row + 1]]
            if len(np.unique(values)) < FEWEST:
                too_short += 1
                continue
            text = passages[number].text
            if len(values) >= settings.shortest:
                short.add(values, int(ngrams(values, len(values))[0]), number, times[text])
            else:
                questions.add(values, question(text), number, times[text])
            wanted.add(text)
    _refuse_useless(files, wanted)
    index = Index(_uncommon(long, settings.most_common), short.grams(), questions.grams(), passages, too_short)
    if not any(len(grams.hashes) for grams in (index.long, index.short, index.questions)):
        raise UserError(
            "clean.decontaminate.files: nothing is looked for: every text is in the files more than "
            f"{settings.most_common} times (clean.decontaminate.most_common)"
        )
    return index


def _refuse_useless(files: Mapping[str, set[str]], wanted: set[str]) -> None:
    """Raise UserError with every file of which no text is wanted."""
    useless = [
        f"clean.decontaminate.files: {name}: nothing in it is looked for: no text has {FEWEST} different words"
        for name, texts in files.items()
        if not texts & wanted
    ]
    if useless:
        raise UserError("\n".join(useless))


def _cut(found: Iterable[Passage]) -> Iterator[Passage]:
    for passage in found:
        for start in range(0, len(passage.text), _LONGEST):
            yield passage._replace(text=passage.text[start : start + _LONGEST])


def _ngrams(piece: Units, length: int) -> Grams:
    """Return the n-grams that lie inside one document and say enough, in the order of the text."""
    hashes = ngrams(piece.values, length)
    row = np.repeat(np.arange(len(piece.bounds) - 1), np.diff(piece.bounds))[: len(hashes)]
    place = np.arange(len(hashes))
    kept = (place + length <= piece.bounds[row + 1]) & _varied(piece.values, length)
    return Grams(hashes[kept], (piece.document + row)[kept], (place - piece.bounds[row])[kept])


def _varied(values: Hashes, length: int) -> npt.NDArray[np.bool_]:
    """Return which rows of so many units hold three different ones."""
    if len(values) < length:
        return np.zeros(0, bool)
    rows = np.lib.stride_tricks.sliding_window_view(values, length)
    other = rows != rows[:, :1]
    second = np.take_along_axis(rows, other.argmax(axis=1)[:, None], axis=1)
    varied: npt.NDArray[np.bool_] = (other & (rows != second)).any(axis=1)
    return varied


def _uncommon(found: Sequence[Grams], most_common: int) -> Grams:
    """Return one of each n-gram, the first, in order of the hash, without those in more than so many texts."""
    hashes = np.concatenate([np.zeros(0, np.uint64), *(grams.hashes for grams in found)])
    passage = np.concatenate([np.zeros(0, np.int64), *(grams.passage for grams in found)])
    unit = np.concatenate([np.zeros(0, np.int64), *(grams.unit for grams in found)])
    order = np.argsort(hashes, kind="stable")
    hashes, passage, unit = hashes[order], passage[order], unit[order]
    first = np.concatenate([[True], hashes[1:] != hashes[:-1]])[: len(hashes)]
    other_text = first | np.concatenate([[True], passage[1:] != passage[:-1]])[: len(hashes)]
    texts = np.add.reduceat(other_text.astype(np.int64), np.flatnonzero(first)) if len(hashes) else np.zeros(0, int)
    kept = np.flatnonzero(first)[texts <= most_common]
    return Grams(hashes[kept], passage[kept], unit[kept])


def question(text: str) -> tuple[str, ...]:
    """Return what two short questions are compared by: words and operators, without marks of emphasis around them."""
    words = spelled_with_signs(text)
    while words and words[0] == _EMPHASIS:
        del words[0]
    while words and words[-1] == _EMPHASIS:
        del words[-1]
    return tuple(words)


class _Short:
    """Collects texts shorter than an n-gram, by so many first units."""

    def __init__(self, length: int, most_common: int) -> None:
        self._length, self._most_common = length, most_common
        self._by_text: dict[Hashable, tuple[np.uint64, int, int]] = {}

    def add(self, values: Hashes, same: Hashable, passage: int, times: int) -> None:
        """Take a text that occurs so many times; what is the ``same`` is one text."""
        beginning, first, seen = self._by_text.get(same, (ngrams(values[: self._length], self._length)[0], passage, 0))
        self._by_text[same] = beginning, first, seen + times

    def grams(self) -> Grams:
        """Return the beginnings of those that are no templates."""
        kept = [(start, passage) for start, passage, seen in self._by_text.values() if seen <= self._most_common]
        hashes = np.array([start for start, _ in kept], np.uint64)
        order = np.argsort(hashes, kind="stable")
        return Grams(hashes[order], np.array([at for _, at in kept], np.int64)[order], np.zeros(len(kept), np.int64))
