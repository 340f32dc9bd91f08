"""Definitions: questions about the terms of a glossary that the user names, answered in the glossary's own words.

Every entry is asked about once. Where a definition gives its term away, or two terms share it, only the question for
the definition is asked; choices are other terms of the same topic, so that they are not right by accident.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from synth.glossary import Entry, read_glossary
from synth.problem import Draw
from synth.synthesizer import Synthesized, Synthesizer

NUM_CHOICES = 4


class Definitions(Synthesizer):
    """One question an entry: what a term means, which term is meant, or which of four."""

    kind: Literal["definitions"] = "definitions"
    file: str
    """The glossary: lines of term, tab, definition (and tab, topic), or the ``.index`` of a dictd dictionary."""
    language: Literal["en", "zh"] = "en"
    """Language of the glossary, and of the questions."""
    least_characters: int = Field(default=20, gt=0)
    """Shorter definitions are left out; 20 suits English, 8 Chinese."""

    @property
    def files(self) -> tuple[str, ...]:
        """The glossary; a dictionary's text stands beside its index."""
        return (self.file,)

    def at(self, folder: Path) -> Self:
        """Return the same for the glossary below a folder."""
        return self.model_copy(update={"file": str(folder / self.file)})

    def documents(self, seed: int) -> Iterator[Synthesized]:
        """Yield one document an entry in random order; raise GlossaryError where the file is no glossary."""
        entries = [e for e in read_glossary(Path(self.file)) if len(e.definition) >= self.least_characters]
        entries = list(dict.fromkeys(entries))
        topics: Mapping[str, list[Entry]] = _by_topic(entries)
        terms: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            terms[entry.definition].add(entry.term.casefold())
        asked: set[str] = set()
        for index in Draw.named(seed, "Definitions").several(range(len(entries)), len(entries)):
            entry, draw = entries[index], Draw.named(seed, "Definitions", index)
            form, question, answer = self._asked(draw, entry, topics[entry.topic], terms)
            if question not in asked:
                asked.add(question)
                yield Synthesized(question, answer, f"{self.kind}/{form}/{self.language}", index, entry.line)

    def _asked(
        self, draw: Draw, entry: Entry, siblings: Sequence[Entry], terms: Mapping[str, set[str]]
    ) -> tuple[str, str, str]:
        form = draw.one_of(("explain", "name", "choose"))
        others = wrong_choices(draw, entry, siblings)
        hidden = not gives_away(entry) and len(terms[entry.definition]) == 1
        if form == "explain" or not hidden or (form == "choose" and len(others) < NUM_CHOICES - 1):
            return "explain", *_explain(draw, entry, self.language)
        if form == "name":
            return "name", *_name(draw, entry, self.language)
        return "choose", *_choose(draw, entry, others, self.language)


def _by_topic(entries: Sequence[Entry]) -> Mapping[str, list[Entry]]:
    topics: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        topics[entry.topic].append(entry)
    return topics


def gives_away(entry: Entry) -> bool:
    """Whether the definition holds the term, in whole or, of several words, its longest one."""
    longest = max(re.findall(r"\w+", entry.term) or [entry.term], key=len)
    return longest.casefold() in entry.definition.casefold()


def wrong_choices(draw: Draw, entry: Entry, siblings: Sequence[Entry]) -> list[str]:
    """Return up to three terms of the topic that do not have this definition and do not occur in it."""
    own, definition = entry.term.casefold(), entry.definition.casefold()
    found: dict[str, str] = {}
    for other in (draw.one_of(siblings) for _ in range(6 * NUM_CHOICES)):
        name = other.term.casefold()
        if name != own and other.definition != entry.definition and name not in definition:
            found.setdefault(name, other.term)
        if len(found) == NUM_CHOICES - 1:
            break
    return list(found.values())


def _topic(entry: Entry, language: str) -> str:
    if not entry.topic:
        return ""
    return f" ({entry.topic})" if language == "en" else f"（{entry.topic}）"


def _explain(draw: Draw, entry: Entry, language: str) -> tuple[str, str]:
    topic = _topic(entry, language)
    question = draw.one_of(
        {
            "en": (
                f'What does the term "{entry.term}"{topic} mean?',
                f'Define "{entry.term}"{topic}.',
                f'Explain the term "{entry.term}"{topic} in a few sentences.',
            ),
            "zh": (
                f"“{entry.term}”{topic}是什么意思？",
                f"请解释“{entry.term}”{topic}。",
                f"什么是“{entry.term}”{topic}？",
            ),
        }[language]
    )
    return question, f"{entry.term}: {entry.definition}" if language == "en" else f"{entry.term}：{entry.definition}"


def _name(draw: Draw, entry: Entry, language: str) -> tuple[str, str]:
    topic = _topic(entry, language)
    question = draw.one_of(
        {
            "en": (
                f"Which term{topic} has this definition? {entry.definition}",
                f"Name what is described here{topic}: {entry.definition}",
            ),
            "zh": (
                f"下面的定义{topic}说的是哪个术语？{entry.definition}",
                f"请说出这里描述的概念{topic}：{entry.definition}",
            ),
        }[language]
    )
    answer = {"en": f'The description fits the term "{entry.term}".', "zh": f"这说的是“{entry.term}”。"}[language]
    return question, answer


def _choose(draw: Draw, entry: Entry, others: Sequence[str], language: str) -> tuple[str, str]:
    options = draw.several([entry.term, *others], NUM_CHOICES)
    letters = "ABCD"
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip(letters, options, strict=True))
    right = letters[options.index(entry.term)]
    ask = {"en": "Which of these terms is defined as follows?", "zh": "下面的定义对应哪个术语？"}[language]
    answer = {
        "en": f"The answer is {right}, {entry.term}: {entry.definition}",
        "zh": f"答案是 {right}，{entry.term}：{entry.definition}",
    }[language]
    return f"{ask} {entry.definition}\n{listed}", answer
