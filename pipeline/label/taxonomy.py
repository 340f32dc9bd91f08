"""A taxonomy: the topics that documents are sorted into, from a YAML file that says where they come from.

Topics are known by a slug, the same in every language, so that slices of an English and a Chinese source bear the
same names; what a model or a reader sees is the topic's name in the document's own language.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints, ValidationError, model_validator

from curricula.settings import Settings
from pipeline.errors import UserError
from pipeline.recipe_errors import describe, near
from pipeline.yaml_file import YamlFile

FIELD = "labels.topic.taxonomy"
"""Where a recipe names it."""
FOLDER = Path(__file__).parent / "taxonomies"
Language = Literal["en", "zh"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
"""Lower-case letters, digits and hyphens: it becomes part of a slice's name."""


class NamedTopic(Settings):
    """One topic."""

    en: str
    """Its English name."""
    zh: str | None = None
    """Its Chinese name; by default the English one."""
    mmlu: tuple[str, ...] = ()
    """Subjects of MMLU that it groups; they tell a labelling model what the topic covers."""
    cmmlu: tuple[str, ...] = ()
    """Subjects of CMMLU that it groups."""


class Taxonomy(Settings):
    """A file of topics."""

    source: str
    """Where the topics come from."""
    otherwise: Slug | None = None
    """The topic of documents that fit none, or that no topic was found for with enough confidence."""
    topics: dict[Slug, NamedTopic]
    """The topics, by slug; two or more."""

    @model_validator(mode="after")
    def _topics_can_be_told_apart(self) -> Taxonomy:
        if len(self.topics) < 2:
            raise ValueError(f"topics: found {len(self.topics)}; two or more are needed")
        if self.otherwise is not None and self.otherwise not in self.topics:
            raise ValueError(f"otherwise: {self.otherwise} is no topic{near(self.otherwise, list(self.topics))}")
        return self

    def named(self, words: str) -> str | None:
        """Return the slug of a topic written as its slug or as one of its names, whatever the case; else None."""
        wanted = words.strip().casefold()
        for slug, topic in self.topics.items():
            if wanted in (slug, topic.en.casefold(), (topic.zh or "").casefold()):
                return slug
        return None

    def listed(self, language: Language) -> str:
        """Return the topics one a line, numbered from 1, each with the subjects that it groups."""
        return "\n".join(f"{n}. {_line(topic, language)}" for n, topic in enumerate(self.topics.values(), start=1))


def is_file_name(name: str) -> bool:
    """Tell a file of the user's from a taxonomy that comes with Headwater."""
    return name.endswith((".yaml", ".yml"))


def taxonomy_path(name: str, data: Path) -> Path:
    """Return the file of a taxonomy: one that comes with Headwater, by name, or a path below ``data``."""
    path = data / name if is_file_name(name) else FOLDER / f"{name}.yaml"
    if not path.is_file():
        known = sorted(each.stem for each in FOLDER.glob("*.yaml"))
        raise UserError(
            f"{FIELD}: {name}: no such taxonomy; allowed: {', '.join(known)}, or a .yaml file (paths start at {data})"
        )
    return path


def load_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy; raise UserError with every problem, one a line."""
    file = YamlFile(path)
    problems = list(file.problems)
    try:
        taxonomy = Taxonomy.model_validate(file.data)
    except ValidationError as error:
        problems += [line for detail in error.errors() if (line := describe(detail, file, Taxonomy))]
        raise UserError("\n".join(problems)) from None
    if problems:
        raise UserError("\n".join(problems))
    return taxonomy


def _line(topic: NamedTopic, language: Language) -> str:
    name = (topic.zh or topic.en) if language == "zh" else topic.en
    subjects = topic.cmmlu if language == "zh" else topic.mmlu
    covers = ", ".join(subject.replace("_", " ") for subject in subjects)
    return f"{name} ({covers})" if covers else name
