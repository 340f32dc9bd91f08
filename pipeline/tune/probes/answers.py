"""Answers: how well the model foresees the right answer, in bits per byte, and so for any tokenizer.

Small models guess at multiple choice, but the probability that they give the right answer's text already tells their
data apart (arXiv 2412.04403, section 3, and the proxies of Olmix).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, Self

import numpy as np
from pydantic import Field

from mixtures.base import Groups, expand
from pipeline.errors import UserError
from pipeline.stream.slice_table import load_slices
from pipeline.stream.source_tokens import SourceTokens
from pipeline.tune.probes.probe import Examined, Probe


class Answers(Probe):
    """Bits per byte of the gold answers in held-out documents, each given as much of its question as fits before it."""

    kind: Literal["answers"] = "answers"
    sources: tuple[str, ...] = Field(min_length=1)
    """Sources, or groups of them, of questions with answers."""
    after: str = Field(default="\n", min_length=1)
    """The first place with this text ends the question; a line break, as in documents of pairs."""
    documents: int = Field(default=200, ge=1)
    """At most so many of each source."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The sources."""
        return self.sources

    def of_sources(self, groups: Groups) -> Self:
        """Return the probe of the sources in the groups."""
        return self.model_copy(update={"sources": tuple(expand(dict.fromkeys(self.sources, 1.0), groups))})

    def examine(self, examined: Examined) -> float:
        """Return the bits of all answers over their bytes in UTF-8."""
        import torch

        nats, size = 0.0, 0
        for text in self._texts(examined):
            question, separator, answer = text.partition(self.after)
            encoded = examined.tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
            begin = len(question) + len(separator)
            asked = sum(end > begin for _, end in encoded["offset_mapping"])
            if not answer.strip() or not question.strip() or asked >= examined.sequence_length:
                continue
            found = examined.nats(torch.tensor([encoded["input_ids"][-examined.sequence_length :]]))[0]
            nats += float(found[-asked:].double().sum())
            size += len(answer.encode())
        if not size:
            raise UserError(
                f"metrics: answers: no held-out document of {', '.join(self.sources)} has a question, then "
                f"{self.after!r}, then an answer of less than {examined.sequence_length} tokens"
            )
        return nats / math.log(2) / size

    def _texts(self, examined: Examined) -> Iterator[str]:
        slices = load_slices(examined.root / "stream" / examined.run)
        for source in self.sources:
            tokens = SourceTokens(examined.root / "tokens" / source, "validation")
            mine = (piece.held_out for name, piece in sorted(slices.items()) if piece.source == source)
            rows = [(int(row["start"]), int(row["tokens"])) for held_out in mine for row in held_out]
            for start, length in rows[: self.documents]:
                ids = tokens.take(np.array([start]), np.array([length]))
                yield examined.tokenizer.decode(ids.tolist(), skip_special_tokens=True)
