"""A method: what share of each slice the next round should hold.

A method is pure arithmetic on a `Situation`; it sees sizes, progress and signals, never files. Shares are
fractions of tokens, by slice name, and sum to 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from curricula.settings import Settings

Groups = Mapping[str, Mapping[str, float]]
"""Group name -> {source or group: share inside the group}."""


@dataclass(frozen=True)
class Slice:
    """The smallest thing a mixture can weigh: a source, cut by label keys. Named by its keys, never by position."""

    name: str
    source: str
    keys: tuple[tuple[str, str], ...]
    tokens: int
    """Unique training tokens, end-of-document tokens included."""


@dataclass(frozen=True)
class Situation:
    """What a method may know at the start of a round."""

    slices: tuple[Slice, ...]
    groups: Groups
    progress: float
    """Fraction of the phase's tokens that earlier rounds hold, in [0, 1)."""
    tokens: int
    """Tokens of the whole run that earlier rounds hold."""
    previous: Mapping[str, float] = field(default_factory=dict)
    """Shares asked in the round before; empty at the start of a run."""
    signals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Signal name -> {slice: value}, as last measured; ``validation_loss`` is the natural one."""


class Method(Settings, ABC):
    """A way to choose shares. Frozen settings with one verb."""

    @abstractmethod
    def choose(self, situation: Situation) -> dict[str, float]:
        """Return the share of each slice (names from ``situation.slices``); at least 0 each, sum 1."""

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Return the sources and groups that the method's settings mention, so that a recipe can check them."""


def expand(shares: Mapping[str, float], groups: Groups) -> dict[str, float]:
    """Replace every group by its members, down to sources. Shares of a source reached twice add up."""
    flat: dict[str, float] = {}
    for name, share in shares.items():
        members = expand(groups[name], groups) if name in groups else {name: 1.0}
        for member, inside in members.items():
            flat[member] = flat.get(member, 0.0) + share * inside
    return flat


def divide_by_size(shares: Mapping[str, float], slices: tuple[Slice, ...]) -> dict[str, float]:
    """Split the share of each source among its slices in proportion to their unique tokens."""
    sizes: dict[str, int] = {}
    for piece in slices:
        sizes[piece.source] = sizes.get(piece.source, 0) + piece.tokens
    return {p.name: shares.get(p.source, 0.0) * p.tokens / sizes[p.source] if sizes[p.source] else 0.0 for p in slices}
