"""The final table: what the recipe's last run did to each slice, and where its results lie, in plain text."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from pipeline.recipe import Recipe
from pipeline.report.numbers import SMALLEST_CHANGE, verdict
from pipeline.report.results import SliceResult, read_losses
from pipeline.report.stage import PAGE

_HEAD = ("slice", "base", "after", "change", "", "perplexity")


def final_table(root: Path, recipe: Recipe) -> str:
    """Return the table of the last run: held-out loss in nats per token before, after and the difference.

    The same artifacts and current directory give the same text.
    """
    run = list(recipe.runs)[-1]
    rows = [_HEAD, *(_cells(row) for row in read_losses(root, run))]
    widths = [max(_width(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    rule = "-" * max(map(_width, lines))
    places = (
        ("report", root / "report" / PAGE),
        ("model", root / "models" / run),
        ("ledger", root / "runs" / run / "ledger.jsonl"),
    )
    return "\n".join(
        [
            f"Held-out loss of run {run} (nats per token; less is better)",
            "",
            lines[0],
            rule,
            *lines[1:],
            "",
            *(f"{what:<6}  {os.path.relpath(path)}" for what, path in places),
        ]
    )


def _cells(row: SliceResult) -> tuple[str, ...]:
    before = f"{row.base.perplexity:.2f} -> " if row.base else ""
    return (
        row.slice,
        f"{row.base.loss:.4f}" if row.base else "-",
        f"{row.after.loss:.4f}",
        _change(row.change),
        verdict(row.change),
        f"{before}{row.after.perplexity:.2f}",
    )


def _change(change: float | None) -> str:
    if change is None:
        return "-"
    return "0.0000" if abs(change) < SMALLEST_CHANGE else f"{change:+.4f}"


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    """Return the cells under each other: names and verdicts to the left, numbers to the right."""
    cells = []
    for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
        space = " " * (width - _width(cell))
        cells.append(cell + space if i in (0, 4) else space + cell)
    return "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Return the columns a text takes on a terminal: two for wide characters."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
