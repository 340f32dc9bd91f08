"""An order for synthesis: what a recipe says of a source that a model writes: from which corpus, how much, by which.

Only what it says of the generator's place (address, key, how many requests at a time) does not decide bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, field_validator, model_validator

from curricula.settings import Settings, parse_tokens
from pipeline.clean.deduplication import MinHash
from pipeline.synthesize import prompt
from pipeline.synthesize.candidate import Family
from pipeline.synthesize.check_list import ALL, AnyCheck
from pipeline.synthesize.generator import Generator
from pipeline.synthesize.judge import Judge
from pipeline.synthesize.seeds.quotas import cells
from pipeline.synthesize.seeds.settings import AnyDifficulty, ByColumn, Documents, Seeds, Slices
from pipeline.synthesize.snippets import SnippetBounds
from pipeline.synthesize.spending import Budget


def _quota(value: object) -> int | dict[str, int]:
    if isinstance(value, Mapping):
        return {str(level): parse_tokens(tokens) for level, tokens in value.items()}
    return parse_tokens(value)


Quota = Annotated[
    int | dict[str, int],
    PlainValidator(_quota),
    WithJsonSchema({"anyOf": [{"type": ["integer", "string"]}, {"type": "object"}]}),
]
"""Tokens, or level -> tokens."""


class Order(Settings):
    """Documents that a model writes from snippets of another source's cleaned corpus."""

    kind: Literal["model_written"] = "model_written"
    seed: int = 0
    """Root of every random choice; not the recipe's, so that another seed of the recipe pays for no answer again."""
    corpus: str
    """The source whose cleaned corpus the snippets come from."""
    discipline: str | None = None
    """Column of the corpus's labels that says a document's discipline, such as ``topic``. None: the whole corpus is of
    the one discipline that quotas names, unless ``seeds`` has a list of hosts or keywords to start from."""
    quotas: dict[str, Quota] = Field(min_length=1)
    """Discipline, as the column has it -> tokens of accepted documents, or level -> tokens. Met within 2 %, where
    documents are small enough: none is accepted that would go beyond."""
    difficulty: AnyDifficulty | None = None
    """What the levels of quotas are."""
    counted_by: Literal["estimate", "tokenizer"] = "estimate"
    """What counts the tokens of quotas: an estimate, one a Chinese character and one for four others, or the recipe's
    tokenizer."""
    seeds: Seeds = Seeds()
    """How more pages are found than labels name, and which come first."""
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
    judge: Judge | None = None
    """A second model that is asked what it thinks of the answers; none by default."""
    checks: tuple[AnyCheck, ...] = ALL
    """What is wanted of every document; by default all checks but ``meaning``, which compares vectors of an encoder."""
    copies: MinHash = MinHash()
    """When two documents, or their questions alone, are near-duplicates."""

    @model_validator(mode="after")
    def _pages_have_a_discipline(self) -> Order:
        if self.discipline is None and len(self.quotas) > 1 and not self.starts_without_labels:
            raise ValueError("discipline names no column, so the corpus is of one discipline; quotas names several")
        keywords = self.seeds.widen.keywords if self.seeds.widen else {}
        practised = self.seeds.practice.slices if isinstance(self.seeds.practice, Slices) else {}
        for field, names in (("widen.keywords", keywords), ("practice.slices", practised)):
            if unknown := [name for name in names if name not in self.quotas]:
                raise ValueError(f"seeds.{field}: {', '.join(unknown)}: quotas has no such discipline")
        return self

    @model_validator(mode="after")
    def _levels_are_known(self) -> Order:
        plain = [name for name, quota in self.quotas.items() if isinstance(quota, int)]
        if self.difficulty is None:
            if with_levels := [name for name in self.quotas if name not in plain]:
                raise ValueError(f"quotas.{with_levels[0]} has levels; difficulty must say what they are")
            return self
        allowed = self.difficulty.levels if isinstance(self.difficulty, ByColumn) else self.prompts
        if plain:
            raise ValueError(
                f"quotas.{plain[0]}: with a difficulty every quota is by level, such as {{{allowed[0]}: 10K}}"
            )
        for name, quota in self.quotas.items():
            levels = [] if isinstance(quota, int) else list(quota)
            if unknown := [level for level in levels if level not in allowed]:
                raise ValueError(f"quotas.{name}: {', '.join(unknown)}: no such level (allowed: {', '.join(allowed)})")
        return self

    @field_validator("quotas")
    @classmethod
    def _every_quota_wants_something(cls, quotas: dict[str, Quota]) -> dict[str, Quota]:
        if empty := [name for name, quota in quotas.items() if quota == {} or 0 in cells({name: quota}).values()]:
            raise ValueError(f"{', '.join(empty)}: 0 tokens; leave it out")
        if slashed := [name for name in quotas if "/" in name]:
            raise ValueError(f"{', '.join(slashed)}: a discipline's name has no slash")
        return quotas

    @property
    def tokens(self) -> int:
        """All quotas together."""
        return sum(cells(self.quotas).values())

    @property
    def starts_without_labels(self) -> bool:
        """Whether a list of hosts, or keywords, find the first pages."""
        found = self.seeds
        return bool((found.hosts and found.hosts.file) or (found.widen and found.widen.keywords))

    @property
    def run(self) -> str | None:
        """The run whose losses it reads."""
        return self.seeds.practice.run if isinstance(self.seeds.practice, Slices) else None

    def mentions(self) -> Mapping[tuple[str | int, ...], str]:
        """Return the label columns of the corpus that it reads, by the places at which the recipe names them."""
        found: dict[tuple[str | int, ...], str] = {("discipline",): self.discipline} if self.discipline else {}
        return {**found, **self.numbers()}

    def numbers(self) -> Mapping[tuple[str | int, ...], str]:
        """Return those of the columns that must hold numbers."""
        found: dict[tuple[str | int, ...], str] = {}
        if isinstance(self.difficulty, ByColumn):
            found["difficulty", "column"] = self.difficulty.column
        if isinstance(self.seeds.practice, Documents):
            found["seeds", "practice", "column"] = self.seeds.practice.column
        return found

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its settings as JSON values, without where the model runs, and with the prompts by their wording."""
        own = self.model_dump(
            mode="json",
            exclude={"kind": True, "generator": True, "copies": True, "judge": True, "seeds": {"hosts": {"file"}}},
        )
        copies = self.copies.model_dump(mode="json", include={"ngram", "bands", "rows", "similarity", "numbers"})
        wording = {
            prompt.name_of(family, language): prompt.version(family, language)
            for family in self.prompts
            for language in prompt.LANGUAGES
        }
        judge = {"judge": dict(self.judge.identity)} if self.judge else {}
        return {**own, "copies": copies, "generator": dict(self.generator.identity), "wording": wording, **judge}
