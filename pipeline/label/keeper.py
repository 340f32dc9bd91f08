"""A keeper of answers for many tasks: those that come while others are being written go together.

So the disk never holds up a server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pipeline.errors import UserError, WorkError
from pipeline.label.answers import Answer, Answers


class Keeper:
    """Keeps answers for the tasks of one event loop."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._rows: list[tuple[str, Mapping[str, Any], Answer]] = []
        self._written: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, key: str, request: Mapping[str, Any], answer: Answer) -> None:
        """Return once the answer is written."""
        self._rows.append((key, request, answer))
        self._written = self._written or asyncio.get_running_loop().create_future()
        written = self._written
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        await asyncio.shield(written)

    async def close(self) -> None:
        """Return once everything is written, that of tasks included which no longer wait for it."""
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        while self._rows and self._written is not None:
            rows, self._rows = self._rows, []
            written, self._written = self._written, None
            try:
                await asyncio.to_thread(self._answers.keep_all, rows)
            except (UserError, WorkError) as error:
                written.set_exception(error)
            else:
                written.set_result(None)
        self._writer = None
