"""The steps that programs are made of: functions of the standard library, by the kind of value they take."""

from __future__ import annotations

from synth import number_steps, text_steps
from synth.step import Step

STEPS: tuple[Step, ...] = (*text_steps.STEPS, *number_steps.STEPS)
KINDS = ("text", "words", "numbers", "number")
"""Kinds of value that a program may take."""
