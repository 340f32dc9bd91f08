"""A file that is hashed while it is written, so that publishing it need not read it again."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType


class HashedFile:
    """Writes a new file in blocks; closed without an error it is on disk, and ``sha256`` tells its hash."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._hash = hashlib.sha256()

    def __enter__(self) -> HashedFile:
        return self

    def write(self, block: memoryview) -> None:
        """Append the block; raise OSError where it could not be written."""
        left = block.cast("B")
        self._hash.update(left)
        while left:
            left = left[self._file.write(left) :]

    @property
    def sha256(self) -> str:
        """The hash of what was written."""
        return self._hash.hexdigest()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                os.fsync(self._file.fileno())
