"""An order for synthesis: one YAML file that says from which corpus, how much of what, by which model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from curricula.settings import Settings, Tokens
from pipeline.clean.deduplication import MinHash
from pipeline.errors import UserError
from pipeline.recipe_errors import describe
from pipeline.synthesize import prompt
from pipeline.synthesize.candidate import Family
from pipeline.synthesize.check_list import ALL, AnyCheck
from pipeline.synthesize.generator import Generator
from pipeline.synthesize.snippets import SnippetBounds
from pipeline.synthesize.spending import Budget
from pipeline.yaml_file import YamlFile

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
"""Lower-case letters, digits and hyphens: it becomes a folder."""


class Order(Settings):
    """Everything that decides the bytes of ``synthetic/<name>``."""

    name: Name
    """Names the artifact."""
    description: str = ""
    """What it is for."""
    seed: int = 0
    """Root of every random choice."""
    corpus: Name
    """The source whose cleaned corpus the snippets come from."""
    discipline: str | None = None
    """Column of the corpus's labels that says a document's discipline, such as ``topic``. None: the whole corpus is of
    the one discipline that quotas names."""
    quotas: dict[str, Tokens] = Field(min_length=1)
    """Discipline, as the column has it -> tokens of accepted documents, estimated."""
    snippets: SnippetBounds = SnippetBounds()
    """How snippets are cut."""
    prompts: tuple[Family, ...] = Field(default=("problem", "facts"), min_length=1)
    """Take turns: ``problem`` (exercise with worked solution), ``facts`` (facts asked for and restated)."""
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

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its settings as JSON values, without where the model runs, and with the prompts by their wording."""
        own = self.model_dump(mode="json", exclude={"generator", "description", "copies"})
        copies = self.copies.model_dump(mode="json", include={"ngram", "bands", "rows", "similarity", "numbers"})
        wording = {
            prompt.name_of(family, language): prompt.version(family, language)
            for family in self.prompts
            for language in prompt.LANGUAGES
        }
        return {**own, "copies": copies, "generator": dict(self.generator.identity), "wording": wording}


def load_order(path: Path) -> Order:
    """Read an order; raise UserError with every problem, one a line."""
    file = YamlFile(path)
    problems = list(file.problems)
    try:
        order = Order.model_validate(file.data)
    except ValidationError as error:
        problems += [line for detail in error.errors() if (line := describe(detail, file, Order))]
        raise UserError("\n".join(problems)) from None
    if problems:
        raise UserError("\n".join(problems))
    return order
