"""Quotas: tokens wanted of each cell, a cell being a discipline or, with levels, a discipline at one level.

A quota is met when what was accepted is within `TOLERANCE` of it. A document that would carry a cell beyond that is
turned away for the next one; one of at most twice that share of the quota always fits until the quota is met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.synthesize.amounts import estimated_tokens

TOLERANCE = 0.02
PATIENCE = 8
"""Documents in a row that may be turned away because they do not fit, each of which was paid for. A cell whose quota is
only a few documents' worth is then left short by less than one of them."""
Quotas = Mapping[str, int]
"""Cell -> tokens."""
Asked = Mapping[str, int | Mapping[str, int]]
"""Discipline -> tokens, or level -> tokens."""
_EXACT = 1 << 100
"""The largest factor, in the integers that quotas are shared by."""


def cell_of(discipline: str, level: str | None) -> str:
    """Return the name of a cell."""
    return discipline if level is None else f"{discipline}/{level}"


def cells(quotas: Asked) -> dict[str, int]:
    """Return cell -> tokens, of quotas by discipline or by discipline and level."""
    found: dict[str, int] = {}
    for discipline, wanted in quotas.items():
        if isinstance(wanted, int):
            found[discipline] = wanted
        else:
            found |= {cell_of(discipline, level): tokens for level, tokens in wanted.items()}
    return found


@dataclass
class Filling:
    """How full one cell is."""

    quota: int
    accepted: int = 0
    """Tokens."""
    refused: int = 0
    """Documents in a row that did not fit."""

    @property
    def is_met(self) -> bool:
        """Whether the quota is met, or nothing more will be taken: as near to it as its documents let it come."""
        near = self.accepted >= (1 - TOLERANCE) * self.quota
        return self.accepted >= self.quota or self.refused >= (1 if near else PATIENCE)

    def fits(self, tokens: int) -> bool:
        """Tell whether a document of so many tokens leaves the cell within the tolerance of its quota."""
        return self.accepted + tokens <= (1 + TOLERANCE) * self.quota

    def take(self, tokens: int) -> None:
        """Add an accepted document."""
        self.accepted, self.refused = self.accepted + tokens, 0

    def refuse(self) -> None:
        """Note that a document did not fit."""
        self.refused += 1


def shared_anew(quotas: Quotas, factors: Mapping[str, float]) -> dict[str, int]:
    """Return quotas in proportion to quota * factor, their sum as it was, in whole tokens.

    Tokens that rounding leaves over go to the largest remainders, then by name. Factors are finite and above 0.
    """
    total = sum(quotas.values())
    # Integers from here on, so that the sum is exact.
    largest = max(factors[name] for name in quotas)
    weights = {name: quota * max(round(factors[name] / largest * _EXACT), 1) for name, quota in quotas.items()}
    whole = sum(weights.values())
    found = {name: total * weight // whole for name, weight in weights.items()}
    most_owed = sorted(quotas, key=lambda name: (-(total * weights[name] % whole), name))
    for name in most_owed[: total - sum(found.values())]:
        found[name] += 1
    return found


def counter(tokenizer: Path | None) -> Callable[[str], int]:
    """Return what counts the tokens of a text: a tokenizer's artifact, end of document left out; None: estimates."""
    if tokenizer is None:
        return estimated_tokens
    from pipeline.tokens.encode import load_encoder

    encoder = load_encoder(tokenizer)
    return lambda text: len(encoder.encode_batch([text])[0]) - 1
