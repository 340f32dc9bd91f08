"""Near-duplicates: which documents go because a better one that stays is like them.

Documents are numbered by rank, best first. Bands propose pairs, whole signatures decide, and then each document goes
down the ranks: it goes if one that stays is like it, else it stays. So every removed document is itself like its
survivor, no two that stay are known to be alike, and the outcome depends on nothing but the documents.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pipeline.clean.unit_hashes import Hashes

LEADERS = 32
"""In a band, each document is compared with so many of the best that share its hash: no bucket costs its square."""
_PAIRS = 1 << 14
"""Pairs whose signatures are read together."""
Ranks = npt.NDArray[np.int64]


def first_of(hashes: Hashes) -> Ranks:
    """Return for each row, a pair of 64-bit numbers, the first row that equals it."""
    if not len(hashes):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))  # stable: equal rows keep their order
    ordered = hashes[order]
    begins = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    leader = order[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    first = np.empty(len(hashes), dtype=np.int64)
    first[order] = leader
    return first


def survivors(
    hashes: npt.NDArray[np.uint32], bands: npt.NDArray[np.uint64], rows: Ranks, similarity: float, fixed: int = 0
) -> Ranks:
    """Return for each document the rank of the one that stays for it: its own, or that of a better one.

    ``rows`` lists the documents' rows in ``hashes`` (documents x permutations) and columns in ``bands`` (bands x
    documents), best first; both may lie on disk. The first ``fixed`` of them stay whatever they are like.
    """
    known = np.zeros(0, np.uint64)
    for band in bands:
        known = np.union1d(known, _alike(hashes, rows, band[rows], known, similarity))
    better, worse = (part.astype(np.int64) for part in np.divmod(known, np.uint64(max(1, len(rows)))))
    return _settle(len(rows), better, worse, fixed)


def _alike(hashes: npt.NDArray[np.uint32], rows: Ranks, keys: Hashes, known: Hashes, similarity: float) -> Hashes:
    """Return the pairs of one band that are new and really alike, as better x documents + worse."""
    needed, found = int(np.ceil(similarity * hashes.shape[1] - 1e-9)), []
    for better, worse in _proposed(keys):
        pairs = better.astype(np.uint64) * np.uint64(len(rows)) + worse.astype(np.uint64)
        fresh = np.flatnonzero(~_among(pairs, known))
        for start in range(0, len(fresh), _PAIRS):
            some = fresh[start : start + _PAIRS]
            agree = (hashes[rows[better[some]]] == hashes[rows[worse[some]]]).sum(axis=1)
            found.append(pairs[some[agree >= needed]])
    return np.concatenate([np.zeros(0, np.uint64), *found])


def _proposed(keys: Hashes) -> Iterator[tuple[Ranks, Ranks]]:
    """Yield pairs (better, worse) of documents with the same key: all with the best of it, with the second best ..."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(keys) else np.zeros(0, int)
    sizes = np.diff(np.append(begins, len(keys)))
    begins, sizes = begins[sizes > 1], sizes[sizes > 1]
    for leader in range(LEADERS):
        begins, sizes = begins[sizes > leader + 1], sizes[sizes > leader + 1]
        if not len(begins):
            return
        after = sizes - leader - 1
        places = np.repeat(begins + leader + 1 - (np.cumsum(after) - after), after) + np.arange(after.sum())
        yield order[np.repeat(begins + leader, after)], order[places]


def _among(values: Hashes, ordered: Hashes) -> npt.NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(values), bool)
    places = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    result: npt.NDArray[np.bool_] = ordered[places] == values
    return result


def _settle(documents: int, better: Ranks, worse: Ranks, fixed: int) -> Ranks:
    """Go down the ranks, all undecided at once: who has no better one in doubt stays, whoever is like it goes."""
    better, worse = better[worse >= fixed], worse[worse >= fixed]
    undecided, stays = np.ones(documents, bool), np.zeros(documents, bool)
    above, below = better, worse
    while undecided.any():
        blocked = np.zeros(documents, bool)
        blocked[below] = True
        new = undecided & ~blocked
        stays |= new
        gone = np.zeros(documents, bool)
        gone[below[new[above]]] = True
        undecided &= ~(new | gone)
        left = undecided[above] & undecided[below]
        above, below = above[left], below[left]
    survivor = np.where(stays, np.arange(documents), documents)
    decided = stays[better]
    np.minimum.at(survivor, worse[decided], better[decided])
    return survivor
