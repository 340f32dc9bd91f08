"""The held-out part of labelled documents: of every class the same share, and never a copy of what is learned from.

Documents that are the same but for case, numbers, punctuation and white space are one group, and stay on one side: a
copy among the learned ones would flatter every score. Groups are chosen by hashes of ids.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline import seeds

_NO_LETTER = re.compile(r"[\W\d_]+")


def held_out(
    ids: Sequence[str], texts: Sequence[str], classes: Sequence[str], share: float, seed: int
) -> npt.NDArray[np.bool_]:
    """Return True for every document that is not learned from.

    Of a class with n documents ``ceil(share * n)`` are held out, or fewer where whole groups do not add up to it;
    where every group is larger than that, the smallest. Every class keeps documents to learn from.
    """
    groups: dict[bytes, list[int]] = {}
    for row, text in enumerate(texts):
        groups.setdefault(_same(text), []).append(row)
    ordered = sorted(groups.values(), key=lambda rows: min((seeds.key(seed, "held out", ids[r]), ids[r]) for r in rows))
    sizes, held, chosen = Counter(classes), Counter[str](), np.zeros(len(ids), dtype=bool)
    members = [Counter(classes[row] for row in rows) for rows in ordered]

    def hold(group: int) -> None:
        if all(held[name] + own < sizes[name] for name, own in members[group].items()):
            chosen[ordered[group]] = True
            held.update(members[group])

    for name in sorted(sizes):
        wanted = math.ceil(share * sizes[name])
        mine = [group for group, own in enumerate(members) if name in own and not chosen[ordered[group][0]]]
        for group in mine:
            if held[name] + members[group][name] <= wanted:
                hold(group)
        if not held[name] and mine:
            hold(min(mine, key=lambda group: members[group][name]))
    return chosen


def _same(text: str) -> bytes:
    """Return a hash of the letters; of a text without letters, of all of it."""
    letters = _NO_LETTER.sub("", text.lower()) or text
    return hashlib.blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=16).digest()
