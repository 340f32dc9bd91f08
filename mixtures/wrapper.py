"""A wrapper: a method that corrects what another method says.

Wrappers nest, and the outermost has the last word: a floor that must never be broken stands outside. The inner
method may be of any kind, so its type is known only when ``mixtures.methods`` has put the family together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mixtures.base import Method, Path

if TYPE_CHECKING:
    from mixtures.methods import AnyMethod


class Wrapper(Method):
    """A method with another one inside."""

    of: AnyMethod
    """The method that is corrected."""

    def mentions(self) -> dict[Path, str]:
        """Return the inner method's names, under ``of``, and the wrapper's own."""
        inner = {("of", *path): name for path, name in self.of.mentions().items()}
        return {**inner, **{("sources", i): name for i, name in enumerate(self.own_names())}}

    def named_slices(self) -> dict[Path, str]:
        """Return the inner method's, under ``of``."""
        return {("of", *path): name for path, name in self.of.named_slices().items()}

    @property
    def reads_everything(self) -> bool:
        """Whether the inner method does."""
        return self.of.reads_everything

    def own_names(self) -> Iterable[str]:
        """Return what the wrapper's field ``sources`` names; nothing where it has no such field."""
        return ()
