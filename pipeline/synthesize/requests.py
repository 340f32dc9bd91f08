"""A request for a question: one seed with one prompt, what it costs at most, and the lineage of what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline import seeds
from pipeline.artifact import canonical
from pipeline.label.answers import Answer, Refusal, key_of
from pipeline.label.endpoint import Messages
from pipeline.synthesize import prompt
from pipeline.synthesize.candidate import Family
from pipeline.synthesize.order import Order
from pipeline.synthesize.seed import Seed
from pipeline.synthesize.seeds.settings import Asked
from pipeline.synthesize.spending import Cost, spent, tokens_of


@dataclass(frozen=True)
class Request:
    """What is asked about one seed."""

    order: Order
    seed: Seed

    @cached_property
    def family(self) -> Family:
        """The prompt of the level that is asked for, or the one whose turn it is, by a hash of document and place."""
        if isinstance(self.order.difficulty, Asked):
            return next(name for name in self.order.prompts if name == self.seed.level)
        turn = seeds.key(self.order.seed, "prompt", self.seed.document, self.seed.span.begin)
        return self.order.prompts[turn % len(self.order.prompts)]

    @cached_property
    def messages(self) -> Messages:
        """What is said to the model."""
        return prompt.messages(self.family, self.seed.language, self.seed.discipline, self.seed.text)

    @cached_property
    def body(self) -> Mapping[str, Any]:
        """What the answer is kept under."""
        return self.order.generator.request(self.messages)

    @cached_property
    def key(self) -> str:
        """The hash under which its answer is kept."""
        return key_of(self.body)

    @cached_property
    def prompt_tokens(self) -> int:
        """Tokens of what is said to the model, estimated."""
        return tokens_of(self.messages)

    @cached_property
    def most_cost(self) -> Cost:
        """Tokens of the prompt, estimated, and of the longest answer; those of the judge too."""
        longest = self.order.generator.answer_tokens
        judged = self.order.judge.most_cost(self.seed.text, longest) if self.order.judge else Cost(0, 0)
        return Cost(self.prompt_tokens, longest) + judged

    def spent(self, found: Answer | Refusal) -> Cost:
        """Return the tokens that it did cost, without the judge's."""
        return spent(found, Cost(self.prompt_tokens, self.order.generator.answer_tokens))

    def lineage(self) -> Mapping[str, Any]:
        """Return the columns that say where a document comes from."""
        generator, seed = self.order.generator, self.seed
        return {
            "document": seed.document,
            "snippet_begin": seed.span.begin,
            "snippet_end": seed.span.end,
            "prompt": prompt.name_of(self.family, seed.language),
            "prompt_hash": prompt.version(self.family, seed.language),
            "model": generator.model,
            "sampling": canonical(generator.sampling.model_dump(mode="json")),
            "request": self.key,
        }
