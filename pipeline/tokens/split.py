"""The held-out split: which documents are never trained on; and which of the others a short run keeps.

Both depend on the document's id and on nothing else.
"""

from __future__ import annotations

import hashlib

TRAIN = "train"
VALIDATION = "validation"


def split_of(id: str, validation_share: float) -> str:
    """Return ``train`` or ``validation``."""
    return VALIDATION if _draw(id, b"") < validation_share else TRAIN


def is_kept(id: str, share: float) -> bool:
    """Tell whether a training document is one of the ``share`` that a short run keeps; a larger share keeps it too."""
    return _draw(id, b"keep") < share


def _draw(id: str, purpose: bytes) -> float:
    """Return a number in [0, 1) for the id and purpose."""
    digest = hashlib.blake2b(id.encode(), digest_size=8, person=purpose).digest()
    return int.from_bytes(digest, "little") / 2**64
