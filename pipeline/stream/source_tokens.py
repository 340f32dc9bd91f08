"""The tokens of one split of one source, read as if its shards were one long array."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.tokens.read import TokenFile

Integers = npt.NDArray[np.int64]


class SourceTokens:
    """Memory-mapped tokens of ``tokens/<source>``: the shards of ``train`` or ``validation`` laid end to end."""

    def __init__(self, folder: Path, split: str = "train") -> None:
        files = [TokenFile(path.with_suffix("")) for path in sorted(folder.glob(f"{split}*.bin"))]
        self.shards = [file.tokens(0, file.num_tokens) for file in files]
        self.dtype: np.dtype[Any] = files[0].index.dtype if files else np.dtype(np.int64)
        self._paths = [file.path for file in files]
        self._ends = np.cumsum([len(shard) for shard in self.shards], dtype=np.int64)
        addresses = np.array([shard.ctypes.data for shard in self.shards], dtype=np.int64)
        begins = self._ends - np.array([len(shard) for shard in self.shards], dtype=np.int64)
        self._origins = addresses - begins * self.dtype.itemsize

    def addresses(self, starts: Integers, lengths: Integers) -> Integers:
        """Return where in memory the tokens ``starts[i]`` to ``starts[i] + lengths[i]`` lie, for every i.

        A stretch lies in one shard, as documents do. Raises UserError for one that no shard holds whole. The
        addresses hold for as long as this object lives.
        """
        which = np.searchsorted(self._ends, starts, side="right")
        outside = (starts < 0) | (which == len(self._ends))
        which = np.minimum(which, len(self._ends) - 1)
        outside |= starts + lengths > self._ends[which]
        if outside.any():
            at = int(np.argmax(outside))
            raise UserError(
                f"{self._paths[int(which[at])]}: tokens {starts[at]} to {starts[at] + lengths[at]} of the source are "
                f"asked for, and its shards hold {int(self._ends[-1])}; make the tokens and the stream again"
            )
        found: Integers = self._origins[which] + starts * self.dtype.itemsize
        return found

    def take(self, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the tokens ``starts[i]`` to ``starts[i] + lengths[i]`` of every i, one after the other (int64)."""
        before = np.cumsum(lengths) - lengths
        at = np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))
        if len(self.shards) == 1:
            return self.shards[0][at].astype(np.int64)
        out = np.empty(len(at), dtype=np.int64)
        which = np.searchsorted(self._ends, at, side="right")
        for index in np.unique(which):
            mine = which == index
            out[mine] = self.shards[index][at[mine] - (self._ends[index] - len(self.shards[index]))]
        return out
