"""MinHash: a signature of each document, of which two agree in about the share of n-grams the documents share.

Shingles are n-grams of units (`pipeline.clean.unit_hashes`): of words, or of characters where these are not spaced, so
Chinese needs no segmenter. Broder 1997; permutations are ``a x + b`` modulo 2^32 of a well mixed hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.clean.calculating import calculates
from pipeline.clean.code_points import scrambled
from pipeline.clean.deduplication import MinHash, Numbers
from pipeline.clean.profile import profile as thresholds
from pipeline.clean.unit_hashes import Hashes, Units, ngrams, units_of, whole

DATA = 0.3
"""Share of numbers above which a page is a table, whose numbers count even where they are ignored elsewhere."""
_ANY_NUMBER = np.uint64(0x0123456789ABCDEF)
_BLOCK = 512
"""Shingles whose permutations are made together; these stay in the processor's cache."""
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half "
    "twice double triple quarter third"
)


@dataclass(frozen=True)
class Signatures:
    """What is compared of some documents."""

    hashes: npt.NDArray[np.uint32]
    """Documents x permutations."""
    length: npt.NDArray[np.int64]
    """Units of each; a document without any is no near-copy of anything."""
    figures: Hashes
    """Hash of its numbers and signs in their order; 0 where these need not be equal."""


def signatures(documents: int, units: Iterable[Units], settings: MinHash, profile: str) -> Signatures:
    """Return the signatures of documents from their units, which may come in pieces."""
    numbers, share = settings.numbers_of(profile), thresholds(profile)["formulas"]["share"]
    hashes = np.full((documents, settings.num_hashes), 0xFFFFFFFF, np.uint32)
    length, count = np.zeros(documents, np.int64), np.zeros(documents, np.int64)
    figures = np.zeros(documents, np.uint64)
    for piece in units:
        rows = slice(piece.document, piece.document + len(piece.bounds) - 1)
        _take_minima(hashes[rows], piece, _values(piece, numbers), settings.ngram)
        length[rows] += np.diff(np.minimum(piece.bounds, piece.own))
        if numbers != "compare":
            _add_figures(figures[rows], count[rows], piece, None if numbers == "equal" else calculates(piece, share))
    return Signatures(hashes, length, figures)


def band_hashes(hashes: npt.NDArray[np.uint32], figures: Hashes, bands: int) -> Hashes:
    """Return one hash for each band of each signature, bands x documents; figures are part of every band."""
    by_band = hashes.reshape(len(hashes), bands, hashes.shape[1] // bands).transpose(1, 0, 2)
    combined = np.broadcast_to(figures, by_band.shape[:2]).copy()
    for row in range(by_band.shape[2]):
        combined = scrambled(combined ^ by_band[:, :, row])
    return combined


def _values(piece: Units, numbers: Numbers) -> Hashes:
    """Return the units' hashes, with one for all numbers in documents where these are ignored."""
    if numbers != "ignore" or not piece.number.any():
        return piece.values
    inside = np.concatenate([[0], np.cumsum(piece.number)])[piece.bounds]
    prose = np.diff(inside) <= DATA * np.diff(piece.bounds)
    return np.where(piece.number & np.repeat(prose, np.diff(piece.bounds)), _ANY_NUMBER, piece.values)


def _take_minima(minima: npt.NDArray[np.uint32], piece: Units, values: Hashes, ngram: int) -> None:
    shingles = (ngrams(values, ngram) >> np.uint64(32)).astype(np.uint32)
    factor, offset = _permutations(minima.shape[1])
    block = np.empty((minima.shape[1], _BLOCK), np.uint32)
    bounds = piece.bounds.tolist()
    for row, (begin, end) in enumerate(pairwise(bounds)):
        if end - begin < ngram:  # one shingle of all there is
            short = ngrams(values[begin:end], end - begin) if end > begin else values[:0]
            own = (short >> np.uint64(32)).astype(np.uint32)
        else:
            own = shingles[begin : end - ngram + 1]
        for start in range(0, len(own), _BLOCK):
            some = own[start : start + _BLOCK]
            images = block[:, : len(some)]
            np.multiply(factor, some, out=images)
            np.add(images, offset, out=images)
            np.minimum(minima[row], images.min(axis=1), out=minima[row])


@cache
def _permutations(count: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    drawn = scrambled(np.arange(2 * count)).astype(np.uint32)[:, None]
    return drawn[:count] | np.uint32(1), drawn[count:]


def _add_figures(
    figures: Hashes, count: npt.NDArray[np.int64], piece: Units, chosen: npt.NDArray[np.bool_] | None
) -> None:
    """Go on with the running sum of each document's figures; ``count`` is how many it has had so far.

    None: of all documents, else of the chosen ones.
    """
    if chosen is not None and not chosen.any():
        return
    spoken = piece.number | piece.numeral | np.isin(piece.values, _number_words())
    units = np.flatnonzero(spoken[: piece.own])
    places = np.concatenate([piece.begin[units], piece.signs])
    order = np.argsort(places, kind="stable")
    values = np.concatenate([piece.values[units], piece.sign_values])[order]
    bounds = np.searchsorted(places[order], piece.starts).tolist()
    with np.errstate(over="ignore"):
        for row, (begin, end) in enumerate(pairwise(bounds)):
            if end > begin and (chosen is None or chosen[row]):
                figures[row] += whole(values[begin:end], int(count[row]))
                count[row] += end - begin


@cache
def _number_words() -> Hashes:
    return np.unique(np.concatenate([units.values for units in units_of([_WORDS])]))
