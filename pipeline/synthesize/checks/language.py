"""Language: turns away what was not written in the language it was asked for in.

Formulas do not count. Chinese is told by its characters; English by the little words that no English prose does
without, which other languages in Latin letters do not have. Beside a formula, fewer than four words are no prose:
"Solve $x^2 = 2$."
"""

from __future__ import annotations

import re
from typing import Literal

from curricula.settings import Share
from pipeline.synthesize.amounts import chinese_share
from pipeline.synthesize.checks.check import Candidate, Check, Rejection

_FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$|\\\(.*?\\\)|\\\[.*?\\\]|```.*?```", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+")
_FEWEST = 4
_LITTLE_WORDS = (
    "the of and to is in that it for are with as by we this be which what from at an on have has can how if then "
    "its their not than when where each between"
)
_LITTLE = frozenset(_LITTLE_WORDS.split())


class Language(Check):
    """Checks question and solution, each for itself."""

    kind: Literal["language"] = "language"
    chinese: Share = 0.3
    """Least share of Chinese characters among the letters of what is asked for in Chinese."""
    foreign: Share = 0.05
    """Greatest share of Chinese characters in what is asked for in English."""
    little_words: Share = 0.12
    """Least share of articles, prepositions and the like among the words of what is asked for in English."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check the question, then the solution."""
        parts = {"question": candidate.pair.question, "solution": candidate.pair.solution}
        for name, text in parts.items():
            prose = _FORMULA.sub(" ", text)
            if candidate.aim in ("code", "induction") and len(_WORD.findall(prose)) < _FEWEST:
                continue  # all of it is code
            found = self._chinese(prose) if candidate.language == "zh" else self._english(prose, beside=prose != text)
            if found is not None:
                return Rejection("other_language", f"{name}: {found[0]}", found[1])
        return None

    def _chinese(self, prose: str) -> tuple[str, str] | None:
        share = chinese_share(prose)
        return None if share >= self.chinese else (f"{share:.2f} of letters Chinese", f"at least {self.chinese}")

    def _english(self, prose: str, *, beside: bool) -> tuple[str, str] | None:
        """Return what is wrong with prose; ``beside``: it stands beside formulas."""
        if (share := chinese_share(prose)) > self.foreign:
            return f"{share:.2f} of letters Chinese", f"at most {self.foreign}"
        words = [word.casefold() for word in _WORD.findall(prose)]
        if beside and len(words) < _FEWEST:
            return None
        share = sum(word in _LITTLE for word in words) / len(words) if words else 0.0
        enough = share >= self.little_words
        return None if enough else (f"{share:.2f} of words are little English ones", f"at least {self.little_words}")
