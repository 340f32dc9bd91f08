"""Lexical diversity: MTLD (McCarthy and Jarvis, 2010, Behavior Research Methods 42, 381-392), for many texts at once.

A *factor* is a run of words whose type-token ratio falls below 0.72; MTLD is words by factors, a part of a factor left
at the end counted by how far its ratio has come, as the mean of reading forwards and backwards.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.label.code_points import Integers, Words

NUMERATOR, DENOMINATOR = 18, 25
"""The threshold of the type-token ratio, 0.72, as whole numbers, so that no rounding decides where a factor ends."""
_AHEAD = 64
"""Words of a factor that are looked at in one step: most factors end within one or two."""
_INDEX_BITS = 22
SECTION = 8192
"""Words of a section: a longer text is read in as many sections as it takes, side by side."""


def mtld(words: Words, counts: Integers) -> npt.NDArray[np.float64]:
    """Return the MTLD of texts, given the hashes of all their words, and how many words each has.

    NaN where no word is repeated: such a text has no factor, not even a part of one. At most 2^22 words. Factors do not
    reach over the end of a section: what is left there counts in part, as at the end of a text.
    """
    before, after = neighbours(words)
    begins, ends, text = _sections(counts)
    total = len(words)
    forwards = np.bincount(text, factors(before, begins, ends), len(counts))
    backwards = np.bincount(text, factors(total - 1 - after[::-1], total - ends, total - begins), len(counts))
    each = np.full((2, len(counts)), np.nan)
    for values, found in zip(each, (forwards, backwards), strict=True):
        np.divide(counts, found, out=values, where=found > 0)
    return each.mean(0)


def _sections(counts: Integers) -> tuple[Integers, Integers, Integers]:
    """Return where each section begins and ends, and the text it belongs to; a text's sections are of even length."""
    pieces = -(-counts // SECTION)
    text = np.repeat(np.arange(len(counts)), pieces)
    number = np.arange(len(text)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    first = np.repeat(np.cumsum(counts) - counts, pieces)
    begins, ends = (first + counts[text] * (number + i) // pieces[text] for i in (0, 1))
    return begins, ends, text


def neighbours(words: Words) -> tuple[Integers, Integers]:
    """Return where each word stood last before (-1: nowhere) and where it stands next (the number of words: nowhere).

    Words are compared by 42 bits of their hashes.
    """
    low = np.uint64((1 << _INDEX_BITS) - 1)
    # Sorted together with their places, equal words lie side by side in the order of the text.
    ordered = np.sort((words & ~low) | np.arange(len(words), dtype=np.uint64))
    places = (ordered & low).astype(np.int64)
    same = (ordered[1:] ^ ordered[:-1]) <= low
    before, after = np.full(len(words), -1), np.full(len(words), len(words))
    before[places[1:][same]] = places[:-1][same]
    after[places[:-1][same]] = places[1:][same]
    return before, after


def factors(before: Integers, begins: Integers, ends: Integers) -> npt.NDArray[np.float64]:
    """Return the number of factors of texts, each of which is words ``begins`` to ``ends``.

    All texts go forward together, a step of at most `_AHEAD` words each.
    """
    found = np.zeros(len(begins))
    text = np.flatnonzero(ends > begins)
    ends, begin = ends[text].astype(np.int32), begins[text].astype(np.int32)
    place, types = begin.copy(), np.zeros(len(text), dtype=np.int32)
    steps = np.arange(_AHEAD, dtype=np.int32)
    padded = np.concatenate([before.astype(np.int32), np.full(_AHEAD, -1, np.int32)])
    while len(text):
        left = ends - place
        seen = np.cumsum(padded[place[:, None] + steps] < begin[:, None], axis=1, dtype=np.int32)
        seen += types[:, None]
        # types / words < 18 / 25, over all words since the factor began
        bound = (steps + (place - begin + 1)[:, None]) * np.int32(NUMERATOR)
        below = (seen * np.int32(DENOMINATOR) < bound) & (steps < left[:, None])
        first = below.argmax(1)
        complete = below[np.arange(len(text)), first]
        moved = np.where(complete, first + 1, np.minimum(left, _AHEAD))
        types = np.where(complete, np.int32(0), seen[np.arange(len(text)), moved - 1])
        place = (place + moved).astype(np.int32)
        begin = np.where(complete, place, begin)
        found[text[complete]] += 1
        finished = place == ends
        rest = finished & ~complete
        ratio = types[rest] / (place - begin)[rest]
        found[text[rest]] += (1 - ratio) / (1 - NUMERATOR / DENOMINATOR)
        text, ends, begin, place, types = (values[~finished] for values in (text, ends, begin, place, types))
    return found
