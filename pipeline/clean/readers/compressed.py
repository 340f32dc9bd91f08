"""A file's bytes, decompressed by its ending, and its lines, none of which can fill the memory."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

LONGEST_LINE = 1 << 28
"""Bytes; a line that is longer is no document, and is set aside by its beginning."""

_BLOCK = 1 << 17
"""Compressed bytes that are decompressed at a time."""


def damages() -> tuple[type[Exception], ...]:
    """Return the errors that mean: this compressed file is broken."""
    import zstandard

    return (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)


def decompressed(raw: BinaryIO, name: str) -> BinaryIO:
    """Return the contents of a file that is plain, gzip (.gz) or zstandard (.zst, .zstd)."""
    if name.endswith(".gz"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if name.endswith((".zst", ".zstd")):
        return cast(BinaryIO, io.BufferedReader(_Zstandard(raw)))
    return raw


class _Zstandard(io.RawIOBase):
    """zstandard's own reader takes a file that stops in the middle of a frame for a complete one; this one does not."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw, self._ready, self._at = raw, b"", 0
        self._frame: Any = None
        """What decompresses the frame that has begun, if one has."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill some of the buffer; 0 at the end. Raise EOFError where a frame has none."""
        while self._at == len(self._ready):
            if not (data := self._raw.read(_BLOCK)):
                if self._frame is not None:
                    raise EOFError("the file ends inside a compressed frame")
                return 0
            self._ready, self._at = self._decompress(data), 0
        size = min(len(buffer), len(self._ready) - self._at)
        buffer[:size] = self._ready[self._at : self._at + size]
        self._at += size
        return size

    def _decompress(self, data: bytes) -> bytes:
        import zstandard

        pieces = []
        while data:
            self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            pieces.append(self._frame.decompress(data))
            data = self._frame.unused_data
            if self._frame.eof:
                self._frame = None
        return b"".join(pieces)


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines with their ends; of one that is too long the first ``LONGEST_LINE + 1`` bytes."""
    while line := stream.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE + 1)
        yield line
