"""A wrapper: an order that rearranges what another order says.

The inner order may be of any kind, so its type is known only when ``curricula.orders`` has put the family together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curricula.order import Order, Path

if TYPE_CHECKING:
    from curricula.orders import AnyOrder


class Wrapper(Order):
    """An order with another one inside."""

    of: AnyOrder
    """The order that is rearranged."""

    def mentions(self) -> dict[Path, str]:
        """Return the inner order's signal, under ``of``."""
        return {("of", *path): name for path, name in self.of.mentions().items()}
