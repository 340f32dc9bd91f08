"""The closed family of orders: a new one is a file of its own and one name in this union.

Wrappers hold any order inside, so they are completed here, where all are known.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from curricula.ascending import Ascending
from curricula.blocks import Blocks
from curricula.buckets import Buckets
from curricula.descending import Descending
from curricula.interleaved import Interleaved
from curricula.paced import Paced
from curricula.random_order import Random
from curricula.warm_up import WarmUp

AnyOrder = Annotated[
    Random | Blocks | Ascending | Descending | Buckets | Interleaved | Paced | WarmUp, Field(discriminator="kind")
]
"""What a recipe may write under ``orders``."""

for _wrapper in (Interleaved, WarmUp):
    _wrapper.model_rebuild(_types_namespace={"AnyOrder": AnyOrder})
