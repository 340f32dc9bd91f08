"""Calculating pages: those whose numbers count where numbers are ignored when pages are compared.

Another mass or another angle is another problem, while another date, price or counter is the same page. A page is known
by its form alone, so no list of subjects or of ways to ask is needed: it is full of quantities, it has so many formulas
that it is judged as mathematics, or it is a question with choices. The prose of the measurement of cleaning (its
encyclopedia, news, speeches, mail, and Brown corpus: 6,869 pages) holds no question with choices.
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.clean.page import formulas
from pipeline.clean.quantities import quantities
from pipeline.clean.unit_hashes import Units

SHARE = 0.03
"""Least share of quantities among a page's units: of the demo's worked problems with figures 90 in 100 have it, of its
encyclopedia and news 1 and less, of its speeches and novels none."""
FEWEST = 2
"""Least number of quantities: one is an accident of a short text."""
_CHOICES = re.compile(
    r"^[ \t]*(\(?)A([).．、])[ \t]*\S[^\n]{0,300}?\s{1,20}\1B\2[ \t]*\S[^\n]{0,300}?\s{1,20}\1C\2[ \t]*\S", re.MULTILINE
)
"""Choices of an answer, of which the first begins a line: statutes and outlines that go on in a line are none."""
_FIRST = ("A)", "A.", "A．", "A、")


def calculates(piece: Units, formula_share: float | None) -> npt.NDArray[np.bool_]:
    """Say for each document whether its numbers count.

    ``formula_share`` is the share of its characters in formulas of LaTeX from which on it is judged as mathematics;
    None where no page is.
    """
    stretches, judged = [], np.zeros(len(piece.bounds) - 1, bool)
    for row, (begin, end) in enumerate(pairwise(piece.starts.tolist())):
        text, latex = piece.text[begin : end - 1], 0
        for first, last, has_command in formulas(text):
            stretches.append((begin + first, begin + last))
            latex += (last - first) * has_command
        judged[row] = (formula_share is not None and latex > 0 and latex >= formula_share * len(text)) or _asks(text)
    count = quantities(piece, stretches)
    result: npt.NDArray[np.bool_] = judged | (count >= FEWEST) & (count >= SHARE * np.diff(piece.bounds))
    return result


def _asks(text: str) -> bool:
    """Say whether the text is a question with choices."""
    return any(first in text for first in _FIRST) and _CHOICES.search(text) is not None
