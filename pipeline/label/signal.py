"""A signal: numbers or names that describe each document of a corpus, computed batch by batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from curricula.settings import Settings

Columns = Mapping[str, npt.NDArray[Any]]


class Signal(Settings, ABC):
    """A way to describe documents. Its ``kind`` names its artifact: ``labels/<source>/<kind>/``."""

    kind: str

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, np.dtype[Any]]:
        """The columns it makes, with their dtypes; names are unique over all signals of a recipe."""

    @abstractmethod
    def measure(self, texts: Sequence[str], metadata: Sequence[Mapping[str, Any]]) -> Columns:
        """Return one value a document for every column, in the order given."""
