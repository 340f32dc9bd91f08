"""The closed family of checks: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.synthesize.checks.answered import Answered
from pipeline.synthesize.checks.arithmetic import Arithmetic
from pipeline.synthesize.checks.copied import Copied
from pipeline.synthesize.checks.execution import Execution
from pipeline.synthesize.checks.final_answer import FinalAnswer
from pipeline.synthesize.checks.givens import Givens
from pipeline.synthesize.checks.grounded import Grounded
from pipeline.synthesize.checks.language import Language
from pipeline.synthesize.checks.length import Length
from pipeline.synthesize.checks.meaning import Meaning
from pipeline.synthesize.checks.names import Names
from pipeline.synthesize.checks.numbers import Numbers
from pipeline.synthesize.checks.repetition import Repetition
from pipeline.synthesize.checks.self_contained import SelfContained
from pipeline.synthesize.checks.steps import Steps
from pipeline.synthesize.checks.supported import Supported
from pipeline.synthesize.checks.units import Units

AnyCheck = Annotated[
    Length
    | Language
    | Repetition
    | SelfContained
    | Answered
    | Names
    | Grounded
    | Meaning
    | Copied
    | Arithmetic
    | Givens
    | Numbers
    | FinalAnswer
    | Steps
    | Units
    | Supported
    | Execution,
    Field(discriminator="kind"),
]
"""What may be written under ``checks``."""
ALL: tuple[AnyCheck, ...] = (
    Length(),
    Language(),
    Repetition(),
    SelfContained(),
    Answered(),
    Names(),
    Grounded(),
    Copied(),
    Arithmetic(),
    Givens(),
    Numbers(),
    FinalAnswer(),
    Supported(),
    Units(),
    Steps(),
    Execution(),
)
"""What is checked where a recipe names no checks: all but `Meaning`, which needs a package; the cheap ones first."""
