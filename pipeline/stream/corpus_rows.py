"""Documents as cleaning left them, found by their row: the very text that was tokenised, and what it was made from.

Decoding tokens would give nearly the same text; the corpus gives it exactly, if it is the one the tokens are of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pipeline import artifact
from pipeline.clean import corpus
from pipeline.errors import UserError


@dataclass
class _RowGroups:
    """The row groups of a corpus, laid end to end, and the one that was read last."""

    places: list[tuple[Path, int]]
    ends: npt.NDArray[np.int64]
    """Rows up to the end of each."""
    newest: int = -1
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class CorpusRows:
    """Reads documents; those beside each other cost one read."""

    root: Path
    columns: tuple[str, ...]
    """What is read of them."""
    _sources: dict[str, _RowGroups] = field(default_factory=dict)

    def find(self, source: str, row: int, identifier: str) -> dict[str, Any]:
        """Return a source's document; raise UserError where the corpus is not the one that was tokenised."""
        if source not in self._sources:
            self._sources[source] = self._open(source)
        groups = self._sources[source]
        which = int(np.searchsorted(groups.ends, row, side="right"))
        if which >= len(groups.places):
            raise _another(self.root, source)
        if which != groups.newest:
            path, number = groups.places[which]
            groups.rows = pq.ParquetFile(path).read_row_group(number, columns=["id", *self.columns]).to_pylist()
            groups.newest = which
        found: dict[str, Any] = groups.rows[row - int(groups.ends[which]) + len(groups.rows)]
        if found["id"] != identifier:
            raise _another(self.root, source)
        return found

    def _open(self, source: str) -> _RowGroups:
        folder = self.root / "corpus" / source
        tokens = artifact.read_manifest(self.root / "tokens" / source)
        if artifact.read_manifest(folder).fingerprint != tokens.inputs.get(f"corpus/{source}"):
            raise _another(self.root, source)
        files = [(part, pq.read_metadata(part)) for part in corpus.parts(folder)]
        places = [(part, i) for part, about in files for i in range(about.num_row_groups)]
        sizes = [about.row_group(i).num_rows for _, about in files for i in range(about.num_row_groups)]
        return _RowGroups(places, np.cumsum(sizes, dtype=np.int64))


def _another(root: Path, source: str) -> UserError:
    return UserError(
        f"{root / 'corpus' / source}: is not the corpus that tokens/{source} was made from, so it cannot give the text "
        "that was read; `--text stretch` decodes the tokens themselves"
    )
