"""Contamination: the documents in which text of benchmarks is found.

An n-gram is looked up by a 64-bit hash, and what is found is compared with the benchmark word for word. So there are no
false hits, and the cost is that of hashing. The rule is YuLan-Mini's (arXiv 2412.17743), on words and characters in
place of tokens; documents that are questions with answers are also held against questions too short for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.clean.benchmark_index import PASSAGES, Index
from pipeline.clean.benchmark_table import Table
from pipeline.clean.decontamination import Decontaminate
from pipeline.clean.unit_hashes import Hashes, Units, ngrams, spelled
from pipeline.clean.whole_questions import WholeQuestions

_LONGEST_SHOWN = 300
"""Characters of a hit that are shown."""


class Hit(NamedTuple):
    """Why a document goes."""

    found: str
    allowed: str


@dataclass
class _Document:
    """What has been found in one document so far."""

    units: int = 0
    hits: int = 0
    shown: str = ""
    question: str = ""
    """The benchmark's question that is the document's."""


@dataclass
class Contamination:
    """Looks for benchmarks in documents as their units pass by; holds what it found until it is asked."""

    index: Index
    settings: Decontaminate
    long: Table
    short: Table
    questions: WholeQuestions | None
    """None for documents that are no questions with answers."""
    _found: dict[int, _Document] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path, settings: Decontaminate, profile: str) -> Contamination:
        """Open the index in a folder for documents of a profile; a process opens it once."""
        index, long, short, questions = _opened(folder, (folder / PASSAGES).stat().st_mtime_ns)
        return cls(index, settings, long, short, _whole(index, questions, settings, profile))

    @classmethod
    def of(cls, index: Index, settings: Decontaminate, profile: str) -> Contamination:
        """Return one for an index in memory."""
        long, short, questions = _tables(index)
        return cls(index, settings, long, short, _whole(index, questions, settings, profile))

    def watch(self, units: Iterator[Units]) -> Iterator[Units]:
        """Pass the units on, and look into them."""
        for piece in units:
            self._look(piece)
            yield piece

    def hits(self) -> list[tuple[int, Hit]]:
        """Return the documents that go, by their numbers among those that passed since the last time."""
        share, length = self.settings.largest_share, self.settings.ngram
        gone = []
        for number, document in sorted(self._found.items()):
            total = max(1, document.units - length + 1)
            if document.hits > share * total:
                allowed = f"no {length} words in a row of a benchmark"
                found = document.shown
                if share:
                    allowed = f"at most {share:g} of all {length} words in a row from benchmarks"
                    found = f"{document.hits / total:.2f}, such as {found}"
                gone.append((number, Hit(found, allowed)))
            elif document.question:
                gone.append((number, Hit(document.question, "no question of a benchmark, however short")))
        self._found.clear()
        return gone

    def _look(self, piece: Units) -> None:
        if self.settings.largest_share:  # only a share needs the lengths of all
            for row, units in enumerate(np.diff(np.minimum(piece.bounds, piece.own)).tolist()):
                self._found.setdefault(piece.document + row, _Document()).units += units
        for table, length in ((self.long, self.settings.ngram), (self.short, self.settings.shortest)):
            if not len(table.grams.hashes):
                continue
            hashes = ngrams(piece.values, length)
            places = table.places(hashes)
            places = places[places < piece.own]
            rows = np.searchsorted(piece.bounds, places, side="right") - 1
            for row in np.unique(rows).tolist():
                self._compare(piece, row, places[rows == row], hashes, table)
        for row, text, where in self.questions.asked(piece) if self.questions else ():
            self._found.setdefault(piece.document + row, _Document()).question = f'"{text}" as in {where}'

    def _compare(self, piece: Units, row: int, places: npt.NDArray[np.int64], hashes: Hashes, table: Table) -> None:
        """Compare what may be hits in one document word for word; where no share is allowed, the first is enough."""
        document = self._found.setdefault(piece.document + row, _Document())
        if document.hits and not self.settings.largest_share:
            return
        begin = int(piece.bounds[row])
        words = spelled(piece.text[piece.starts[row] : piece.starts[row + 1] - 1])
        first, last, end, where = -1, -1, 0, ""
        for place in places.tolist():
            found = self._same_words(words, place - begin, hashes[place], table)
            if found is not None:
                document.hits += 1
                if first < 0:
                    first, where = place, found[0]
                if first == place or last == place - 1:  # the hit that is shown goes on
                    last, end = place, place + found[1]
            if first >= 0 and last < place and not self.settings.largest_share:
                break
        if first >= 0 and not document.shown:
            text = piece.text[piece.begin[first] : piece.end[end - 1]]
            shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
            document.shown = f'"{shown}" as in {where}'

    def _same_words(self, words: list[str], at: int, value: np.uint64, table: Table) -> tuple[str, int] | None:
        """Return where a benchmark has the words that begin here, and how many; None where only hashes are equal."""
        for entry in table.entries(value):
            passage = self.index.passages[int(table.grams.passage[entry])]
            wanted = _words(passage.text)[int(table.grams.unit[entry]) :][: self.settings.ngram]
            if words[at : at + len(wanted)] == wanted:
                return passage.where, len(wanted)
        return None


@lru_cache(1024)
def _words(text: str) -> list[str]:
    return spelled(text)


@lru_cache(1)
def _opened(folder: Path, written: int) -> tuple[Index, Table, Table, Table]:
    index = Index.load(folder)
    return index, *_tables(index)


def _tables(index: Index) -> tuple[Table, Table, Table]:
    return Table(index.long), Table(index.short), Table(index.questions)


def _whole(index: Index, table: Table, settings: Decontaminate, profile: str) -> WholeQuestions | None:
    if profile != "qa" or not len(table.grams.hashes):
        return None
    return WholeQuestions(table, index.passages, settings.shortest - 1)
