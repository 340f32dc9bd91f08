"""A request for a question: one seed with one prompt, what it costs at most, and the lineage of what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import seeds
from pipeline.artifact import canonical
from pipeline.label.answers import key_of
from pipeline.label.endpoint import Messages
from pipeline.synthesize import prompt
from pipeline.synthesize.amounts import estimated_tokens
from pipeline.synthesize.candidate import Family
from pipeline.synthesize.choosing import Seed
from pipeline.synthesize.order import Order


@dataclass(frozen=True)
class Request:
    """What is asked about one seed."""

    order: Order
    seed: Seed

    @property
    def family(self) -> Family:
        """The prompt whose turn it is, by a hash of document and place."""
        turn = seeds.key(self.order.seed, "prompt", self.seed.document, self.seed.span.begin)
        return self.order.prompts[turn % len(self.order.prompts)]

    @property
    def messages(self) -> Messages:
        """What is said to the model."""
        return prompt.messages(self.family, self.seed.language, self.seed.discipline, self.seed.text)

    @property
    def key(self) -> str:
        """The hash under which its answer is kept."""
        return key_of(self.order.generator.request(self.messages))

    @property
    def prompt_tokens(self) -> int:
        """Tokens of the prompt, estimated."""
        return sum(estimated_tokens(message["content"]) for message in self.messages)

    @property
    def most_tokens(self) -> int:
        """Tokens of the prompt and of the longest answer."""
        return self.prompt_tokens + self.order.generator.answer_tokens

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
