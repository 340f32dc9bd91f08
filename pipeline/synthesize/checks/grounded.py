"""Grounding: turns away what has nothing to do with the snippet, by the words that both have.

Words are compared by their first letters, so that inflection does not matter; little words do not count. Chinese is
compared by pairs of characters. This tells another subject from the same one, not a wrong statement from a right one.
"""

from __future__ import annotations

import re
from typing import Literal

from curricula.settings import Share
from pipeline.clean.units import CJK
from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.families.family import Aim

_LATIN = re.compile(r"[a-z]{4,}")
_CHINESE = re.compile(f"[{CJK}]+")
_STEM = 5
_COMMON_WORDS = (
    "about after also answer because been before being between both calculate could does each exactly explain "
    "express find first follow following formula from given gives hence have here into known means more most must "
    "need other over question result same second should since solution solve some step such than that their them "
    "then there therefore these they this those thus total under using value very were what when where which while "
    "will with would your problem substitute equation determine"
)
_COMMON = frozenset(word[:_STEM] for word in _COMMON_WORDS.split())


class Grounded(Check):
    """Checks the share of different content words that the snippet has too."""

    kind: Literal["grounded"] = "grounded"
    shared: dict[Aim, Share] = {"exercise": 0.12, "restatement": 0.4}
    """Aim -> least share of the content words of question and solution that the snippet has."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Compare question and solution together."""
        share, least = shared_words(candidate.pair.text, candidate.snippet), self.shared.get(candidate.aim, 0.0)
        if share < least:
            return Rejection("not_grounded", f"{share:.2f} of its words are the snippet's", f"at least {least}")
        return None


def shared_words(text: str, snippet: str) -> float:
    """Return the share of the different content words of a text that a snippet has; 0 for a text without any."""
    own = content_words(text)
    return len(own & content_words(snippet)) / len(own) if own else 0.0


def content_words(text: str) -> set[str]:
    """Return the stems of a text's words without the commonest, and the pairs of its Chinese characters."""
    latin = {word[:_STEM] for word in _LATIN.findall(text.casefold())} - _COMMON
    return latin | {run[i : i + 2] for run in _CHINESE.findall(text) for i in range(len(run) - 1)}
