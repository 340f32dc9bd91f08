"""The closed family of synthesizers: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from synth.arithmetic import Arithmetic
from synth.code_induction import CodeInduction
from synth.definitions import Definitions
from synth.mathematics import Mathematics
from synth.science import Science

AnySynthesizer = Annotated[
    Arithmetic | Mathematics | Science | CodeInduction | Definitions, Field(discriminator="kind")
]
"""What a recipe may write under ``synthesizer``."""
