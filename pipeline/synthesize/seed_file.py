"""Seeds on disk: written as they are found, read in the order in which they are asked about.

In memory is a number for each, so the texts that an order holds are those under way, however many requests it allows.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.clean.near_duplicates import first_of
from pipeline.synthesize.seed import Seed
from pipeline.synthesize.snippets import Span


@dataclass(frozen=True)
class StoredSeeds:
    """Seeds of a file, each read when its turn comes."""

    path: Path
    places: npt.NDArray[np.int64]
    """Where in the file each begins, in their order."""

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Seed]:
        with self.path.open("rb") as file:
            for place in self.places:
                file.seek(place)
                yield _seed(file.readline())


class SeedFile(AbstractContextManager["SeedFile"]):
    """A file of seeds in the making; those that better ones displace stay in it, unread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._file, self._end = path, path.open("wb"), 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, seeds: Sequence[Seed]) -> int:
        """Append the seeds of a document; return where the first one begins."""
        begin = self._end
        for seed in seeds:
            self._end += self._file.write(json.dumps(asdict(seed)).encode() + b"\n")
        return begin

    def chosen(self, documents: Iterable[tuple[int, int]], most: int) -> StoredSeeds:
        """Return the seeds of documents, of equal texts the first, and at most so many.

        A document is where its first seed begins, and how many it has; they come in the order that is wanted.
        """
        self._file.flush()
        places, digests = array("q"), bytearray()
        with self._path.open("rb") as file:
            for begin, count in documents:
                file.seek(begin)
                for _ in range(count):
                    places.append(file.tell())
                    digests += blake2b(
                        _seed(file.readline()).text.encode("utf-8", "surrogatepass"), digest_size=16
                    ).digest()
        first = first_of(np.frombuffer(digests, np.uint64).reshape(-1, 2))
        kept = np.flatnonzero(first == np.arange(len(first)))[:most]
        return StoredSeeds(self._path, np.array(places, np.int64)[kept])


def _seed(line: bytes) -> Seed:
    fields: dict[str, Any] = json.loads(line)
    return Seed(**{**fields, "span": Span(**fields["span"])})
