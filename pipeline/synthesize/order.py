"""An order for synthesis: what a recipe says of a source that a model writes: from which corpus, how much, by which.

Only what it says of the generator's place (address, key, how many requests at a time) does not decide bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from curricula.settings import Settings, Tokens
from pipeline.clean.deduplication import MinHash
from pipeline.synthesize import prompt
from pipeline.synthesize.candidate import Family
from pipeline.synthesize.check_list import ALL, AnyCheck
from pipeline.synthesize.generator import Generator
from pipeline.synthesize.snippets import SnippetBounds
from pipeline.synthesize.spending import Budget


class Order(Settings):
    """Documents that a model writes from snippets of another source's cleaned corpus."""

    kind: Literal["model_written"] = "model_written"
    seed: int = 0
    """Root of every random choice; not the recipe's, so that another seed of the recipe pays for no answer again."""
    corpus: str
    """The source whose cleaned corpus the snippets come from."""
    discipline: str | None = None
    """Column of the corpus's labels that says a document's discipline, such as ``topic``. None: the whole corpus is of
    the one discipline that quotas names."""
    quotas: dict[str, Tokens] = Field(min_length=1)
    """Discipline, as the column has it -> tokens of accepted documents, estimated."""
    snippets: SnippetBounds = SnippetBounds()
    """How snippets are cut."""
    prompts: tuple[Family, ...] = Field(default=("problem", "facts"), min_length=1)
    """Take turns: ``problem`` (exercise with worked solution), ``facts`` (facts asked for and restated),
    ``short_answer`` (one such fact, asked for in few words, for small models), exercises for levels of education
    (``primary_school``, ``middle_school``, ``high_school``, ``college``, ``competition``), ``code_tests`` (a program
    with tests, run), ``case_to_code`` (the snippet's function from what it gives; ``snippets: {of: functions}``)."""
    generator: Generator
    """The model that writes."""
    budget: Budget
    """What may be asked for at most."""
    checks: tuple[AnyCheck, ...] = ALL
    """What is wanted of every document; by default all checks."""
    copies: MinHash = MinHash()
    """When two documents, or their questions alone, are near-duplicates."""

    @model_validator(mode="after")
    def _one_quota_without_a_column(self) -> Order:
        if self.discipline is None and len(self.quotas) > 1:
            raise ValueError("discipline names no column, so the corpus is of one discipline; quotas names several")
        return self

    @field_validator("quotas")
    @classmethod
    def _every_quota_wants_something(cls, quotas: dict[str, int]) -> dict[str, int]:
        if empty := [name for name, tokens in quotas.items() if tokens == 0]:
            raise ValueError(f"{', '.join(empty)}: 0 tokens; leave it out")
        return quotas

    def mentions(self) -> Mapping[tuple[str | int, ...], str]:
        """Return the label columns of the corpus that it reads, by the places at which the recipe names them."""
        return {("discipline",): self.discipline} if self.discipline else {}

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its settings as JSON values, without where the model runs, and with the prompts by their wording."""
        own = self.model_dump(mode="json", exclude={"kind", "generator", "copies"})
        copies = self.copies.model_dump(mode="json", include={"ngram", "bands", "rows", "similarity", "numbers"})
        wording = {
            prompt.name_of(family, language): prompt.version(family, language)
            for family in self.prompts
            for language in prompt.LANGUAGES
        }
        return {**own, "copies": copies, "generator": dict(self.generator.identity), "wording": wording}
