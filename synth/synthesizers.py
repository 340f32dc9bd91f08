"""The closed family of synthesizers: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from synth.arithmetic import Arithmetic

AnySynthesizer = Annotated[Arithmetic, Field(discriminator="kind")]
"""What a recipe may write under ``synthesizer``."""
