"""A source: where text of one kind comes from, under which licence, and how to read it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from curricula.settings import Settings, Tokens
from synth.synthesizers import AnySynthesizer


class FileReader(Settings):
    """Files of one format. Relative patterns start at the current folder."""

    paths: tuple[str, ...] = Field(min_length=1)
    """Files or glob patterns, such as ``data/web/*.jsonl.zst``."""
    text_key: str = "text"
    """The field that holds the text."""
    id_key: str = "id"
    """The field that holds the id; records without one are named by a hash of their text."""


class Jsonl(FileReader):
    """One JSON object a line; gz and zst are recognised by their endings."""

    kind: Literal["jsonl"] = "jsonl"


class Parquet(FileReader):
    """Parquet tables, one document a row."""

    kind: Literal["parquet"] = "parquet"


class Html(Settings):
    """A folder of HTML pages, one document a file; the main text is extracted (trafilatura)."""

    kind: Literal["html"] = "html"
    paths: tuple[str, ...] = Field(min_length=1)
    """Files or glob patterns."""


class HuggingFace(Settings):
    """A dataset from the Hugging Face hub, or a local folder in a form that ``datasets`` loads."""

    kind: Literal["hugging_face"] = "hugging_face"
    dataset: str
    """Hub name or local folder."""
    subset: str | None = None
    """Configuration name."""
    split: str = "train"
    """Split to read."""
    text_key: str = "text"
    """The column that holds the text."""
    id_key: str = "id"
    """The column that holds the id."""


class Synthetic(Settings):
    """Documents made by program: no file is read."""

    kind: Literal["synthetic"] = "synthetic"
    synthesizer: AnySynthesizer
    """What makes them."""
    documents: int = Field(gt=0)
    """How many."""


AnyReader = Annotated[Jsonl | Parquet | Html | HuggingFace | Synthetic, Field(discriminator="kind")]
"""What a recipe may write under ``read``."""


class Source(Settings):
    """A named supply of text."""

    read: AnyReader
    """How the text is read."""
    profile: Literal["en", "zh", "mathematics", "code", "qa"]
    """Which thresholds cleaning applies: language for prose, or the kind of text."""
    license: str
    """Licence of the text; travels to the report."""
    tokens: Tokens | None = None
    """Estimate of its unique tokens, used by plans until the source has been tokenised."""
