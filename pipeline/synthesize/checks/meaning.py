"""Meaning: turns away what is about something else than its snippet, by the angle between the vectors of both.

Words may differ where an encoder has learned what they mean, so this sees a restatement in other words, and a Chinese
question about an English page. It tells another subject from the same one, not a wrong statement from a right one. By
default no order has it: the encoder is a package of its own and takes some milliseconds a text.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.errors import UserError
from pipeline.label.embeddings.embedding import Embed
from pipeline.label.embeddings.hashed import Hashed
from pipeline.label.embeddings.sentence_encoder import SentenceEncoder
from pipeline.synthesize.checks.check import Candidate, Check, Rejection
from pipeline.synthesize.families.family import Aim

AnyEncoder = Annotated[SentenceEncoder | Hashed, Field(discriminator="kind")]


class Meaning(Check):
    """Compares question and solution together with the snippet."""

    kind: Literal["meaning"] = "meaning"
    embedding: AnyEncoder = SentenceEncoder(characters=1200)
    """What makes the vectors: ``sentence_encoder`` (English, Chinese ...), or ``hashed``, words without meaning."""
    alike: dict[Aim, Annotated[float, Field(ge=-1, le=1)]] = {"exercise": 0.15, "restatement": 0.25}
    """Aim -> least cosine. Of 164 answers read by hand, restatements nearly all, 0.25 turned none of the 11 good ones
    away, 31 in 100 of the bad ones, and 75 in 100 of answers held against another's snippet."""

    def unable(self) -> str | None:
        """Return whether the encoder's package is there."""
        try:
            self.embedding.files(Path(), None)
        except UserError as error:
            return str(error)
        return None

    def reject(self, candidate: Candidate) -> Rejection | None:
        """Compare where something is expected of the aim; programs have words of their own."""
        least = self.alike.get(candidate.aim)
        if least is None:
            return None
        own, snippet = _loaded(self.embedding)([candidate.pair.text, candidate.snippet])
        cosine = float(own @ snippet)
        if cosine < least:
            return Rejection("other_meaning", f"a cosine of {cosine:.2f} with the snippet", f"at least {least}")
        return None


@lru_cache(2)
def _loaded(embedding: AnyEncoder) -> Embed:
    return embedding.load(Path())
