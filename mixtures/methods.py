"""The closed family of methods: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mixtures.static import Static

AnyMethod = Annotated[Static, Field(discriminator="kind")]
"""What a recipe may write under ``mixture``."""
