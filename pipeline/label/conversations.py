"""Conversations with a model: each question may depend on the last answer; many are held at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from pipeline.label.answers import Answer, Answers
from pipeline.label.asking import Asking
from pipeline.label.endpoint import Endpoint, Messages

Conversation = Callable[[str | None], Messages | None]
"""Given the model's last answer (None at first, "" for a refusal), says what to ask next; None ends it."""


def converse(
    endpoint: Endpoint, answers: Answers, conversations: Iterable[Conversation], say: Callable[[str], None]
) -> None:
    """Hold all conversations, as many at a time as the endpoint takes, each until it ends itself.

    Raises what `Asking.ask` raises; all answers are kept, refusals are not. ``say`` is told what a user should know.
    """
    try:
        asyncio.run(_held(endpoint, answers, iter(conversations), say))
    except BaseExceptionGroup as group:
        raise first_of(group) from None


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of tasks that ran together."""
    error = group.exceptions[0]
    return first_of(error) if isinstance(error, BaseExceptionGroup) else error


async def _held(
    endpoint: Endpoint, answers: Answers, waiting: Iterable[Conversation], say: Callable[[str], None]
) -> None:
    async with Asking(endpoint, answers, say) as asking, asyncio.TaskGroup() as group:

        async def work() -> None:
            for conversation in waiting:
                answer: str | None = None
                while (messages := conversation(answer)) is not None:
                    found = await asking.ask(endpoint.request(messages))
                    answer = found.text if isinstance(found, Answer) and not found.is_endless else ""

        for _ in range(endpoint.concurrency):
            group.create_task(work())
