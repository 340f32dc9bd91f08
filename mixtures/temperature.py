"""Temperature: shares that follow sizes, flattened so that small languages and sources are not drowned.

``p_i = size_i ** (1 / T) / sum_j size_j ** (1 / T)``, as multilingual models sample languages (Arivazhagan et al.
1907.05019; XLM-R, 1911.02116, writes alpha for 1/T and uses 0.3). T = 1 is natural, a large T is uniform.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mixtures.base import Method, Names, Path, Situation, divide_by_size, expand, in_proportion, selected, sources_in


class Temperature(Method):
    """Shares in proportion to a power of unique tokens."""

    kind: Literal["temperature"] = "temperature"
    sources: Names
    """Sources and groups that are read; ``all`` is every source of the recipe, each for itself."""
    temperature: float = Field(gt=0)
    """T: 1 follows sizes, above 1 lifts what is small, below 1 lifts what is large."""
    over: Literal["names", "slices"] = "names"
    """What counts as one thing: each name in ``sources`` (inside it, a group's shares and then sizes decide), or
    every single slice of these sources."""

    def choose(self, situation: Situation) -> dict[str, float]:
        """Return the shares; ValueError where all that is named is empty."""
        if self.over == "names":
            return self._over_names(situation)
        named = selected(self.sources, situation)
        return self._flatten({p.name: p.tokens if p.source in named else 0 for p in situation.slices})

    def mentions(self) -> dict[Path, str]:
        """Return the names in ``sources``."""
        return {("sources", i): name for i, name in enumerate(self.sources)}

    @property
    def reads_everything(self) -> bool:
        """Whether ``sources`` is ``all``."""
        return not self.sources

    def _over_names(self, situation: Situation) -> dict[str, float]:
        sizes = {}
        for name in self.sources or sorted(selected(self.sources, situation)):
            inside = sources_in([name], situation.groups)
            sizes[name] = sum(p.tokens for p in situation.slices if p.source in inside)
        return divide_by_size(expand(self._flatten(sizes), situation.groups), situation.slices)

    def _flatten(self, sizes: dict[str, int]) -> dict[str, float]:
        largest = max([1, *sizes.values()])
        return in_proportion({name: float((size / largest) ** (1 / self.temperature)) for name, size in sizes.items()})
