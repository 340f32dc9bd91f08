"""What the real model of `real_model.py` was asked for, and what the checks of today say of every kept answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.clean.deduplication import MinHash
from pipeline.clean.filter import Rejection
from pipeline.label.answers import Answers, Kept, key_of
from pipeline.synthesize import prompt
from pipeline.synthesize.candidate import Family
from pipeline.synthesize.check_list import ALL
from pipeline.synthesize.examining import Asked, Rules, examine
from pipeline.synthesize.near_duplicates import Accepted
from pipeline.synthesize.order import Order
from pipeline.synthesize.snippets import fault

MODEL, SLOTS = "SmolLM2-135M-Instruct-Q8_0", 16
SNIPPETS = {"shortest": 60, "longest": 140, "sentences": 3}
SAMPLING = {"temperature": 0.4, "top_p": 0.9}
FIRST, AGAIN = 1, (2, 3, 4, 5, 6, 7)
"""Seeds of the model's words: of the first asking, and of asking again about the snippets of what was accepted."""
RULES = Rules(ALL, MinHash())
_UNREPLACED = "{discipline}"


@dataclass(frozen=True)
class Part:
    """One artifact."""

    name: str
    prompts: tuple[Family, ...]
    requests: int
    answer_tokens: int
    seed: int
    per_document: int = 1

    def order(self, url: str, drawn: int = FIRST) -> Order:
        """Return what is ordered of the server at an address; ``drawn`` is the seed of the model's words."""
        generator = {
            "url": url,
            "model": MODEL,
            "concurrency": SLOTS,
            "timeout": 600,
            "answer_tokens": self.answer_tokens,
            "sampling": {**SAMPLING, "seed": drawn},
        }
        return Order.model_validate(
            {
                "seed": self.seed,
                "corpus": "science",
                "quotas": {"science": "1B"},
                "snippets": {**SNIPPETS, "per_document": self.per_document},
                "prompts": self.prompts,
                "generator": generator,
                "budget": {"requests": self.requests},
            }
        )


SHORT = Part("real-short", ("short_answer",), requests=3300, answer_tokens=96, seed=0, per_document=8)
PARTS = (SHORT, Part("real-long", ("problem", "facts"), requests=200, answer_tokens=200, seed=1))
FAMILIES = tuple(family for part in PARTS for family in part.prompts)


@dataclass(frozen=True)
class Judged:
    """A pair, or an answer without one, with what the checks say."""

    id: str
    family: str
    reason: str
    """"" where it is accepted."""
    found: str
    question: str
    solution: str
    snippet: str
    again: bool
    """Whether it was asked for because an answer about its snippet had been accepted."""


def judged(root: Path) -> Iterator[Judged]:
    """Yield what the checks of today say of every kept answer, in the order in which answers came."""
    accepted: dict[str, Accepted] = {}
    for row in Answers(root).all():
        family, snippet = of_request(row)
        own, again = key_of(row.request)[:16], row.request["seed"] in AGAIN
        found = examine(RULES, Asked(snippet, "en", family), row.answer.text)
        if isinstance(found, Rejection):
            yield Judged(own, family, found.reason, found.found, row.answer.text, "", snippet, again)
            continue
        copies = accepted.setdefault(family, Accepted(RULES.copies))
        for number, (pair, said) in enumerate(found, start=1):
            id = own if len(found) == 1 else f"{own}-{number}"
            why = said if isinstance(said, Rejection) else copies.reject(id, said)
            reason, detail = (why.reason, why.found) if why else ("", "")
            yield Judged(id, family, reason, detail, pair.question, pair.solution, snippet, again)


def of_request(row: Kept) -> tuple[Family, str]:
    """Return the prompt's family and the snippet."""
    said = _asked_for(row).replace(_UNREPLACED, "science")
    for family in FAMILIES:
        (message,) = prompt.messages(family, "en", "science", "\0")
        before, _, after = message["content"].partition("\0")
        if said.startswith(before) and said.endswith(after):
            return family, said.removeprefix(before).removesuffix(after)
    raise ValueError(f"the wording of the prompts has changed since {key_of(row.request)[:16]} was asked")


def outdated(row: Kept) -> str:
    """Return why this would not be asked today, or nothing."""
    if _UNREPLACED in _asked_for(row):
        return "names_no_discipline"  # an old fault: behind the snippet its place was not filled
    return fault(of_request(row)[1], SHORT.order("http://127.0.0.1/v1").snippets) or ""


def _asked_for(row: Kept) -> str:
    return str(row.request["messages"][0]["content"])
