"""Support: every sentence of a restatement must be said, in other words, by a few sentences of the snippet.

What an entailment model would judge, judged by alignment: each sentence is laid beside the stretch of the snippet that
shares most of its content words; too few of them, another polarity, an opposite word or a number that the snippet has
elsewhere turn the document away. Only documents that restate are looked at: an exercise says more than its snippet.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from curricula.settings import Share
from pipeline.clean.units import CJK
from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.checks.grounded import content_words
from pipeline.synthesize.checks.numbers import numbers

_SENTENCE = re.compile(r"[^.!?。！？；;\n]*(?:\.(?=\d)[^.!?。！？；;\n]*)*[.!?。！？；;\n]?")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without|nothing|\w+n['’]t|lacks?|fails? to|unable|rarely|hardly)\b"
    r"|不(?!同|仅|但|断|少|久|过|管|论)|没有|并非|未(?!来|知)|无法|从未",
    re.IGNORECASE,
)
_OPPOSITES = (
    *(("increas", "decreas"), ("rises", "falls"), ("larger", "smaller"), ("higher", "lower"), ("more", "less")),
    *(("before", "after"), ("above", "below"), ("faster", "slower"), ("hotter", "colder"), ("positive", "negative")),
    *(("always", "never"), ("inside", "outside"), ("maximum", "minimum"), ("attract", "repel"), ("absorb", "emit")),
    *(("expand", "contract"), ("gain", "lose"), ("stronger", "weaker"), ("shorter", "longer"), ("early", "late")),
    *(("northern", "southern"), ("eastern", "western"), ("left", "right"), ("solid", "liquid"), ("warm", "cold")),
    *(("增大", "减小"), ("增加", "减少"), ("升高", "降低"), ("上升", "下降"), ("大于", "小于"), ("高于", "低于")),
    *(("之前", "之后"), ("最大", "最小"), ("吸引", "排斥"), ("吸收", "放出"), ("膨胀", "收缩"), ("快", "慢")),
)
_FEWEST, _STRETCH = 4, 2
"""Content words that a sentence must have to be judged, and sentences of the snippet it is laid beside."""


class _Beside(NamedTuple):
    """The stretch of a snippet that shares most with a sentence."""

    share: float
    text: str


class Supported(Check):
    """Judges sentence by sentence."""

    kind: Literal["supported"] = "supported"
    shared: Share = 0.34
    """Least share of a sentence's content words that the best stretch of the snippet has."""
    alike: Share = 0.6
    """Share from which on a sentence is held to be about the same thing, so that polarity is compared."""

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Check the sentences of the answer; words of the question are no claim."""
        if candidate.aim != "restatement":
            return None
        said = [found for sentence in _SENTENCE.findall(candidate.snippet) if (found := sentence.strip())]
        stretches = [" ".join(said[i : i + n]) for n in range(1, _STRETCH + 1) for i in range(len(said) - n + 1)]
        for sentence in _SENTENCE.findall(candidate.pair.solution):
            if why := self._fault(sentence.strip(), stretches, content_words(candidate.pair.question)):
                return why
        return None

    def _fault(self, sentence: str, stretches: list[str], asked: set[str]) -> Rejection | None:
        own = content_words(sentence)
        if len(own) < _FEWEST or not stretches:
            return None
        best = max((_Beside(_share(own, asked, text), text) for text in stretches), key=lambda each: each.share)
        if best.share < self.shared:
            return Rejection("unsupported", f"{best.share:.2f} of {sentence!r}", f"at least {self.shared} in one place")
        for number in numbers(sentence):
            near = (text for text in stretches if number in numbers(text))
            if len(number) > 1 and not any(_share(own, asked, text) >= self.shared for text in near):
                return Rejection(
                    "number_of_something_else", f"{number} in {sentence!r}", "the number of the same thing"
                )
        if best.share >= self.alike and (how := _contradiction(sentence, best.text)):
            return Rejection("contradicts_snippet", f"{how}: {sentence!r}", f"what the snippet says: {best.text!r}")
        return None


def _share(own: set[str], asked: set[str], text: str) -> float:
    """Return the share of a sentence's words that a text has; words that the question brought count half."""
    there = content_words(text)
    weights = {word: 0.5 if word in asked and word not in there else 1.0 for word in own}
    return sum(weights[word] for word in own & there) / sum(weights.values())


def _contradiction(sentence: str, text: str) -> str:
    """Return how a sentence says the opposite of a text that is about the same thing, or nothing."""
    if len(_NEGATION.findall(sentence)) % 2 != len(_NEGATION.findall(text)) % 2:
        return "other polarity"
    first, second = _folded(sentence), _folded(text)
    for pair in _OPPOSITES:
        for one, other in (pair, pair[::-1]):
            if _has(first, one) and not _has(first, other) and _has(second, other) and not _has(second, one):
                return f"{one} for {other}"
    return ""


def _folded(text: str) -> str:
    return text.casefold()


def _has(text: str, word: str) -> bool:
    return word in text if re.match(f"[{CJK}]", word) else bool(re.search(rf"\b{word}", text))
