"""An embedding: turns each text into a vector of length 1, so that texts about the same things point the same way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from curricula.settings import Settings

Vectors = npt.NDArray[np.float32]
"""One row a text."""
Embed = Callable[[Sequence[str]], Vectors]


class Embedding(Settings):
    """A way to embed texts."""

    uses_all_cores: ClassVar[bool] = False
    """Whether it spreads over the cores (or a GPU) by itself."""

    kind: str
    characters: int = Field(default=2000, ge=1)
    """Characters of a document that are looked at, from its beginning."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the vectors besides files."""
        return self.model_dump(mode="json")

    def files(self, data: Path, cache: Path | None) -> Mapping[str, str]:
        """Return name -> fingerprint of the model's files; raise UserError where one is missing."""
        return {}

    def paths(self) -> Mapping[tuple[str | int, ...], str]:
        """Return the files that it names, by the places at which the recipe names them."""
        return {}

    def faults(self, data: Path) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield (place, what is wrong) as far as a glance at what it names tells; what is not there is left out."""
        yield from ()

    def learn(self, sampled: Callable[[int], Iterable[str]], folder: Path, seed: int) -> None:
        """Write into ``folder`` what is learned; ``sampled(n)`` gives at most n texts. Most learn nothing."""

    @abstractmethod
    def load(self, data: Path, learned: Path | None = None) -> Embed:
        """Load the model, and what was learned; raise UserError where that is not possible here."""


def unit(vectors: npt.NDArray[np.floating[Any]]) -> Vectors:
    """Return the rows at length 1; rows of zeros stay."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return (vectors / np.maximum(length, 1e-12)[:, None]).astype(np.float32)
