"""Scripts: in which writing a text is, by its letters' code points, as ISO 15924 codes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.label.code_points import POINTS, Texts, of_each

LONGEST = 5_000
"""Characters of a text that are looked at, as many as language identification looks at."""
JAPANESE_SHARE = 0.05
"""Kana among kana and Chinese characters from which on a text is Japanese; own."""
_RANGES = {
    # Letters of the blocks of Unicode 15 that belong to one script.
    "Latn": ((0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2B8),
             (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA722, 0xA7FF), (0xAB30, 0xAB64), (0xFF21, 0xFF3A),
             (0xFF41, 0xFF5A)),
    "Grek": ((0x370, 0x3E1), (0x3F0, 0x3FF), (0x1F00, 0x1FFF)),
    "Cyrl": ((0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)),
    "Armn": ((0x531, 0x58A), (0xFB13, 0xFB17)),
    "Hebr": ((0x5D0, 0x5F2), (0xFB1D, 0xFB4F)),
    "Arab": ((0x620, 0x64A), (0x66E, 0x6D5), (0x6EE, 0x6EF), (0x6FA, 0x6FF), (0x750, 0x77F), (0x870, 0x8C9),
             (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
    "Syrc": ((0x710, 0x74F),),
    "Thaa": ((0x780, 0x7B1),),
    "Nkoo": ((0x7CA, 0x7FA),),
    "Deva": ((0x900, 0x963), (0x971, 0x97F), (0xA8E0, 0xA8FF)),
    "Beng": ((0x980, 0x9E3), (0x9F0, 0x9FE)),
    "Guru": ((0xA01, 0xA5E), (0xA70, 0xA76)),
    "Gujr": ((0xA81, 0xAE3), (0xAF9, 0xAFF)),
    "Orya": ((0xB01, 0xB63), (0xB70, 0xB77)),
    "Taml": ((0xB82, 0xBD7),),
    "Telu": ((0xC00, 0xC63),),
    "Knda": ((0xC80, 0xCE3), (0xCF1, 0xCF3)),
    "Mlym": ((0xD00, 0xD63), (0xD7A, 0xD7F)),
    "Sinh": ((0xD81, 0xDDF),),
    "Thai": ((0xE01, 0xE3A), (0xE40, 0xE4E)),
    "Laoo": ((0xE81, 0xECD), (0xEDC, 0xEDF)),
    "Tibt": ((0xF00, 0xF00), (0xF40, 0xFBC)),
    "Mymr": ((0x1000, 0x103F), (0x1050, 0x108F), (0xA9E0, 0xA9FE), (0xAA60, 0xAA7F)),
    "Geor": ((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2D)),
    "Hang": ((0x1100, 0x11FF), (0x3131, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7FB)),
    "Ethi": ((0x1200, 0x137C), (0x1380, 0x139F), (0x2D80, 0x2DDE), (0xAB01, 0xAB2E)),
    "Cher": ((0x13A0, 0x13FD), (0xAB70, 0xABBF)),
    "Cans": ((0x1401, 0x167F), (0x18B0, 0x18F5)),
    "Khmr": ((0x1780, 0x17D3),),
    "Mong": ((0x1820, 0x18AA),),
    "Olck": ((0x1C5A, 0x1C7D),),
    "Tfng": ((0x2D30, 0x2D7F),),
    "Yiii": ((0xA000, 0xA4C6),),
    "Kana": ((0x3041, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D)),
    "Bopo": ((0x3105, 0x312F), (0x31A0, 0x31BF)),
    "Hani": ((0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3134F)),
}  # fmt: skip
NAMES = ("", *_RANGES)
_KANA, _HANI, _JAPANESE = NAMES.index("Kana"), NAMES.index("Hani"), "Jpan"


@cache
def _scripts() -> npt.NDArray[np.uint8]:
    """Return for every code point the place of its script in `NAMES`; 0 for what is no letter."""
    made = np.zeros(POINTS, np.uint8)
    for number, ranges in enumerate(_RANGES.values(), start=1):
        for first, last in ranges:
            made[first : last + 1] = number
    return made


def _counts(texts: Texts) -> npt.NDArray[np.int64]:
    """Return how many letters each text has of each script [texts, scripts]; the column of no letters is 0."""
    found = of_each(_scripts(), texts)
    counts = np.zeros((len(texts.starts) - 1, len(NAMES)), dtype=np.int64)
    for script in np.flatnonzero(np.bincount(found, minlength=1)):
        if script:
            counts[:, script] = texts.count(np.flatnonzero(found == script))
    return counts


def scripts_of(texts: Sequence[str]) -> list[str]:
    """Return the script that most letters of each text are of; empty for a text without letters."""
    if not texts:
        return []
    chunk = Texts.of([text[:LONGEST] for text in texts])
    counts = _counts(chunk)
    kana = counts[:, _KANA]
    together = kana + counts[:, _HANI]
    is_japanese = (kana > 0) & (kana >= JAPANESE_SHARE * together) & (together >= counts.max(1))
    commonest = np.where(counts.any(1), counts.argmax(1), 0)
    return [_JAPANESE if japanese else NAMES[place] for japanese, place in zip(is_japanese, commonest, strict=True)]
