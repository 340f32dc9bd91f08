"""Progress: bars with rate and time left on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

PLAIN_SECONDS = 10.0


class Task:
    """One bar. ``advance`` adds work done; ``note`` changes the text beside it."""

    def __init__(
        self, console: Console, bars: Bars | None, title: str, total: float | None, unit: str, every: float
    ) -> None:
        self._console, self._bars, self._title, self._total, self._unit = console, bars, title, total, unit
        self._every = every
        self._done, self._begin, self._note = 0.0, time.monotonic(), ""
        self._spoken = self._begin
        self._id = bars.add_task(title, total=total, rate="", note="") if bars else None

    def skip(self, amount: float) -> None:
        """Count ``amount`` units that an earlier process did; they leave the rate as it is."""
        self._total = self._total - amount if self._total is not None else None
        if self._bars is not None and self._id is not None:
            self._bars.update(self._id, total=self._total)

    def advance(self, amount: float, note: str | None = None) -> None:
        """Count ``amount`` more units as done."""
        self._done += amount
        self._note = self._note if note is None else note
        now = time.monotonic()
        rate = self._done / max(now - self._begin, 1e-9)
        if self._bars is not None and self._id is not None:
            self._bars.update(self._id, advance=amount, rate=f"{_short(rate)} {self._unit}/s", note=self._note)
        elif now - self._spoken >= self._every:
            self._spoken = now
            self._console.print(self._line(rate), markup=False, highlight=False, soft_wrap=True)

    def _line(self, rate: float) -> str:
        of = f" of {_short(self._total)}" if self._total else ""
        left = f", {_clock(max(0.0, self._total - self._done) / rate)} left" if self._total and rate else ""
        note = f", {self._note}" if self._note else ""
        return f"  {self._title}: {_short(self._done)}{of} {self._unit}, {_short(rate)} {self._unit}/s{left}{note}"


class Progress:
    """Where long work reports to. ``quiet`` says nothing at all."""

    def __init__(self, console: Console | None = None, quiet: bool = False) -> None:
        self._console = console or Console(stderr=True, quiet=quiet)

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def task(self, title: str, total: float | None, unit: str, every: float = PLAIN_SECONDS) -> Iterator[Task]:
        """Show a bar for as long as the context lasts; ``total`` in units, None where it is unknown.

        Without a terminal there are plain lines instead, no sooner than ``every`` seconds after the one before.
        """
        if not self._console.is_terminal:
            yield Task(self._console, None, title, total, unit, every)
            return
        columns = [
            TextColumn("  {task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        ]
        with Bars(*columns, console=self._console, transient=True) as bars:
            yield Task(self._console, bars, title, total, unit, every)


def _short(number: float) -> str:
    for size, suffix in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(number) >= size:
            return f"{number / size:.2f}{suffix}"
    return f"{number:.0f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
