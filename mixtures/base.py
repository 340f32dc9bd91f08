"""A method: what share of each slice the next round should hold.

A method is pure arithmetic on a `Situation`; it sees sizes, progress and signals, never files. Shares are
fractions of tokens, by slice name, and sum to 1. A method that cannot give such shares raises ValueError in words
for the person who wrote the recipe. Sums are taken with ``math.fsum``, so the order of slices never matters.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer

from curricula.settings import Settings

ALL = "all"
"""Stands for every source of the recipe."""

Groups = Mapping[str, Mapping[str, float]]
"""Group name -> {source or group: share inside the group}."""

Path = tuple[str | int, ...]
"""Where a value stands inside a method's settings: ``("of", "shares", "web")``."""


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
    """Fraction of the phase's tokens that earlier rounds hold, in [0, 1]."""
    tokens: int
    """Tokens of the whole run that earlier rounds hold."""
    previous: Mapping[str, float] = field(default_factory=dict)
    """Shares asked in the round before; empty at the start of a run."""
    signals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Signal name -> {slice: value}, as last measured; ``validation_loss`` is the natural one."""
    earlier_signals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """``signals`` as the round before saw them; empty at the start of a run."""
    epochs: Mapping[str, float] = field(default_factory=dict)
    """How often each slice has been read so far: 1.25 is once and a quarter. A slice left out has not been read."""
    round_progress: float = 0.0
    """Fraction of the phase's tokens that the coming round holds; 0 asks about an instant."""
    round_tokens: int = 0
    """Tokens that the coming round holds; 0 asks about an instant."""


class Method(Settings, ABC):
    """A way to choose shares. Frozen settings with one verb."""

    @abstractmethod
    def choose(self, situation: Situation) -> dict[str, float]:
        """Return the share of each slice (names from ``situation.slices``); at least 0 each, sum 1."""

    @abstractmethod
    def mentions(self) -> dict[Path, str]:
        """Return every source or group that the settings mention, under the path of the field that does."""

    def names(self) -> tuple[str, ...]:
        """Return the sources and groups that the settings mention, each once."""
        return tuple(dict.fromkeys(self.mentions().values()))

    def named_slices(self) -> dict[Path, str]:
        """Return every slice that the settings name as a whole, under the path of the field that does."""
        return {}

    @property
    def reads_everything(self) -> bool:
        """Whether it gives shares to every source of the recipe, named or not."""
        return False


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
    # Divided first: the only slice of a source then has exactly the share that was written.
    parts = {p.name: p.tokens / sizes[p.source] if sizes[p.source] else 0.0 for p in slices}
    return {p.name: shares.get(p.source, 0.0) * parts[p.name] for p in slices}


def sources_in(names: Iterable[str], groups: Groups) -> frozenset[str]:
    """Return the sources that the names are or hold, through any number of groups."""
    return frozenset(expand(dict.fromkeys(names, 1.0), groups))


def _names_or_all(written: object) -> object:
    if written == ALL:
        return ()
    if isinstance(written, str):
        raise ValueError(f"found {written!r}; a list of sources and groups is needed, or {ALL}")
    if isinstance(written, list | tuple) and not written:
        raise ValueError(f"is empty; at least one source or group is needed, or {ALL}")
    return written


Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_names_or_all, json_schema_input_type=list[str] | Literal["all"]),
    PlainSerializer(lambda names: list(names) or ALL),
]
"""Sources and groups; or ``all``, held as no names: every source of the recipe."""


def selected(names: Sequence[str], situation: Situation) -> frozenset[str]:
    """Return the sources that ``Names`` stand for."""
    return sources_in(names, situation.groups) if names else frozenset(p.source for p in situation.slices)


def in_proportion(weights: Mapping[str, float]) -> dict[str, float]:
    """Return shares in proportion to the weights; raise ValueError where all of them are 0."""
    total = math.fsum(weights.values())
    if total <= 0:
        raise ValueError(f"none of {', '.join(sorted(weights)) or 'the named sources'} has any tokens")
    return {name: weight / total for name, weight in weights.items()}


def by_source(shares: Mapping[str, float], slices: Iterable[Slice]) -> dict[str, float]:
    """Add up the shares of each source's slices."""
    parts: dict[str, list[float]] = {}
    for piece in slices:
        parts.setdefault(piece.source, []).append(shares.get(piece.name, 0.0))
    return {source: math.fsum(values) for source, values in parts.items()}
