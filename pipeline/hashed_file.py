"""A file that is written, hashed and brought to the disk while its writer goes on, each in a thread of its own.

All three leave the interpreter to others while they work, so the caller's own work runs beside them. A few blocks may
be under way at a time: memory stays flat, and a slow disk slows the writer down.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

UNDER_WAY = 3
"""Blocks that may wait to be hashed or written."""
FLUSHED = 64 << 20
"""Bytes after which the disk is told to begin."""


class HashedFile:
    """Writes a new file in blocks; closed without an error it is on disk, and ``sha256`` tells its hash."""

    def __init__(self, path: Path) -> None:
        self.sha256 = ""
        self._file = path.open("wb", buffering=0)
        self._hash = hashlib.sha256()
        self._writer, self._hasher, self._flusher = (ThreadPoolExecutor(1) for _ in range(3))
        self._under_way: deque[tuple[Future[Any], Future[Any]]] = deque()
        self._flush: Future[Any] | None = None
        self._unflushed = 0

    def __enter__(self) -> HashedFile:
        return self

    def write(self, block: memoryview) -> None:
        """Append the block, which must not change any more; raise OSError where an earlier one could not be written."""
        self._under_way.append((self._writer.submit(self._write, block), self._hasher.submit(self._hash.update, block)))
        while len(self._under_way) > UNDER_WAY:
            self._wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                while self._under_way:
                    self._wait()
                if self._flush is not None:
                    self._flush.result()
                os.fsync(self._file.fileno())
                self.sha256 = self._hash.hexdigest()
        finally:
            for threads in (self._writer, self._hasher, self._flusher):
                threads.shutdown(cancel_futures=True)
            self._file.close()

    def _wait(self) -> None:
        for future in self._under_way.popleft():
            future.result()

    def _write(self, block: memoryview) -> None:
        left = block.cast("B")
        while left:
            left = left[self._file.write(left) :]
        self._unflushed += block.nbytes
        if self._unflushed >= FLUSHED and (self._flush is None or self._flush.done()):
            if self._flush is not None:
                # The system tells of a failed write once: to whoever asks first.
                self._flush.result()
            self._flush, self._unflushed = self._flusher.submit(os.fdatasync, self._file.fileno()), 0
