"""A listed filter: one whose entries come from the recipe, from a file of the user's, or both."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from pipeline.clean.filter import Filter
from pipeline.clean.word_list import entries


class Listed(Filter):
    """Entries in the recipe and in a file; a subclass says what an entry means."""

    block: tuple[str, ...] = ()
    """What is looked for, an entry each."""
    file: str | None = None
    """A file of such entries, one a line."""

    @property
    def files(self) -> Sequence[str]:
        """The list's path, if there is one."""
        return (self.file,) if self.file else ()

    def at(self, folder: Path) -> Self:
        """Return the filter with its file's path resolved, the file having been read once."""
        if self.file is None:
            return self
        resolved = self.model_copy(update={"file": str(folder / self.file)})
        resolved.read()
        return resolved

    @abstractmethod
    def read(self) -> object:
        """Return the entries as they are looked for; raise UserError where the file cannot be read as that."""


def listed(field: str, block: tuple[str, ...], file: str | None) -> Iterator[tuple[str, str]]:
    """Yield (where it is written, entry) of both lists; ``field`` is the filter's place in a recipe."""
    yield from ((f"{field}.block", entry) for entry in block)
    if file is not None:
        yield from entries(Path(file), f"{field}.file")
