"""What a recipe says about text of benchmarks, which must not be trained on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from curricula.settings import Settings, Share
from pipeline.clean.inputs import on_this_disk
from pipeline.clean.unit_hashes import OVERLAP
from pipeline.errors import UserError


class Decontaminate(Settings):
    """Documents with text of these files go, in every source, synthetic ones too.

    Tokens are units: a word, a number, or a character of a script without spaces, without case and punctuation. So a
    copy is found whatever its punctuation, and another tokenizer does not ask for another corpus.
    """

    files: tuple[str, ...] = Field(min_length=1)
    """Files or glob patterns, as in sources: JSON lines, JSON, Parquet, CSV, TSV, or text with one item a line; also
    compressed (gz, zst, bz2)."""
    fields: tuple[str, ...] = ()
    """Which fields of a record are looked for; none named: every string in it."""
    ngram: int = Field(default=20, ge=8, le=OVERLAP)
    """Units in a row that must not be found, three of them different. YuLan-Mini: 20 tokens."""
    shortest: int = Field(default=10, ge=6, le=OVERLAP)
    """Texts of benchmarks with fewer units than ``ngram`` are looked for as a whole, from this many units on.
    Shorter ones, names and choices too, only as the whole question of a document of profile ``qa``."""
    most_common: int = Field(default=4, ge=1)
    """What occurs in more than so many different texts of the benchmarks is a template, and not looked for
    (YuLan-Mini)."""
    largest_share: Share = 0.0
    """A document goes when more than this share of its n-grams are in benchmarks. 0: for a single one, so that a
    question is found in the longest page. YuLan-Mini: 0.1."""

    def faults(self, data: Path) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield (place, what is wrong) for files that are there and hold no text, or cannot be read."""
        # Loaded here: most recipes are checked without it.
        from pipeline.clean.benchmarks import passages

        for i, pattern in enumerate(self.files):
            for file in on_this_disk(pattern, data):
                try:
                    next(passages([file], self.fields))
                except UserError as error:
                    yield ("files", i), str(error).removeprefix("clean.decontaminate.files: ")
