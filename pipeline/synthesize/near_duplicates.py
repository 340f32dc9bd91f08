"""Near-duplicates inside one artifact: a document is turned away if an accepted one is like it, or asks the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.clean.deduplication import MinHash
from pipeline.clean.filter import Rejection
from pipeline.clean.minhash import band_hashes, signatures
from pipeline.clean.unit_hashes import units_of
from pipeline.synthesize.candidate import Pair

_PROFILE = "qa"


class Accepted:
    """The documents accepted so far, by their MinHash; about two kilobytes each."""

    def __init__(self, settings: MinHash) -> None:
        self._settings = settings
        self._bands: dict[tuple[str, int, int], int] = {}
        self._signatures: list[npt.NDArray[np.uint32]] = []
        self._ids: list[str] = []

    def reject(self, id: str, pair: Pair) -> Rejection | None:
        """Return why the pair is turned away; None accepts it, and later ones are compared with it."""
        new: list[tuple[list[tuple[str, int, int]], npt.NDArray[np.uint32]]] = []
        for part, text in (("text", pair.text), ("question", pair.question)):
            found = signatures(1, units_of([text]), self._settings, _PROFILE)
            bands = band_hashes(found.hashes, found.figures, self._settings.bands)[:, 0].tolist()
            keys = [(part, number, value) for number, value in enumerate(bands)]
            if (like := self._like(keys, found.hashes[0])) is not None:
                return Rejection("near_duplicate", f"{part} like that of {self._ids[like]}", "no other like it")
            new.append((keys, found.hashes[0]))
        for keys, signature in new:
            self._bands.update((key, len(self._ids)) for key in keys)
            self._ids.append(id)
            self._signatures.append(signature)
        return None

    def _like(self, keys: list[tuple[str, int, int]], signature: npt.NDArray[np.uint32]) -> int | None:
        for other in sorted({self._bands[key] for key in keys if key in self._bands}):
            if float(np.mean(self._signatures[other] == signature)) >= self._settings.similarity:
                return other
        return None
