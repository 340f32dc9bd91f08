"""Units of many documents at once, as 64-bit hashes: a word, a number, or a character of a script without spaces.

They are finer than those of `pipeline.clean.units`: digits part from letters, 3.14 and 2024-05-01 are one number each,
and Thai, Lao, Khmer and Burmese characters stand alone too. There is no Python object for each: documents are laid end
to end, and hashes of words are differences of one running sum. A hash does not depend on what lies around the word, so
neither batches nor tasks change it. Documents longer than `PIECE` come in pieces that overlap; memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.clean.code_points import DIGIT, END, JOINER, SEPARATOR, SIGN, UNSPACED, WORD, scrambled, tables

PIECE = 1 << 17
"""Most characters that are looked at together: what is made of them stays in the cache of a processor."""
OVERLAP = 64
"""Units with which a piece of a long document ends and the next one begins; no n-gram may be longer than one more."""
_BASE = 0x2545F4914F6CDD1D  # odd, so that it has an inverse
Hashes = npt.NDArray[np.uint64]
_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """Units of some documents, or of one piece of one."""

    text: str
    """The documents, each followed by a line feed."""
    document: int
    """Index of the first of them in what was asked for."""
    bounds: _Integers
    """Units of the i-th lie at ``bounds[i]:bounds[i + 1]``."""
    values: Hashes
    begin: _Integers
    """Where each unit begins in the text."""
    end: _Integers
    number: npt.NDArray[np.bool_]
    """Which units are written in digits."""
    numeral: npt.NDArray[np.bool_]
    """Which are Chinese numerals."""
    starts: _Integers
    """Where each document begins in the text, and where the last one ends."""
    signs: _Integers
    """Where operators and relations stand in the text: a hyphen inside a word is none."""
    sign_values: Hashes
    own: int
    """Units before the overlap with the next piece; all of them where the document ends here."""
    goes_on: bool = False
    """Whether this is a later piece of a document that began in an earlier one."""


def units_of(texts: Sequence[str]) -> Iterator[Units]:
    """Yield the units of all documents in order; a long document in several pieces, each alone."""
    first = 0
    while first < len(texts):
        if len(texts[first]) >= PIECE:
            yield from _pieces(texts[first], first)
            first += 1
            continue
        last, size = first, 0
        while last < len(texts) and size + len(texts[last]) < PIECE:
            size += len(texts[last]) + 1
            last += 1
        yield _split(texts[first:last], first)
        first = last


def spelled(text: str) -> list[str]:
    """Return the units of one short text as words: what equal hashes are checked against."""
    units = _split([text], 0)
    folded = _folded(units.text)
    return [folded[begin:end] for begin, end in zip(units.begin.tolist(), units.end.tolist(), strict=True)]


def spelled_with_signs(text: str) -> list[str]:
    """Return the same with operators and relations between them, each alone."""
    units = _split([text], 0)
    folded, signs = _folded(units.text), units.signs.tolist()
    stretches = [*zip(units.begin.tolist(), units.end.tolist(), strict=True), *((at, at + 1) for at in signs)]
    return [folded[begin:end] for begin, end in sorted(stretches)]


def ngrams(values: Hashes, length: int) -> Hashes:
    """Return one hash for every ``length`` units in a row, without a look at where documents end."""
    count = len(values) - length + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    return _mixed(_sums(values, np.arange(count), np.arange(length, len(values) + 1)))


def whole(values: Hashes, before: int) -> np.uint64:
    """Return the part that these values have in the sum over a longer row, in which ``before`` come first."""
    part = _sums(values, np.zeros(1, np.int64), np.array([len(values)])) * np.uint64(pow(_BASE, before, 1 << 64))
    total: np.uint64 = part[0]
    return total


def _pieces(text: str, document: int) -> Iterator[Units]:
    start = 0
    while start < len(text):
        units = replace(_split([text[start : start + PIECE]], document), goes_on=start > 0)
        if start + PIECE >= len(text):
            yield units
            return
        own = len(units.values) - OVERLAP - 1  # the last unit may be cut in two
        if own <= 0:  # words of many thousand letters: cut where it comes
            yield units
            start += PIECE
            continue
        yield _shortened(units, own)
        start += int(units.begin[own])


def _shortened(units: Units, own: int) -> Units:
    """Leave the last unit of a piece to the next one, and note where that begins."""
    keep, signs = own + OVERLAP, int(np.searchsorted(units.signs, units.begin[own]))
    return replace(
        units,
        bounds=np.minimum(units.bounds, keep),
        values=units.values[:keep],
        begin=units.begin[:keep],
        end=units.end[:keep],
        number=units.number[:keep],
        numeral=units.numeral[:keep],
        signs=units.signs[:signs],
        sign_values=units.sign_values[:signs],
        own=own,
    )


def _split(texts: Sequence[str], document: int) -> Units:
    known = tables()
    text = "\n".join([*texts, ""])
    points = _code_points(text)
    kind = known.kind[points]
    signs = _settle_signs(kind, points)
    begin, end = _runs(kind)
    values = _mixed(_sums(known.value[points], begin, end))
    starts = np.cumsum([0, *(len(one) + 1 for one in texts)])
    bounds = np.searchsorted(begin, starts)
    number, numeral = kind[begin] == DIGIT, known.numeral[points[begin]]
    signed = known.value[points[signs]]
    return Units(text, document, bounds, values, begin, end, number, numeral, starts, signs, signed, len(values))


def _folded(text: str) -> str:
    return tables().folded[_code_points(text)].tobytes().decode("utf-32-le", "surrogatepass")


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    """Return the text's code points, those without a table entry all as one."""
    return np.minimum(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), np.uint32(END))


def _settle_signs(kind: npt.NDArray[np.uint8], points: npt.NDArray[np.uint32]) -> _Integers:
    """Return where signs are; make the point of 3.14 and the hyphens of 2024-05-01 part of the number."""
    places = np.flatnonzero(
        (kind == SIGN) | (kind == JOINER)
    )  # the text ends with a line feed, as if it began with one
    before, after = kind[places - 1], kind[places + 1]
    joins = (kind[places] == JOINER) & (before == DIGIT) & (after == DIGIT)
    inside = (before == WORD) & (after == WORD)
    kind[places] = SEPARATOR
    kind[places[joins]] = DIGIT
    signs: _Integers = places[tables().sign[points[places]] & ~joins & ~inside]
    return signs


def _runs(kind: npt.NDArray[np.uint8]) -> tuple[_Integers, _Integers]:
    """Return where units begin and end: runs of one kind, each unspaced character alone."""
    edge = np.ones(len(kind) + 1, bool)
    alone = kind == UNSPACED
    np.not_equal(kind[1:], kind[:-1], out=edge[1:-1])
    edge[1:-1] |= alone[1:]
    unit = kind >= WORD
    return np.flatnonzero(edge[:-1] & unit), np.flatnonzero(edge[1:] & unit) + 1


@cache
def _powers(base: int) -> Hashes:
    return np.concatenate([[np.uint64(1)], np.full(PIECE + 1, base, np.uint64)]).cumprod(dtype=np.uint64)


def _sums(values: Hashes, begin: _Integers, end: _Integers) -> Hashes:
    """Return for each stretch the sum of value x base^(place in the stretch), modulo 2^64."""
    running = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * _powers(_BASE)[: len(values)], out=running[1:])
    result: Hashes = (running[end] - running[begin]) * _powers(pow(_BASE, -1, 1 << 64))[begin]
    return result


def _mixed(sums: Hashes) -> Hashes:
    return scrambled(sums)
