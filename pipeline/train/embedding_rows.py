"""Embedding rows that are nearly zero: tokens a checkpoint never learned, whose first texts make large gradients.

Released checkpoints hold such rows for tokens that their own training never met, for instance reserved ones or those of
another language; text that holds them deserves a look at the first gradient norms.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.train.safetensors_folder import SafetensorsFolder

NEARLY_ZERO = 0.01
"""A norm below this share of the median row's."""
_NAMED = 8


def nearly_zero_rows(folder: Path) -> tuple[list[int], int]:
    """Return the token ids of such rows in a Hugging Face folder, and the number of all rows."""
    norms = SafetensorsFolder(folder).read("model.embed_tokens.weight").float().norm(dim=1)
    return (norms < NEARLY_ZERO * norms.median()).nonzero()[:, 0].tolist(), norms.numel()


def describe_rows(folder: Path) -> str | None:
    """Return the line that is printed where a run starts from a checkpoint; None where no row is nearly zero."""
    found, rows = nearly_zero_rows(folder)
    if not found:
        return None
    examples = ", ".join(map(str, found[:_NAMED])) + (", ..." if len(found) > _NAMED else "")
    return (
        f"embedding: {len(found)} of {rows} rows are nearly zero (norms below {NEARLY_ZERO:.0%} of the median): "
        f"tokens {examples}; text that holds them makes large gradients at first"
    )
