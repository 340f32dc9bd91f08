"""A table of a few files or of thousands, from which a page shows a handful of rows.

Only the row groups of these rows are read, so that memory does not grow with the table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Integers = npt.NDArray[np.int64]


def spread(total: int, count: int) -> list[int]:
    """Return up to ``count`` of the first ``total`` numbers at equal distances: the same ones every time."""
    return list(dict.fromkeys((2 * i + 1) * total // (2 * count) for i in range(min(count, total))))


class Table:
    """Parquet files, one behind the other."""

    def __init__(self, paths: Sequence[Path]) -> None:
        files = [pq.ParquetFile(path) for path in paths]
        self._groups = [(file, group) for file in files for group in range(file.num_row_groups)]
        self._ends = list(accumulate(file.metadata.row_group(group).num_rows for file, group in self._groups))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def rows(self, numbers: Sequence[int], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the rows of these numbers, with those of the columns that the files have."""
        for number in numbers:
            at = bisect_right(self._ends, number)
            file, group = self._groups[at]
            read = file.read_row_group(group, columns=[name for name in columns if name in file.schema_arrow.names])
            yield read.slice(number - (self._ends[at - 1] if at else 0), 1).to_pylist()[0]

    def by_value(self, column: str) -> dict[str, Integers]:
        """Return the numbers of the rows that have each value of a column of strings, values in order."""
        found: dict[str, list[Integers]] = defaultdict(list)
        for start, values in self._column(column):
            for value in pc.unique(values).to_pylist():
                found[value].append(start + np.flatnonzero(pc.equal(values, value)))
        return {value: np.concatenate(found[value]) for value in sorted(found)}

    def numbers_of(self, column: str, wanted: Iterable[str]) -> list[int]:
        """Return the numbers of the rows that have one of the wanted values in a column of strings."""
        those = pa.array(sorted(wanted), pa.string())
        hits = (start + np.flatnonzero(pc.is_in(values, those)) for start, values in self._column(column))
        return [int(number) for each in hits for number in each]

    def _column(self, name: str) -> Iterator[tuple[int, pa.Array]]:
        """Yield (number of the first row, values) of every row group."""
        for (file, group), start in zip(self._groups, [0, *self._ends], strict=False):
            values = file.read_row_group(group, columns=[name])[name].combine_chunks()
            yield start, pc.fill_null(values, "")
