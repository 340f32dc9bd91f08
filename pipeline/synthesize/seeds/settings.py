"""How pages are found for disciplines beyond those that labels name, and what decides which of them come first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from curricula.settings import Settings, Share
from pipeline.label.classifier import FastText


class Hosts(Settings):
    """Hosts whose pages are taken for a discipline, learned from the corpus or read from a list.

    A host is listed for the discipline that most of its pages are labelled with, where they are ``rate`` of its pages
    or more. The rule is ours; Llama-3-SynE (arXiv 2407.18743) chose its hosts by hand.
    """

    rate: Share = 0.6
    """Least share of a host's pages that must be of the discipline."""
    pages: int = Field(default=50, ge=1)
    """Fewest pages of the host."""
    file: str | None = None
    """A list to use in place of a learned one, such as an earlier artifact's ``hosts.yaml`` after editing. Paths start
    at the current folder."""
    only: bool = False
    """Leave out the labelled pages of all other hosts, as the paper does."""


class Recall(Settings):
    """A fastText classifier, trained on the pages found so far against a sample of the rest, that finds more."""

    precision: Share = 0.9
    """Least precision, as estimated: a page is taken where its probability is one above which this share of the pages
    taken is thought to be of the discipline. How many pages of the rest are a discipline's is estimated from the purest
    top of the ranking, so where no top is pure, precision is less than asked."""
    examples: int = Field(default=5000, ge=20)
    """Most pages of a discipline to learn from, and of the rest."""
    folds: int = Field(default=5, ge=2)
    """Each page is judged by a classifier that learned from the other folds, so many of them, and the rest is judged by
    one that learned from all."""
    support: int = Field(default=20, ge=1)
    """Fewest pages of a discipline by which a precision is estimated; with fewer than twice as many it recalls
    nothing."""
    classifier: FastText = FastText()
    """How the classifier is trained."""


class Widening(Settings):
    """Rounds of queries, made from pages found before, whose BM25 answers are new pages (arXiv 2401.14624).

    The paper lets a language model extend its queries; here they are the words by which a discipline's pages differ
    most from the corpus, page by page, so no model is needed.
    """

    rounds: int = Field(default=2, ge=1)
    """Rounds; pages found in one give the queries of the next."""
    queries: int = Field(default=100, ge=1)
    """Queries of a discipline in a round."""
    words: int = Field(default=12, ge=1)
    """Words of a query (of Chinese: pairs of characters)."""
    depth: int = Field(default=100, ge=1)
    """Pages that are looked at for each query."""
    keep: int = Field(default=1000, ge=1)
    """Most pages a discipline wins in a round, those with the largest sums of reciprocal ranks."""
    agreeing: int = Field(default=3, ge=1)
    """Fewest queries of a discipline that must find a page."""
    per_host: int = Field(default=1000, ge=1)
    """Most pages of one host that a discipline wins in a round."""
    keywords: dict[str, tuple[str, ...]] = {}
    """Discipline -> queries of your own, which go first; a discipline may have nothing else to start from."""


class Documents(Settings):
    """More of the documents that the model is unsure of, by a label column of its losses.

    Documents are drawn without replacement in proportion to exp(strength * loss): the discrete form of sampling from
    p(x) exp(omega H(x)), Deliberate Practice, arXiv 2502.15588, with the model's loss in the place of the entropy H.
    """

    kind: Literal["documents"] = "documents"
    column: str
    """Label column with the loss of the model that is being trained, in nats: ``nats_per_token`` of a ``perplexity``
    whose checkpoint is a run."""
    strength: float = Field(default=1.0, ge=0)
    """Omega; 0 draws evenly."""
    hardest: Share = 0.05
    """Share of a discipline's documents with the highest losses that are left out: what is too hard is mostly noise,
    and the paper found that choosing it hurts."""


class Slices(Settings):
    """More of the disciplines that the model is unsure of, by the validation losses of its run.

    Quotas are shared anew, their sum as asked: in proportion to quota * exp(strength * loss), Deliberate Practice,
    arXiv 2502.15588, with a slice's loss in the place of the entropy of its members.
    """

    kind: Literal["slices"] = "slices"
    run: str
    """The run, below the same root; its last validation counts."""
    slices: dict[str, tuple[str, ...]] = Field(min_length=1)
    """Discipline -> the slices that it is judged by, by the mean of their losses. A discipline that is not named keeps
    its quota."""
    strength: float = Field(default=1.0, ge=0)
    """Omega; 0 leaves quotas as they are."""


AnyPractice = Annotated[Documents | Slices, Field(discriminator="kind")]
"""What an order may write under ``practice``."""


class ByColumn(Settings):
    """Levels that a label column is cut into."""

    kind: Literal["column"] = "column"
    column: str
    """Column of numbers, the easiest lowest, such as ``sentence_length`` or ``perplexity``."""
    levels: tuple[str, ...] = Field(default=("easy", "medium", "hard"), min_length=2)
    """Names of the levels, the easiest first."""
    edges: tuple[float, ...] | None = None
    """Numbers between the levels, rising; a document at an edge is of the level above it. By default each level has
    the same number of a discipline's documents."""

    @model_validator(mode="after")
    def _levels_are_parted(self) -> ByColumn:
        if len(set(self.levels)) < len(self.levels):
            raise ValueError(f"levels: {', '.join(self.levels)}: a level is named twice")
        if self.edges is not None and len(self.edges) != len(self.levels) - 1:
            raise ValueError(f"edges: found {len(self.edges)}; {len(self.levels)} levels have {len(self.levels) - 1}")
        if self.edges is not None and list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"edges: {', '.join(f'{edge:g}' for edge in self.edges)}: must rise")
        return self


class Asked(Settings):
    """Levels that are asked for, whatever the page: they are the names of ``prompts``, and every page serves one."""

    kind: Literal["asked"] = "asked"


AnyDifficulty = Annotated[ByColumn | Asked, Field(discriminator="kind")]
"""What an order may write under ``difficulty``."""


class Seeds(Settings):
    """How pages are found; labels always count, the rest where it is named."""

    hosts: Hosts | None = None
    """Hosts whose pages are taken."""
    recall: Recall | None = None
    """A classifier that finds more pages like those found."""
    widen: Widening | None = None
    """Queries that find more."""
    practice: AnyPractice | None = None
    """Deliberate practice: more where the model is unsure."""
