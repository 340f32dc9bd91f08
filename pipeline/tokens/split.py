"""The held-out split: which documents are never trained on. It depends on the document's id and on nothing else."""

from __future__ import annotations

import hashlib

TRAIN = "train"
VALIDATION = "validation"


def split_of(id: str, validation_share: float) -> str:
    """Return ``train`` or ``validation``."""
    draw = int.from_bytes(hashlib.blake2b(id.encode(), digest_size=8).digest(), "little") / 2**64
    return VALIDATION if draw < validation_share else TRAIN
