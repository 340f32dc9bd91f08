"""Quantities: numbers with a unit of measurement, beside a sign of arithmetic or in a formula.

Dates, prices and counters are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.clean.code_points import tables
from pipeline.clean.unit_hashes import Hashes, Units, units_of

_UNITS = (
    "kg mg µg ml cm mm km nm μm khz mhz ghz hz kw mw gw kwh kj mj ev kev mev gev kpa mpa pa kv mv ma mol mmol kmol rad "
    "rpm newton newtons joule joules watt watts volt volts ampere amperes amps ohm ohms kelvin celsius fahrenheit "
    "degree degrees meter meters metre metres kilometer kilometers kilometre kilometres centimeter centimeters "
    "centimetre centimetres millimeter millimeters millimetre millimetres gram grams kilogram kilograms litre litres "
    "liter liters second seconds radian radians mole moles coulomb coulombs tesla teslas pascal pascals"
)
_LETTERS = "m g s n j w v k c l h t"
"""Units of one letter, in lower case as words are compared: they need a space, for 1980s and 5G have none."""
_CHINESE, _PREFIXES = "米克秒牛焦瓦伏安欧度斤升帕赫", "千公厘毫微分"
_RELATIONS = "+−×÷^=<>≤≥≠≈±√∑∫"
"""Signs of arithmetic without those that also write dates, telephone numbers, scores and shares."""


def quantities(piece: Units, formulas: Sequence[tuple[int, int]] = ()) -> npt.NDArray[np.int64]:
    """Return how many quantities each document of the piece has, units in an overlap left out.

    ``formulas`` are their stretches of the piece's text, in order.
    """
    places = np.flatnonzero(piece.number[: piece.own])
    found = _measured(piece, places) | _beside_a_relation(piece, places) | _inside(piece, places, formulas)
    return np.diff(np.searchsorted(places[found], piece.bounds))


def _inside(piece: Units, places: npt.NDArray[np.int64], stretches: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Say which numbers lie in one of the stretches."""
    if not stretches:
        return np.zeros(len(places), bool)
    begin, end = np.array(stretches, np.int64).T
    last = np.searchsorted(begin, piece.begin[places], "right") - 1
    found: npt.NDArray[np.bool_] = (last >= 0) & (piece.begin[places] < end[np.maximum(last, 0)])
    return found


def _measured(piece: Units, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Say which numbers have a unit of measurement right behind them."""
    words, letters, chinese, prefixes = _known()
    last = len(piece.values) - 1
    following, second = np.minimum(places + 1, last), np.minimum(places + 2, last)
    gap = piece.begin[following] - piece.end[places]
    unit = np.isin(piece.values[following], words) | ((gap == 1) & np.isin(piece.values[following], letters))
    unit |= np.isin(piece.values[following], chinese)
    unit |= np.isin(piece.values[following], prefixes) & np.isin(piece.values[second], chinese)
    within: npt.NDArray[np.bool_] = unit & (following > places) & (gap <= 1) & _same_document(piece, places, following)
    return within


def _same_document(
    piece: Units, places: npt.NDArray[np.int64], following: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Say whether two units belong to one document; between documents lies a line feed alone."""
    same: npt.NDArray[np.bool_] = np.searchsorted(piece.bounds, places, "right") == np.searchsorted(
        piece.bounds, following, "right"
    )
    return same


def _beside_a_relation(piece: Units, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Say which numbers have a sign of arithmetic beside them, with a space between or without."""
    signs = piece.signs[np.isin(piece.sign_values, _relations())]
    if not len(signs):
        return np.zeros(len(places), bool)
    begin, end = piece.begin[places], piece.end[places]
    after = np.searchsorted(signs, begin)
    behind = signs[np.minimum(after, len(signs) - 1)] - end
    ahead = begin - signs[np.maximum(after - 1, 0)]
    found: npt.NDArray[np.bool_] = ((after < len(signs)) & (behind <= 1)) | ((after > 0) & (ahead <= 2))
    return found


@cache
def _known() -> tuple[Hashes, Hashes, Hashes, Hashes]:
    spaced = (" ".join(words) for words in (_CHINESE, _PREFIXES))
    words, letters, chinese, prefixes = (
        np.unique(np.concatenate([units.values for units in units_of([listed])]))
        for listed in (_UNITS, _LETTERS, *spaced)
    )
    return words, letters, chinese, prefixes


@cache
def _relations() -> Hashes:
    return tables().value[[ord(sign) for sign in _RELATIONS]]
