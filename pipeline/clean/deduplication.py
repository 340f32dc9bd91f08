"""What a recipe says about documents that are copies of others."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from curricula.settings import Settings, Share

Criterion = Literal["length", "language_score"]
"""``length``: most words (characters where they are not spaced); ``language_score``: highest score of its language."""
Numbers = Literal["equal", "compare", "ignore"]
_NUMBERS: dict[str, Numbers] = {"mathematics": "equal", "qa": "equal", "code": "compare"}


class _Removing(Settings):
    """What removes copies."""

    prefer: tuple[Criterion, ...] = ("length", "language_score")
    """Which document of a cluster stays: the best by the first criterion, between equals by the next, at last the first
    by file and line. Copies that differ in white space alone have the same length."""
    across: tuple[str, ...] = ()
    """Sources between which copies are looked for too: what is in one goes from those that the recipe names later,
    whichever is the better. None: each source is looked at alone."""


class KeepCopies(Settings):
    """Texts are left alone; only ids are made unique."""

    kind: Literal["none"] = "none"

    @property
    def across(self) -> tuple[str, ...]:
        """Return no source: nothing is compared."""
        return ()


class Exact(_Removing):
    """Of documents with the same text up to white space one stays."""

    kind: Literal["exact"] = "exact"


class MinHash(_Removing):
    """Of documents that share most of their n-grams one stays, and of course of those with the same text.

    A document goes if one that is better, and stays, is like it: never because of a chain of likenesses.
    """

    kind: Literal["minhash"] = "minhash"
    ngram: int = Field(default=5, ge=1, le=32)
    """Units in a row that are compared: words, or characters of scripts without spaces. YuLan-GARDEN takes 5."""
    bands: int = Field(default=20, ge=1, le=1024)
    """Documents whose hashes are all the same in one band at least are looked at."""
    rows: int = Field(default=6, ge=1, le=64)
    """Hashes a band. With 20 x 6, of pairs with a similarity of 0.8 and 0.7, 99.8 and 92 in 100 are looked at."""
    similarity: Share = 0.7
    """Shared part of all n-grams of both (Jaccard) from which on two documents are copies, estimated by all
    bands x rows hashes: with 120 within 0.04. YuLan-GARDEN takes 0.7."""
    numbers: Numbers | None = None
    """``ignore``: pages that differ only in dates, counters or prices are copies, unless numbers are more than three
    tenths of a page, or the page calculates: it is full of quantities (numbers with a unit, beside a sign of arithmetic
    or in a formula, 3 and more in 100 words), as problems of physics are, judged as mathematics for its formulas, or a
    question with choices. Such pages are compared as in ``equal``. ``compare``: a number is a word
    like any other. ``equal``: what is more, copies have the same numbers and signs in the same order, so that two
    problems that differ in one number both stay. None: ``equal`` in the profiles mathematics and qa, ``compare`` in
    code, ``ignore`` in prose."""

    @property
    def num_hashes(self) -> int:
        """Return the length of a signature."""
        return self.bands * self.rows

    def numbers_of(self, profile: str) -> Numbers:
        """Return how numbers are treated in a source of this profile."""
        return self.numbers or _NUMBERS.get(profile, "ignore")


AnyDeduplication = Annotated[KeepCopies | Exact | MinHash, Field(discriminator="kind")]
"""What a recipe may write under ``clean.deduplicate``."""
