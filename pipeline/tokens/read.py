"""A token file: memory-mapped tokens of one shard. Opening checks that ``.bin`` is as long as ``.idx`` says."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.errors import UserError
from pipeline.tokens.format import Index, Tokens, read_index


class TokenFile:
    """One shard, read without loading it."""

    def __init__(self, prefix: Path) -> None:
        """Open ``<prefix>.bin`` and ``<prefix>.idx``; raise UserError where they are missing or do not agree."""
        binary, index = (prefix.with_name(prefix.name + ending) for ending in (".bin", ".idx"))
        for path in (binary, index):
            if not path.is_file():
                raise UserError(f"{path}: no such file")
        self.path = binary
        self.index: Index = read_index(index)
        self.num_tokens = int(self.index.lengths.sum(dtype=np.int64))
        found, expected = binary.stat().st_size, self.num_tokens * self.index.dtype.itemsize
        if found != expected:
            what = "truncated" if found < expected else "too long"
            raise UserError(f"{binary}: {what}: {found} bytes, {index.name} says {expected}; {self._first_lost(found)}")
        self._tokens: Tokens = np.memmap(binary, self.index.dtype, "r") if expected else np.zeros(0, self.index.dtype)

    def __len__(self) -> int:
        return len(self.index.lengths)

    def document(self, number: int) -> Tokens:
        """Return the tokens of a document, its end-of-document token included."""
        begin = int(self.index.pointers[number]) // self.index.dtype.itemsize
        return self._tokens[begin : begin + int(self.index.lengths[number])]

    def tokens(self, offset: int, count: int) -> Tokens:
        """Return ``count`` tokens from ``offset`` on; raise UserError where the shard has no such range."""
        if not 0 <= offset <= offset + count <= self.num_tokens:
            raise UserError(f"{self.path}: tokens {offset} to {offset + count} asked of {self.num_tokens}")
        return self._tokens[offset : offset + count]

    def _first_lost(self, size: int) -> str:
        ends = np.cumsum(self.index.lengths, dtype=np.int64) * self.index.dtype.itemsize
        lost = int(np.searchsorted(ends, size, side="right"))
        if lost == len(ends):
            return "no document is lost"
        return f"document {lost} of {len(ends)} is the first that is not whole"
