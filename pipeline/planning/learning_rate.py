"""The learning rate over a run, as a plan tells it: its values where stretches meet, and a curve in one line."""

from __future__ import annotations

from typing import Any

from curricula.schedule import START, Before
from pipeline.recipe import Run

COLUMNS = 48
_LEVELS = "▁▂▃▄▅▆▇█"


def learning_rate(run: Run, before: Before = START) -> dict[str, Any]:
    """Return ``kind``, ``corners`` (tokens and value) and ``curve``, `COLUMNS` values at equal distances.

    A run that is to be amended to a fall from where it stands has no values yet: both are empty.
    """
    schedule, total = run.learning_rate, run.tokens
    try:
        corners = [
            {"tokens": tokens, "value": schedule.value(tokens, total, before)}
            for tokens in schedule.between(total, before)
        ]
    except ValueError:
        return {"kind": schedule.kind, "corners": [], "curve": []}
    length = total - before.tokens
    middles = (before.tokens + length * (2 * i + 1) // (2 * COLUMNS) for i in range(COLUMNS))
    return {
        "kind": schedule.kind,
        "corners": corners,
        "curve": [schedule.value(tokens, total, before) for tokens in middles],
    }


def as_line(fields: dict[str, Any], unit: float, letter: str) -> str:
    """Return the line of a plan for people; amounts in a unit."""
    if not fields["corners"]:
        return f"  learning rate: {fields['kind']}, from where an amendment finds the run"
    values = ", ".join(f"{c['value']:.3g} at {c['tokens'] / unit:,.4g}{letter}" for c in fields["corners"])
    highest = max(fields["curve"]) or 1.0
    curve = "".join(_LEVELS[min(7, int(8 * value / highest))] for value in fields["curve"])
    return f"  learning rate: {fields['kind']}: {values}  {curve}"
