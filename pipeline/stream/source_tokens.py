"""The tokens of one split of one source, read as if its shards were one long array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.tokens.read import TokenFile


class SourceTokens:
    """Memory-mapped tokens of ``tokens/<source>``: the shards of ``train`` or ``validation`` laid end to end."""

    def __init__(self, folder: Path, split: str = "train") -> None:
        files = [TokenFile(path.with_suffix("")) for path in sorted(folder.glob(f"{split}*.bin"))]
        self.shards = [file.tokens(0, file.num_tokens) for file in files]
        self._ends = np.cumsum([len(shard) for shard in self.shards], dtype=np.int64)

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
