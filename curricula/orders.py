"""The closed family of orders: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from curricula.ascending import Ascending
from curricula.random_order import Random

AnyOrder = Annotated[Random | Ascending, Field(discriminator="kind")]
"""What a recipe may write under ``orders``."""
