"""Arithmetic."""
from __future__ import annotations
from collections.abc import Iterator
from typing import Literal
from synth.synthesizer import Synthesized, Synthesizer


class Arithmetic(Synthesizer):
    """Questions with worked answers."""

    kind: Literal["arithmetic"] = "arithmetic"
    languages: tuple[Literal["en", "zh"], ...] = ("en", "zh")
    """Languages."""

    def documents(self, seed: int) -> Iterator[Synthesized]:
        """Yield."""
        raise NotImplementedError
