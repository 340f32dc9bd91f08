"""Stopping: a signal asks the loop to end after the step under way, with everything saved."""

from __future__ import annotations

import signal
from typing import Any, Protocol


class Stoppable(Protocol):
    """A loop that looks at this flag after every step."""

    stopping: bool


class stop_on_signal:  # noqa: N801 - used as a verb
    """Asks the loop to stop after the step when SIGINT, SIGTERM or SIGUSR1 arrives."""

    def __init__(self, loop: Stoppable) -> None:
        self._loop = loop
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            self._before[name] = signal.signal(name, self._ask)

    def __exit__(self, *_: object) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def _ask(self, *_: object) -> None:
        self._loop.stopping = True
