"""A judge: a second model that is asked whether answers are right, without being told what the checks think.

It is asked once an answer, about all of its pairs, and only where a check passed one; of the other answers it sees a
share, so that what is counted of its agreement with the checks is not about one side alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from curricula.settings import Share
from pipeline import seeds
from pipeline.artifact import sha256_of
from pipeline.clean.filter import Rejection
from pipeline.label.answers import Answer, Refusal
from pipeline.label.endpoint import Endpoint, Messages
from pipeline.label.taxonomy import Language
from pipeline.synthesize import prompt
from pipeline.synthesize.pair import Pair
from pipeline.synthesize.parsing import spoken
from pipeline.synthesize.spending import Cost, tokens_of

_WORDS = {"incorrect": False, "wrong": False, "不正确": False, "错误": False, "错": False}
_WORDS |= {"correct": True, "right": True, "正确": True, "对": True}
_WORD = f"(?:{'|'.join(_WORDS)})(?![a-z])"
_LINE = re.compile(rf"^\W*(?:pair|question|answer|题)?\W*(\d+)\W+({_WORD})", re.IGNORECASE | re.MULTILINE)
_ALONE = re.compile(rf"\A\W*({_WORD})", re.IGNORECASE)
_SHOWN = 200

Verdict = bool | None
"""Right, wrong, or nothing that could be understood."""


class Judge(Endpoint):
    """Where the second model is asked; it chooses its likeliest words. Its tokens count in the order's budget."""

    of_rejected: Share = 0.1
    """Share of the answers of which no pair passed the checks that it judges too. They stay rejected."""
    turns_away: bool = True
    """Whether pairs that it calls wrong are rejected, or only counted."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model, what it is asked and what follows from it."""
        own = self.model_dump(mode="json", include={"of_rejected", "turns_away"})
        wording = {language: sha256_of(_path(language))[:16] for language in prompt.LANGUAGES}
        return {**super().identity, **own, "wording": wording}

    def is_asked(self, key: str, passed: Sequence[bool]) -> bool:
        """Tell whether an answer is judged, by the key of its request and which of its pairs passed the checks."""
        return any(passed) or (len(passed) > 0 and seeds.generator(0, "judge", key).random() < self.of_rejected)

    def messages(self, snippet: str, language: Language, pairs: Sequence[Pair]) -> Messages:
        """Return what is said to it; no text can reach into the template."""
        before, _, rest = _template(language).partition("{snippet}")
        between, _, after = rest.partition("{pairs}")
        listed = "\n\n".join(f"{n}. {pair.question}\n{pair.solution}" for n, pair in enumerate(pairs, start=1))
        said = f"{before}{snippet}{between}{listed}{after}".encode("utf-8", "replace").decode("utf-8")
        return ({"role": "user", "content": said},)

    def most_cost(self, snippet: str, longest_answer: int) -> Cost:
        """Return the tokens that judging an answer of so many costs at most, estimated."""
        prompts = [tokens_of(self.messages(snippet, language, ())) for language in prompt.LANGUAGES]
        return Cost(max(prompts) + longest_answer, self.answer_tokens)

    def fault(self, verdict: Verdict, said: str) -> Rejection | None:
        """Return why a pair with this verdict goes."""
        if verdict is False and self.turns_away:
            return Rejection("judged_wrong", repr(said[:_SHOWN]), f"right, as {self.model} judges")
        return None


def verdicts(found: Answer | Refusal, pairs: int) -> list[Verdict]:
    """Return what the judge says of each pair; the first verdict of a number counts."""
    text = spoken(found.text) if isinstance(found, Answer) and not found.is_endless else ""
    said: dict[int, bool] = {}
    for number, word in _LINE.findall(text):
        if len(number) < len(str(pairs)) + 1:
            said.setdefault(int(number), _WORDS[word.casefold()])
    if pairs == 1 and not said and (alone := _ALONE.match(text)):
        said[1] = _WORDS[alone[1].casefold()]
    return [said.get(number) for number in range(1, pairs + 1)]


@cache
def _template(language: Language) -> str:
    return _path(language).read_text(encoding="utf-8")


def _path(language: Language) -> Path:
    return prompt.FOLDER / f"judge-{language}.txt"
