"""Reading ease: how long sentences and words are, and how rare characters, for many texts at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.label.code_points import (
    LETTER,
    POINTS,
    Bools,
    Integers,
    Texts,
    after,
    before,
    classes,
    of_each,
    unit_ends,
    unit_starts,
)
from pipeline.label.common_characters import han, simplified, traditional
from pipeline.label.syllables import syllables

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ReadingEase:
    """One value a text; NaN for a text without words or characters."""

    score: Values
    """Higher is easier."""
    sentence_length: Values
    """Words, or Chinese characters, by sentences."""
    rare_characters: Values
    """Share of Chinese characters that are in no list of common ones; NaN in English."""


def english(texts: Texts) -> ReadingEase:
    """Return Flesch's reading ease: 206.835 - 1.015 words/sentences - 84.6 syllables/words.

    Flesch, 1948, A new readability yardstick, Journal of Applied Psychology 32, 221-233. A word is a run of letters and
    digits, apostrophes between them included; a sentence ends at ``.``, ``!``, ``?`` or ``…`` before anything but a
    letter or digit, and at a blank line. An abbreviation's point ends one too many.
    """
    kinds = of_each(classes(), texts)
    marks = of_each(_marks(), texts)
    kinds[(marks == _APOSTROPHE) & (before(kinds) == LETTER) & (after(kinds) == LETTER)] = LETTER
    starts, ends = unit_starts(kinds), unit_ends(kinds)
    words = texts.count(starts)
    line = marks == _LINE
    ending = (_is_point(marks) & (after(kinds) != LETTER)) | (line & after(line))
    sentences = _sentences(texts, starts, ending)
    spoken = _summed(syllables(texts, starts, ends), words)
    length, weight = _ratio(words, sentences), _ratio(spoken, words)
    return ReadingEase(206.835 - 1.015 * length - 84.6 * weight, length, np.full(len(words), np.nan))


def chinese(texts: Texts) -> ReadingEase:
    """Return 100 - characters/sentences - 500 x share of rare characters.

    The form follows what Chinese readability formulas have in common (length of sentences, share of uncommon
    characters); the three numbers are our own: newspaper articles come out between 44 and 79. The rare share is the
    smaller one of simplified and traditional writing, by the lists of `pipeline.label.common_characters`. A sentence
    ends at ``。！？!?…``, at ``.`` before anything but a letter or digit, and at every line break.
    """
    marks = of_each(_marks(), texts)
    followed = after(of_each(classes(), texts)) == LETTER
    places = np.flatnonzero(of_each(han(), texts))
    characters = texts.count(places)
    ending = (_is_point(marks) & ~((marks == _POINT) & followed)) | (marks == _LINE)
    sentences = _sentences(texts, places, ending)
    common = [texts.count(np.flatnonzero(of_each(known(), texts))) for known in (simplified, traditional)]
    rare = 1 - _ratio(np.maximum(*common), characters)
    length = _ratio(characters, sentences)
    return ReadingEase(100 - length - 500 * rare, length, rare)


_POINT, _SHOUT, _FULL_STOP, _LINE, _APOSTROPHE = 1, 2, 3, 4, 5


@cache
def _marks() -> npt.NDArray[np.uint8]:
    """Return what each code point is besides letters and characters."""
    made = np.zeros(POINTS, np.uint8)
    for mark, characters in enumerate((".", "!?…", "。！？", "\n", "'’"), start=_POINT):
        made[[*map(ord, characters)]] = mark
    return made


def _is_point(marks: npt.NDArray[np.uint8]) -> Bools:
    """Return where a mark stands that can end a sentence."""
    return (marks >= _POINT) & (marks <= _FULL_STOP)


def _sentences(texts: Texts, units: Integers, ending: Bools) -> Integers:
    """Return how many sentences of each text hold a unit, from where units and sentences' ends stand."""
    number = np.searchsorted(np.flatnonzero(ending), units)
    first = np.ones(len(units), np.bool_)
    # A text's first unit begins a sentence, whatever the text before it ended with.
    first[1:] = (np.diff(number) > 0) | (np.diff(np.searchsorted(texts.starts, units, "right")) > 0)
    return texts.count(units[first])


def _summed(values: Integers, counts: Integers) -> Integers:
    """Return the sums of runs of values, given how long each run is."""
    sums = np.concatenate([[0], np.cumsum(values)])
    ends = np.cumsum(counts)
    return np.asarray(sums[ends] - sums[ends - counts])


def _ratio(top: Integers, bottom: Integers) -> Values:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
