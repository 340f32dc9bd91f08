"""A signal: numbers or names that describe each document of a corpus, computed batch by batch.

Most signals are a function of a text. One that needs more (files, another stage's artifact, something learned from the
whole corpus) says so in ``files`` and ``needs``, and loads it in ``open``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from curricula.settings import Settings

Place = tuple[str | int, ...]
"""Where a value stands below the signal in a recipe."""
Columns = Mapping[str, npt.NDArray[Any]]
Measure = Callable[[Sequence[str], Sequence[Mapping[str, Any]]], Columns]
"""What `Signal.measure` is: texts and what the corpus says of them to one value a document for every column."""


@dataclass(frozen=True)
class Surroundings:
    """What is around a signal while it works on one corpus; nothing here may change its values."""

    data: Path
    """Folder at which a recipe's relative paths start."""
    root: Path
    """Folder of the artifacts."""
    source: str
    """Name of the corpus."""
    workers: int = 1
    """Processor cores to use."""


class Signal(Settings, ABC):
    """A way to describe documents. Its ``kind`` names its artifact: ``labels/<source>/<kind>/``."""

    kind: str

    @property
    def extras(self) -> tuple[str, ...]:
        """Optional parts of the installation that measuring needs, besides that of all labels."""
        return ()

    @property
    def uses_all_cores(self) -> bool:
        """Whether `Measure` itself spreads over the cores (or a GPU); if not, processes work side by side.

        If it does, it is opened once, and called from two threads.
        """
        return False

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """The columns it makes, with their dtypes; names are unique over all signals of a recipe."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its settings as JSON values, without paths of files: those enter by their contents."""
        return self.model_dump(mode="json")

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return name -> fingerprint of the files it reads; raise UserError where one is missing."""
        return {}

    def needs(self, source: str) -> Sequence[str]:
        """Return the names of artifacts it reads besides the corpus, such as ``tokenizer`` or ``models/base``."""
        return ()

    def learns_from(self) -> Mapping[Place, str]:
        """Return the sources whose corpora it learns from, by the places at which the recipe names them."""
        return {}

    def paths(self) -> Mapping[Place, str]:
        """Return the files (or patterns of them) that it names, by the places at which the recipe names them."""
        return {}

    def faults(self, data: Path) -> Iterator[tuple[Place, str]]:
        """Yield (place, what is wrong) as far as a glance at what it names tells; what is not there is left out."""
        yield from ()

    @abstractmethod
    def open(self, around: Surroundings) -> Measure:
        """Load what measuring needs, once a process, and return the function that measures batches.

        That function returns one value a document for every column, in the order given. Its second argument holds the
        corpus's columns and ``row``, the document's place in the corpus. A document's values depend on nothing but
        itself.
        """


class PlainSignal(Signal):
    """A signal that needs nothing but the documents."""

    def open(self, around: Surroundings) -> Measure:
        """Return `measure`."""
        return self.measure

    @abstractmethod
    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Return one value a document for every column, as `Signal.open` says."""
