"""Names: turns away restatements that name what the snippet does not name, the surest sign of an invented fact.

Names are words that begin with a capital inside a sentence, abbreviations, and identifiers of code. An abbreviation may
be the first letters of words that follow one another in the snippet.
"""

from __future__ import annotations

import re
from typing import Literal

from pipeline.synthesize.checks.check import Candidate, Check, Rejection

_NAME = re.compile(r"(?<![\w$\\{^.])(?:[A-Z][\w'’]*[a-z]\w*|[A-Z]{2,}s?|[A-Za-z]\w*_\w+)(?![\w$}^])")
_BEGINS = re.compile(r"(?:\A|[.!?:;]|\n|[\"“‘(\[*#-])\s*\Z")
_WORD = re.compile(r"[A-Za-z0-9]+")
_SHORT = 3
_PRONOUNS = frozenset({"I", "I'm", "I've"})


class Names(Check):
    """Looks up every name of question and solution in the snippet."""

    kind: Literal["names"] = "names"

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check a restatement; an exercise may bring its own names."""
        if candidate.aim != "restatement" or candidate.language != "en":
            return None
        known = candidate.snippet.casefold()
        initials = "".join(word[0] for word in _WORD.findall(known))
        for part in (candidate.pair.question, candidate.pair.solution):
            for name in _names(part):
                stem = name.casefold().removesuffix("'s").removesuffix("’s").removesuffix("s")
                if not _stands_in(stem, known) and not (name.rstrip("s").isupper() and stem in initials):
                    return Rejection("untraceable_names", f"from nowhere: {name}", "the snippet's names alone")
        return None


def _stands_in(stem: str, known: str) -> bool:
    """Tell whether a text has a name; one of a few letters must be a word of its own, or any text would have it."""
    if len(stem) > _SHORT or not stem.isalpha():
        return stem in known
    return re.search(rf"(?<![^\W_]){re.escape(stem)}(?:'?s)?(?![^\W\d_])", known) is not None


def _names(text: str) -> list[str]:
    """Return the names; a capital where a sentence, quotation or item begins makes none."""
    found = []
    for match in _NAME.finditer(text):
        simple = match[0][1:].islower()
        if match[0] not in _PRONOUNS and not (simple and _BEGINS.search(text[: match.start()])):
            found.append(match[0])
    return found
