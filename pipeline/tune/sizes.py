"""Sizes: the largest share that the large run may give each source or group without reading any source too often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mixtures.base import expand
from mixtures.static import Static
from pipeline.tune.laws.mixing import repetition_bounds

if TYPE_CHECKING:
    from pipeline.tune.target import LargeRun


def largest_shares(
    large: LargeRun, names: Iterable[str], field: str | None, epochs: float
) -> tuple[dict[str, float], list[str]]:
    """Return name -> largest share, and the names without an expected size, which nothing bounds.

    ``field`` is where the recipe of a small run has the shares: they are of one phase's tokens, of a group's, or of
    the whole run's where None. A group may be read until its scarcest member has been read ``epochs`` times.
    """
    tokens = _tokens_under(large, field)
    unique, unknown = {}, []
    for name in names:
        inside = expand({name: 1.0}, large.recipe.groups)
        sizes = {source: _size(large, source) for source, share in inside.items() if share > 0}
        known = {source: size for source, size in sizes.items() if size is not None}
        if known:
            unique[name] = min(size / inside[source] for source, size in known.items())
        else:
            unknown.append(name)
    return repetition_bounds(unique, tokens, epochs), unknown


def _size(large: LargeRun, source: str) -> float | None:
    if source not in large.recipe.sources:
        return None
    tokens = large.recipe.sources[source].expected_tokens
    return None if tokens is None else tokens * large.recipe.runs[large.run].keep_of(source)


def _tokens_under(large: LargeRun, field: str | None) -> float:
    """Return of how many tokens of the large run the shares in a field are."""
    phases = large.recipe.runs[large.run].phases
    match (field or "").split("."):
        case ["runs", _, "phases", number, *_] if int(number) < len(phases):
            return phases[int(number)].tokens
        case ["groups", group, *_]:
            others = {name: members for name, members in large.recipe.groups.items() if name != group}
            mixtures = [phase.mixture for phase in phases]
            parts = [expand(m.shares, others).get(group, 0.0) if isinstance(m, Static) else 1.0 for m in mixtures]
            return sum(part * phase.tokens for part, phase in zip(parts, phases, strict=True)) or large.tokens
        case _:
            return large.tokens
