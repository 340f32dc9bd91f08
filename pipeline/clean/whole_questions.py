"""Whole questions: texts of benchmarks that are too short to be looked for anywhere but where a document begins.

"What is 17 × 24?" in a page may be an accident; as the question of a document that consists of question and answer it
is the benchmark's. So it must be the whole beginning, up to the end of a line, with the same operators; a label with a
colon, such as ``Question:``, may come first. Other documents than questions with answers are not judged so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from pipeline.clean.benchmark_index import FEWEST, question
from pipeline.clean.benchmark_table import Table
from pipeline.clean.benchmarks import Passage
from pipeline.clean.unit_hashes import Units, ngrams

_COLONS = ":："
_LONGEST_LABEL = 20
"""Characters in which its colon lies."""


@dataclass(frozen=True)
class WholeQuestions:
    """What is looked for."""

    table: Table
    """The first three units of each."""
    passages: Sequence[Passage]
    longest: int
    """Units of the longest one."""

    def asked(self, piece: Units) -> Iterator[tuple[int, str, str]]:
        """Yield the row, the question and its place in the benchmarks for each document that begins with one."""
        if piece.goes_on or len(piece.values) < FEWEST:
            return
        beginnings = list(_beginnings(piece))
        units = np.searchsorted(piece.begin, [character for _, character in beginnings])
        hashes = ngrams(piece.values, FEWEST)
        within = np.minimum(units, len(hashes) - 1)
        for place in self.table.places(hashes[within]).tolist():
            row, character = beginnings[place]
            wanted = {
                _question(self.passages[number].text): self.passages[number].where
                for entry in self.table.entries(hashes[within[place]])
                for number in [int(self.table.grams.passage[entry])]
            }
            for text in self._whole_lines(piece, row, character, int(units[place])):
                if (where := wanted.get(question(text))) is not None:
                    yield row, text.strip(), where
                    break

    def _whole_lines(self, piece: Units, row: int, begin: int, unit: int) -> Iterator[str]:
        """Yield what lies between a character and each end of a line, while it is no longer than a question."""
        end, last = begin, int(piece.starts[row + 1]) - 1
        while end < last:
            end = piece.text.find("\n", end + 1)
            if int(np.searchsorted(piece.begin, end)) - unit > self.longest:
                return
            yield piece.text[begin:end]


def _beginnings(piece: Units) -> Iterator[tuple[int, int]]:
    """Yield (row, character) where the question of a document may begin: at its start, and behind a label."""
    for row, (unit, following) in enumerate(pairwise(piece.bounds.tolist())):
        if unit == following:
            continue
        yield row, int(piece.starts[row])
        first = int(piece.begin[unit])
        label = piece.text[first : first + _LONGEST_LABEL].partition("\n")[0]
        if colons := [at for at, character in enumerate(label) if character in _COLONS]:
            yield row, first + colons[0] + 1


@lru_cache(1024)
def _question(text: str) -> tuple[str, ...]:
    return question(text)
