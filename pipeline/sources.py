"""A source: where text of one kind comes from, under which licence, and how to read it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from curricula.settings import Settings, Tokens
from pipeline.synthesize.corrupted import Corrupted
from pipeline.synthesize.order import Order
from synth.synthesizers import AnySynthesizer


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression of Python's."""


class Files(Settings):
    """Files of one format. Relative patterns start at the current folder."""

    paths: tuple[str, ...] = Field(min_length=1)
    """Files or glob patterns, such as ``data/web/*.jsonl.zst`` or ``s3://bucket/web/*.jsonl.zst``."""


class Records(Files):
    """Files that hold many documents, each with named fields."""

    text_key: str = "text"
    """The field that holds the text."""
    id_key: str = "id"
    """The field that holds the id; records without one are named by a hash of their text."""


class Jsonl(Records):
    """One JSON object a line; gz and zst are recognised by their endings."""

    kind: Literal["jsonl"] = "jsonl"


class Parquet(Records):
    """Parquet tables, one document a row."""

    kind: Literal["parquet"] = "parquet"


class Arrow(Records):
    """Arrow IPC files or streams, such as the ``data-*.arrow`` of a saved Hugging Face dataset, one document a row."""

    kind: Literal["arrow"] = "arrow"


class Html(Files):
    """HTML pages, one document a file: the main text of each, with its formulas as LaTeX and its code in fences."""

    kind: Literal["html"] = "html"


class Warc(Files):
    """Web archives (WARC, plain or gzip): HTML pages as for ``html``, and the plain texts of WET files."""

    kind: Literal["warc"] = "warc"


class Text(Files):
    """Plain text or Markdown (gz and zst too), one document a file unless a rule divides it."""

    kind: Literal["text"] = "text"
    between: Pattern | None = None
    """Regular expression of a whole line that stands between two documents and belongs to neither, such as ``%``."""
    before: Pattern | None = None
    """Regular expression of the beginning of a line with which a new document begins, such as ``"# "``."""


class HuggingFace(Settings):
    """A dataset from the Hugging Face hub, streamed, or a local folder in a form that ``datasets`` loads."""

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


AnyReader = Annotated[
    Jsonl | Parquet | Arrow | Html | Warc | Text | HuggingFace | Synthetic, Field(discriminator="kind")
]
"""What finds documents, or makes them as they are read."""


class Source(Settings):
    """A named supply of text."""

    read: Annotated[AnyReader | Order | Corrupted, Field(discriminator="kind")]
    """How the text is read, from what a model writes it, or which questions are spoilt."""
    profile: Literal["en", "zh", "mail", "mathematics", "code", "qa"]
    """Which thresholds cleaning applies: language for prose (of mathematics where it has many formulas), or kind."""
    license: str = Field(examples=["CC-BY-4.0"])
    """Licence of the text; travels to the report."""
    tokens: Tokens | None = None
    """Estimate of its unique tokens, used by plans until the source has been tokenised; by default what its quotas ask
    for, where a model writes it."""

    @property
    def maker(self) -> Literal["program", "model"] | None:
        """What makes its documents; None where they are found."""
        return "program" if isinstance(self.read, Synthetic) else "model" if isinstance(self.read, Order) else None

    @property
    def expected_tokens(self) -> int | None:
        """The estimate, None where there is none."""
        return self.read.tokens if self.tokens is None and isinstance(self.read, Order) else self.tokens
